"""Causes of rebuilds: each changes one thing of a cell and says what `cow why` must answer.

A cause returns {output: {root cause, ...}}: for each action that has to run, by the last part of its first output, all its
root causes as (kind, name) or (kind, name, before, after). "*" stands for the outputs not named.
"""
import os

BIN = "cow-out/linux_amd64-fastbuild/bin"


class Cause:
    def __init__(self, expected, outcome=None, prepare=None):
        self.expected = expected
        self.outcome = outcome      # of every action in the answer; None: it may have been found in the cache
        self.prepare = prepare      # called with (cell, cow, root) after the files are written


def edit(file):
    def change(cell, serial, rng):
        cell.texts[file] = f"{file} of {cell.name}, edit {serial}\n"
        return Cause({"*": {("input_changed", f"{cell.name}/{file}")}})
    change.__name__ = f"edit_{file}"
    return change


def edit_tool(file):
    def change(cell, serial, rng):
        cell.texts[file] = cell.texts[file].rstrip("\n").split("\n# edit")[0] + f"\n# edit {serial}\n"
        return Cause({"*": {("input_changed", f"{cell.name}/{file}")}})
    change.__name__ = f"edit_{file}"
    return change


def executable(cell, serial, rng):
    cell.executable ^= {"h.h"}
    return Cause({"*": {("input_changed", f"{cell.name}/h.h")}})


def copt(cell, serial, rng):
    before, after = cell.copts[0], f"-O{serial}"
    cell.copts[0] = after
    return Cause({"*": {("argument_changed", "", before, after)}})


def one_more_copt(cell, serial, rng):
    cell.copts.append(f"-DN{serial}")
    return Cause({"*": {("argument_changed", "", "", f"-DN{serial}")}})


def define_in_parameter_file(cell, serial, rng):
    before, after = cell.defines[0], f"-Dx={serial}"
    cell.defines[0] = after
    return Cause({"*": {("argument_changed", "", before, after)}})


def swapped_sources(cell, serial, rng):
    cell.sources.reverse()
    return Cause({"*": {("argument_order_changed", "")}})


def environment(cell, serial, rng):
    before, after = cell.env["CELL_A"], str(serial)
    cell.env["CELL_A"] = after
    return Cause({"*": {("environment_changed", "CELL_A", before, after)}})


def one_more_variable(cell, serial, rng):
    cell.env[f"CELL_{serial}"] = "x"
    return Cause({"*": {("environment_changed", f"CELL_{serial}", "", "x")}})


def requirement(cell, serial, rng):
    """Results are not to be kept, then are again."""
    cell.requirements = [] if cell.requirements else ["no-cache"]
    return Cause({"main.o": {("caching_changed", "")}})


def output_renamed(cell, serial, rng):
    before, cell.out = cell.out, f"main{serial}.o"
    old, new = f"{BIN}/{cell.name}/{before}", f"{BIN}/{cell.name}/{cell.out}"
    return Cause({cell.out: {("never_built", "")},
                  "program": {("input_removed", old), ("input_added", new), ("argument_changed", "", old, new)}})


def new_source(cell, serial, rng):
    name = f"new{serial}.c"
    cell.texts[name] = f"new {serial}\n"
    cell.extra.append(name)
    return Cause({"*": {("input_added", f"{cell.name}/{name}"), ("argument_changed", "", "", f"{cell.name}/{name}")}})


def removed_source(cell, serial, rng):
    if not cell.extra:
        return None
    name = cell.extra.pop()
    return Cause({"*": {("input_removed", f"{cell.name}/{name}"), ("argument_changed", "", f"{cell.name}/{name}", "")}})


def new_target(cell, serial, rng):
    cell.more_targets.append(f"more{serial}")
    return Cause({f"more{serial}.o": {("never_built", "")}})


def written_text(cell, serial, rng):
    cell.text = f"written {serial}"
    return Cause({"*": {("written_by_rule", f"{BIN}/{cell.name}/note.txt")}})


def substitution(cell, serial, rng):
    """Fills a template in otherwise; the template has to have a place for it."""
    if "@X@" not in cell.texts["template.txt"]:
        cell.texts["template.txt"] = f"@X@ {serial}\n"
        return Cause({"*": {("input_changed", f"{cell.name}/template.txt")}})
    cell.value = f"value {serial}"
    return Cause({"*": {("written_by_rule", f"{BIN}/{cell.name}/page.txt")}})


def evicted(name):
    """The bytes of an output are gone, from the cache and from cow-out."""
    def change(cell, serial, rng):
        output = f"{BIN}/{cell.name}/{name}"

        def prepare(cow, root, digests):
            digest = digests[output]
            for place in (f"{cow.cache}/cas/{digest[:2]}/{digest}", str(root / output)):
                os.chmod(os.path.dirname(place), 0o755)
                os.remove(place)

        return Cause({name: {("output_evicted", output)}}, prepare=prepare)
    change.__name__ = f"evicted_{name}"
    return change


CAUSES = [
    edit("in.txt"), edit("a.c"), edit("h.h"), edit("template.txt"), edit("aliased.txt"), edit("grown.txt"),
    edit_tool("tool.sh"), edit_tool("gen.sh"), executable, copt, one_more_copt, define_in_parameter_file, swapped_sources,
    environment, one_more_variable, requirement, output_renamed, new_source, removed_source, new_target, written_text,
    substitution, evicted("gen.h"), evicted("spilled.o"),
]
