"""copy_directory: a directory under a second path."""

def _copy_directory_impl(ctx):
    output = ctx.actions.declare_directory(ctx.attr.out)
    shell = ctx.toolchains["@cow//sh:toolchain_type"]
    ctx.actions.run(
        outputs = [output],
        inputs = [ctx.file.src],
        executable = shell.path,
        arguments = ["-c", "cp -rL -- \"$1\"/. \"$2\"", "copy_directory", ctx.file.src.path, output.path],
        host_tree = shell.host_tree,
        mnemonic = "CopyDirectory",
    )
    return [DefaultInfo(files = depset([output]), runfiles = ctx.runfiles(files = [output]))]

copy_directory = rule(
    implementation = _copy_directory_impl,
    doc = "Copies a directory some rule made.",
    attrs = {
        "src": attr.label(allow_single_file = True, mandatory = True),
        "out": attr.string(mandatory = True),
    },
    toolchains = ["@cow//sh:toolchain_type"],
)
