"""run_binary: runs a program to make files."""

load("//lib:dicts.bzl", "dicts")

def _run_binary_impl(ctx):
    if not ctx.outputs.outs:
        fail("run_binary: 'outs' must not be empty")
    arguments = [ctx.expand_location(argument, ctx.attr.srcs) for argument in ctx.attr.args]
    environment = {
        name: ctx.expand_location(value, ctx.attr.srcs)
        for name, value in ctx.attr.env.items()
    }
    tool = ctx.attr.tool
    ctx.actions.run(
        outputs = ctx.outputs.outs,
        inputs = ctx.files.srcs,
        tools = [tool[DefaultInfo].files_to_run],
        executable = ctx.executable.tool,
        arguments = arguments,
        env = dicts.add(environment),
        host_tree = tool[HostTreeInfo] if HostTreeInfo in tool else ctx.toolchains["@cow//sh:toolchain_type"].host_tree,
        mnemonic = "RunBinary",
        use_default_shell_env = True,
    )
    return DefaultInfo(files = depset(ctx.outputs.outs), runfiles = ctx.runfiles(files = ctx.outputs.outs))

run_binary = rule(
    implementation = _run_binary_impl,
    doc = "Runs `tool` with `args` to make `outs`.",
    attrs = {
        "tool": attr.label(executable = True, allow_files = True, mandatory = True, cfg = "exec"),
        "args": attr.string_list(doc = "Arguments; $(location) of srcs and outs is replaced."),
        "env": attr.string_dict(),
        "srcs": attr.label_list(allow_files = True),
        "outs": attr.output_list(mandatory = True),
    },
    toolchains = ["@cow//sh:toolchain_type"],
)
