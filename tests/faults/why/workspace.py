"""A workspace of cells: packages that have nothing to do with each other, each a chain of small actions, so that a cause
injected into one cell must be told of that cell and of no other."""
import json
import pathlib

DEFS = '''
def _fake(ctx):
    out = ctx.actions.declare_file(ctx.attr.out)
    args = ctx.actions.args()
    args.add(out)
    args.add_all(ctx.files.srcs)
    args.add_all(ctx.attr.copts)
    if ctx.attr.param_file:
        args.use_param_file("@%s", use_always = True)
        args.set_param_file_format("multiline")
    ctx.actions.run_shell(
        command = "sh " + ctx.file.tool.path + ' "$@"',
        arguments = [args],
        inputs = ctx.files.srcs + ctx.files.hdrs + [ctx.file.tool],
        outputs = [out],
        env = ctx.attr.env,
        mnemonic = "Fake",
        use_default_shell_env = True,
        execution_requirements = {r: "" for r in ctx.attr.requirements},
    )
    return [DefaultInfo(files = depset([out]))]

fake = rule(implementation = _fake, attrs = {
    "out": attr.string(mandatory = True),
    "srcs": attr.label_list(allow_files = True),
    "hdrs": attr.label_list(allow_files = True),
    "copts": attr.string_list(),
    "env": attr.string_dict(),
    "param_file": attr.bool(),
    "requirements": attr.string_list(),
    "tool": attr.label(allow_single_file = True),
})

def _written(ctx):
    out = ctx.actions.declare_file(ctx.label.name + ".txt")
    ctx.actions.write(out, ctx.attr.text)
    return [DefaultInfo(files = depset([out]))]

written = rule(implementation = _written, attrs = {"text": attr.string()})

def _filled(ctx):
    out = ctx.actions.declare_file(ctx.label.name + ".txt")
    ctx.actions.expand_template(template = ctx.file.template, output = out, substitutions = {"@X@": ctx.attr.value})
    return [DefaultInfo(files = depset([out]))]

filled = rule(implementation = _filled, attrs = {"template": attr.label(allow_single_file = True), "value": attr.string()})

def _alias(ctx):
    out = ctx.actions.declare_file(ctx.label.name + ".txt")
    ctx.actions.symlink(output = out, target_file = ctx.file.src)
    return [DefaultInfo(files = depset([out]))]

linked = rule(implementation = _alias, attrs = {"src": attr.label(allow_single_file = True)})

def _tree(ctx):
    out = ctx.actions.declare_directory(ctx.label.name + ".d")
    ctx.actions.run_shell(
        command = "mkdir -p $1/sub && cat $2 > $1/sub/file",
        arguments = [out.path, ctx.file.src.path],
        inputs = [ctx.file.src],
        outputs = [out],
        mnemonic = "FakeTree",
    )
    return [DefaultInfo(files = depset([out]))]

tree = rule(implementation = _tree, attrs = {"src": attr.label(allow_single_file = True)})
'''

TOOL = '''#!/bin/sh
case $1 in @*) set -- $(cat "${1#@}");; esac
out=$1; shift
echo "$@" > $out
for f in "$@"; do
  if [ -d "$f" ]; then cat $f/sub/file >> $out; elif [ -f "$f" ]; then cat "$f" >> $out; fi
done
env | grep ^CELL_ >> $out
if grep -q FAIL $out; then echo broken >&2; exit 1; fi
'''

# What a cell is made of; causes change one thing of it.
FILES = ["in.txt", "a.c", "h.h", "template.txt", "aliased.txt", "grown.txt"]


class Cell:
    """The package `name`. Change `self`, then write()."""

    def __init__(self, root, name):
        self.folder = root / name
        self.name = name
        self.texts = {file: f"{file} of {name}\n" for file in FILES} | {"tool.sh": TOOL, "gen.sh": TOOL}
        self.executable = set()
        self.extra = []            # more sources
        self.sources = ["a.c", "b.c"]
        self.texts["b.c"] = "b\n"
        self.copts = ["-O0"]
        self.defines = ["-Dfirst"]  # stand in a parameter file
        self.env = {"CELL_A": "1"}
        self.requirements = []
        self.out = "main.o"
        self.text = "written"
        self.value = "filled"
        self.more_targets = []
        self.write()

    def build_file(self):
        attrs = dict(srcs=self.sources + self.extra, hdrs=["h.h", ":gen", ":note", ":page", ":alias", ":grown"],
                     copts=self.copts, env=self.env, requirements=self.requirements, tool="tool.sh", out=self.out)
        rules = [
            'load("//:defs.cow", "fake", "filled", "linked", "tree", "written")',
            'written(name = "note", text = %s)' % json.dumps(self.text),
            'filled(name = "page", template = "template.txt", value = %s)' % json.dumps(self.value),
            'linked(name = "alias", src = "aliased.txt")',
            'tree(name = "grown", src = "grown.txt")',
            rule("gen", srcs=["in.txt"], tool="gen.sh", out="gen.h"),
            rule("main", **attrs),
            rule("spilled", srcs=[":gen"], copts=self.defines, param_file=True, tool="tool.sh", out="spilled.o"),
            rule("all_of_it", srcs=[":main", ":spilled"], tool="tool.sh", out="program"),
        ]
        rules += [rule(name, srcs=["h.h"], tool="tool.sh", out=name + ".o") for name in self.more_targets]
        return "\n".join(rules) + "\n"

    def write(self):
        self.folder.mkdir(exist_ok=True)
        for file, text in (self.texts | {"BUILD.cow": self.build_file()}).items():
            path = self.folder / file
            if not path.exists() or path.read_text() != text:
                path.write_text(text)
            path.chmod(0o755 if file in self.executable else 0o644)


def rule(name, **attrs):
    values = ", ".join(f"{key} = {'True' if value is True else json.dumps(value)}" for key, value in attrs.items())
    return f'fake(name = "{name}", {values})'


def create(root, cells):
    root = pathlib.Path(root)
    root.mkdir(parents=True)
    (root / "WORKSPACE.cow").write_text('workspace(name = "cells")\n')
    (root / "defs.cow").write_text(DEFS)
    (root / "BUILD.cow").write_text("")
    return [Cell(root, f"c{i}") for i in range(cells)]
