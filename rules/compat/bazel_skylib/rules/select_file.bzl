"""select_file: one file of those a target makes."""

def _select_file_impl(ctx):
    if ctx.attr.subpath:
        path = ctx.attr.subpath
        for file in ctx.attr.srcs[DefaultInfo].files.to_list():
            if file.path == path or file.path.endswith("/" + path):
                return [DefaultInfo(files = depset([file]))]
    fail("none of the files of %s ends in '%s'" % (ctx.attr.srcs.label, ctx.attr.subpath))

select_file = rule(
    implementation = _select_file_impl,
    doc = "The file of `srcs` whose path ends in `subpath`.",
    attrs = {
        "srcs": attr.label(allow_files = True, mandatory = True),
        "subpath": attr.string(mandatory = True),
    },
)
