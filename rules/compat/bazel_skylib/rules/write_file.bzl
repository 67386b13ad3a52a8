"""write_file."""

def _write_file_impl(ctx):
    end = "\r\n" if ctx.attr.newline == "windows" else "\n"
    ctx.actions.write(
        output = ctx.outputs.out,
        content = end.join(ctx.attr.content),
        is_executable = ctx.attr.is_executable,
    )
    files = depset([ctx.outputs.out])
    runfiles = ctx.runfiles(files = [ctx.outputs.out])
    if ctx.attr.is_executable:
        return [DefaultInfo(files = files, runfiles = runfiles, executable = ctx.outputs.out)]
    return [DefaultInfo(files = files, runfiles = runfiles)]

write_file = rule(
    implementation = _write_file_impl,
    doc = "Writes lines of text to a file: unlike cow's own write_file, without an end after the last line.",
    attrs = {
        "out": attr.output(mandatory = True),
        "content": attr.string_list(doc = "The lines."),
        "is_executable": attr.bool(default = False),
        "newline": attr.string(default = "auto", values = ["auto", "unix", "windows"]),
    },
    provides = [DefaultInfo],
)
