"""diff_test: a test that two files are the same."""

load("//lib:shell.bzl", "shell")

def _diff_test_impl(ctx):
    script = ctx.actions.declare_file(ctx.label.name + "-test.sh")
    first = ctx.file.file1
    second = ctx.file.file2
    if first == second:
        fail("file1 and file2 are the same file: " + first.path)
    lines = [
        "#!/bin/bash",
        "if ! diff -u %s %s; then" % (shell.quote(first.short_path), shell.quote(second.short_path)),
        "  echo >&2 %s" % shell.quote("FAIL: '%s' and '%s' differ. %s" % (first.path, second.path, ctx.attr.failure_message)),
        "  exit 1",
        "fi",
    ]
    ctx.actions.write(script, "\n".join(lines) + "\n", is_executable = True)
    return [
        DefaultInfo(executable = script, runfiles = ctx.runfiles(files = [first, second])),
        ctx.toolchains["@cow//sh:toolchain_type"].host_tree,
    ]

diff_test = rule(
    implementation = _diff_test_impl,
    doc = "Passes if both files have the same content.",
    attrs = {
        "file1": attr.label(allow_single_file = True, mandatory = True),
        "file2": attr.label(allow_single_file = True, mandatory = True),
        "failure_message": attr.string(),
    },
    test = True,
    toolchains = ["@cow//sh:toolchain_type"],
)
