"""analysis_test: a test that passes if targets can be analysed."""

def _analysis_test_impl(ctx):
    script = ctx.actions.declare_file(ctx.label.name + ".sh")
    ctx.actions.write(script, "#!/bin/bash\nexit 0\n", is_executable = True)
    return [
        DefaultInfo(executable = script),
        ctx.toolchains["@cow//sh:toolchain_type"].host_tree,
    ]

analysis_test = rule(
    implementation = _analysis_test_impl,
    doc = "Passes if the targets can be analysed; it builds none of them.",
    attrs = {"targets": attr.label_list(mandatory = True)},
    test = True,
    toolchains = ["@cow//sh:toolchain_type"],
)
