"""What a workspace of the oracle is: plain values that can be copied, edited, printed as JSON, and rendered as BUILD files.

A state is {"files": {path: file}, "packages": {package: {"targets": {name: target}, "broken": bool, "remark": int}},
"rule_salt": text, "macro_salt": text, "tool": text, "compiler": text}. A file is ["file", content, executable] or
["link", target, False]. A target is {"kind": ..., "srcs": [reference], ...}; a reference is {"file": path in the
package}, {"label": "//p:n"}, {"glob": [patterns]} or {"select": condition, "then": [...], "else": [...]}.
"""
import functools
import json
import os
import re
import subprocess

CONDITIONS = ["opt", "dbg", "define_x", "define_y"]
CONFIGURATIONS = [
    {"mode": "fastbuild", "define": "", "copt": ""},
    {"mode": "opt", "define": "", "copt": ""},
    {"mode": "dbg", "define": "x", "copt": ""},
    {"mode": "fastbuild", "define": "x", "copt": ""},
    {"mode": "fastbuild", "define": "y", "copt": "-DW_FLAG"},
]
TOOL = "tools/weave"

TOOLS = """\
package(default_visibility = ["//visibility:public"])

config_setting(name = "opt", values = {"compilation_mode": "opt"})
config_setting(name = "dbg", values = {"compilation_mode": "dbg"})
config_setting(name = "define_x", define_values = {"which": "x"})
config_setting(name = "define_y", define_values = {"which": "y"})
exports_files(["weave"])
"""

HEAD = """\
load("//:defs.cow", "link", "note", "weave")
load("//:macros.cow", "chain")

package(default_visibility = ["//visibility:public"])
"""

DEFS = """\
RULE_SALT = %s

def _weave(ctx):
    tree = ctx.attr.op == "tree"
    out = ctx.actions.declare_directory(ctx.attr.out) if tree else ctx.actions.declare_file(ctx.attr.out)
    args = ctx.actions.args()
    if ctx.attr.param:
        args.use_param_file("@%%s", use_always = True)
        args.set_param_file_format("multiline")
    args.add(ctx.attr.op)
    args.add_all([out], expand_directories = False)
    args.add(ctx.attr.salt + RULE_SALT)
    args.add_all(depset(ctx.files.srcs), expand_directories = False)
    ctx.actions.run(
        outputs = [out],
        inputs = depset(ctx.files.srcs),
        executable = ctx.executable._tool,
        arguments = [args],
        mnemonic = "Weave",
    )
    return [DefaultInfo(files = depset([out]))]

weave = rule(
    implementation = _weave,
    attrs = {
        "op": attr.string(default = "mix"),
        "out": attr.string(mandatory = True),
        "srcs": attr.label_list(allow_files = True),
        "salt": attr.string(),
        "param": attr.bool(),
        "_tool": attr.label(default = "//tools:weave", executable = True, cfg = "exec", allow_single_file = True),
    },
)

def _note(ctx):
    out = ctx.actions.declare_file(ctx.attr.out)
    ctx.actions.write(out, ctx.attr.content, is_executable = ctx.attr.program)
    return [DefaultInfo(files = depset([out]))]

note = rule(
    implementation = _note,
    attrs = {"out": attr.string(mandatory = True), "content": attr.string(), "program": attr.bool()},
)

def _link(ctx):
    out = ctx.actions.declare_file(ctx.attr.out)
    ctx.actions.symlink(output = out, target_file = ctx.files.srcs[0])
    return [DefaultInfo(files = depset([out]))]

link = rule(
    implementation = _link,
    attrs = {"out": attr.string(mandatory = True), "srcs": attr.label_list(allow_files = True)},
)
"""

MACROS = """\
load("//:defs.cow", "weave")

MACRO_SALT = %s

def chain(name, n, srcs):
    for i in range(n):
        weave(
            name = "%%s_%%d" %% (name, i),
            out = "%%s_%%d.out" %% (name, i),
            srcs = srcs if i == 0 else [":%%s_%%d" %% (name, i - 1)],
            salt = MACRO_SALT,
        )
"""

WORKSPACE = """\
workspace(name = "woven")

register_toolchains("//toolchain:cc_here", "//toolchain:sh_here")
"""

TOOLCHAIN = """\
load("@cow//cc:defs.cow", "cc_toolchain")
load("@cow//sh:toolchain.cow", "shell_toolchain")

package(default_visibility = ["//visibility:public"])

host_tree(name = "cc_tree", manifest = "cc.manifest")
host_tree(name = "sh_tree", manifest = "sh.manifest")

cc_toolchain(
    name = "cc",
    archiver = "{tools}/ar",
    c_compiler = "{tools}/gcc",
    cxx_compiler = "{tools}/gcc",
    host_tree = ":cc_tree",
    triplet = "x86_64-linux-gnu",
)
toolchain(name = "cc_here", toolchain = ":cc", toolchain_type = "@cow//cc:toolchain_type")

shell_toolchain(name = "sh", host_tree = ":sh_tree", path = "/bin/bash")
toolchain(name = "sh_here", toolchain = ":sh", toolchain_type = "@cow//sh:toolchain_type")
"""


@functools.cache
def shell_files():
    """bash with all it needs to start, by every name it is asked for."""
    listing = subprocess.run(["ldd", "/bin/bash"], capture_output=True, text=True, check=True).stdout
    paths = {"/bin/bash", *re.findall(r"(/\S+) \(", listing)}
    return sorted(paths | {os.path.realpath(path) for path in paths})


def build_path(package):
    return f"{package}/BUILD.cow" if package else "BUILD.cow"


def join(package, name):
    return f"{package}/{name}" if package else name


def split_label(label):
    package, _, name = label[2:].partition(":")
    return package, name


def outputs_of(target):
    """Files of a target that have labels of their own."""
    return [target["out"]] if target["kind"] == "genrule" else []


def flat(references):
    """All references, those that a select may choose among them."""
    for reference in references:
        yield from reference["then"] + reference["else"] if "select" in reference else [reference]


def _text(value):
    if isinstance(value, dict):
        return f'select({{"//tools:{value["select"]}": {json.dumps(value["then"])}, "//conditions:default": {json.dumps(value["else"])}}})'
    return json.dumps(value)


def _plain(references):
    return json.dumps([reference.get("file") or reference.get("label") for reference in references])


def _references(references):
    parts = [_plain([r for r in references if "file" in r or "label" in r])]
    for reference in references:
        if "glob" in reference:
            parts.append(f"glob({json.dumps(reference['glob'])}, allow_empty = True)")
        elif "select" in reference:
            parts.append(f'select({{"//tools:{reference["select"]}": {_plain(reference["then"])}, '
                         f'"//conditions:default": {_plain(reference["else"])}}})')
    return " + ".join(part for part in parts if part != "[]") or "[]"


def ordered(references):
    """The order in which _references() writes them."""
    return [r for r in references if "file" in r or "label" in r] + [r for r in references if "file" not in r and "label" not in r]


def _rule(name, target, tools):
    kind = target["kind"]
    fields = [("name", json.dumps(name))]
    if kind == "macro":
        return f"chain(name = {json.dumps(name)}, n = {target['n']}, srcs = {_references(target['srcs'])})\n"
    if kind == "alias":
        return f"alias(name = {json.dumps(name)}, actual = {json.dumps(target['actual'])})\n"
    for field in ("srcs", "hdrs", "additional_compiler_inputs"):
        if target.get(field):
            fields.append((field, _references(target[field])))
    for field in ("deps", "includes", "defines", "local_defines", "op"):
        if target.get(field):
            fields.append((field, json.dumps(target[field])))
    if kind == "genrule":
        which = f"{tools}/weave mix $@ {target['salt']}$(which) $(SRCS)" if target.get("make") else \
            f"{tools}/weave mix $@ {target['salt']} $(SRCS)"
        fields += [("outs", json.dumps([target["out"]])), ("cmd", json.dumps(which))]
    elif kind == "note":
        fields += [("out", json.dumps(target["out"])), ("content", _text(target["content"])), ("program", str(target["program"]))]
    elif kind in ("weave", "link"):
        fields.append(("out", json.dumps(target["out"])))
        if kind == "weave":
            fields += [("salt", _text(target["salt"])), ("param", str(bool(target.get("param"))))]
    return f"{kind}({', '.join(f'{key} = {value}' for key, value in fields)})\n"


def rendered(state, tools):
    """{path: content} of all files that follow from the declarations."""
    files = {
        "WORKSPACE.cow": WORKSPACE,
        "defs.cow": DEFS % json.dumps(state["rule_salt"]),
        "macros.cow": MACROS % json.dumps(state["macro_salt"]),
        "tools/BUILD.cow": TOOLS,
        "toolchain/BUILD.cow": TOOLCHAIN.replace("{tools}", tools),
        "toolchain/cc.manifest": f"{tools}/ar\n{tools}/gcc\n",
        "toolchain/sh.manifest": "\n".join(sorted([*shell_files(), f"{tools}/weave"])) + "\n",
    }
    for package, declared in state["packages"].items():
        rules = "".join(_rule(name, target, tools) for name, target in declared["targets"].items())
        remark = f"# remark {declared['remark']}\n" if declared["remark"] else ""
        files[build_path(package)] = HEAD + "\n" + remark + rules + ("x = = 1\n" if declared["broken"] else "")
    return files
