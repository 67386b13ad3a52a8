"""native_binary and native_test: programs that exist already."""

def _native_impl(ctx):
    name = ctx.attr.out or ctx.label.name
    program = ctx.actions.declare_file(name)
    ctx.actions.symlink(output = program, target_file = ctx.executable.src, is_executable = True)
    runfiles = ctx.runfiles(files = [program] + ctx.files.data)
    runfiles = runfiles.merge_all([
        target[DefaultInfo].default_runfiles
        for target in ctx.attr.data + [ctx.attr.src]
    ])
    providers = [
        DefaultInfo(executable = program, files = depset([program]), runfiles = runfiles),
        RunEnvironmentInfo(environment = ctx.attr.env),
    ]
    if HostTreeInfo in ctx.attr.src:
        return providers + [ctx.attr.src[HostTreeInfo]]
    return providers + [ctx.toolchains["@cow//sh:toolchain_type"].host_tree]

_ATTRS = {
    "src": attr.label(executable = True, allow_files = True, mandatory = True, cfg = "target"),
    "data": attr.label_list(allow_files = True),
    "out": attr.string(doc = "File name of the program; the target's name if absent."),
    "env": attr.string_dict(),
}

native_binary = rule(
    implementation = _native_impl,
    doc = "A program as an executable target.",
    attrs = _ATTRS,
    executable = True,
    toolchains = ["@cow//sh:toolchain_type"],
)

native_test = rule(
    implementation = _native_impl,
    doc = "A program as a test.",
    attrs = _ATTRS,
    test = True,
    toolchains = ["@cow//sh:toolchain_type"],
)
