"""build_test: a test that passes if targets can be built."""

def _build_test_impl(ctx):
    script = ctx.actions.declare_file(ctx.label.name + ".sh")
    ctx.actions.write(script, "#!/bin/bash\nexit 0\n", is_executable = True)
    files = depset(transitive = [target[DefaultInfo].files for target in ctx.attr.targets])
    return [
        DefaultInfo(executable = script, runfiles = ctx.runfiles(transitive_files = files)),
        ctx.toolchains["@cow//sh:toolchain_type"].host_tree,
    ]

build_test = rule(
    implementation = _build_test_impl,
    doc = "Passes if the targets can be built: it runs nothing.",
    attrs = {"targets": attr.label_list(allow_files = True, mandatory = True)},
    test = True,
    toolchains = ["@cow//sh:toolchain_type"],
)
