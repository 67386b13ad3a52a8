"""Random edits of a state. An edit is a plain value; applying one that has lost its object does nothing."""
import copy
import random

import generate
import model

# How likely each is.
KINDS = {
    "content": 30, "broken_content": 2, "touch": 6, "chmod": 4, "rename": 4, "swap": 4, "delete": 4, "create": 5,
    "directory": 3, "retarget": 3, "to_link": 2, "salt": 5, "add_target": 5, "remove_target": 3, "add_src": 4,
    "remove_src": 4, "reorder": 3, "cycle": 1, "subpackage": 3, "broken_package": 2, "remark": 3, "rule": 1, "macro": 2,
    "tool": 1, "compiler": 1, "header_earlier": 4, "include": 3, "outputs": 4, "revert": 6, "exact_copy": 2,
}


def choose(rng, state, history):
    """One edit, as a value."""
    kind = rng.choices(list(KINDS), list(KINDS.values()))[0]
    files = sorted(path for path, file in state["files"].items() if file[0] == "file")
    targets = [(package, name) for package, declared in state["packages"].items() for name in declared["targets"]]
    edit = {"kind": kind, "seed": rng.randrange(1 << 30), "how": rng.choice(["write", "write", "replace", "inplace", "inplace+keep", "replace+keep"])}
    if kind in ("content", "broken_content", "touch", "chmod", "rename", "delete", "directory", "to_link", "exact_copy") and files:
        edit["path"] = rng.choice(files)
    if kind in ("swap", "exact_copy") and len(files) > 1:
        edit["path"], edit["other"] = rng.sample(files, 2)
    if kind == "touch":
        edit["when"] = rng.choice(["now", "now", "1", "1000000000", "4000000000"])
    if kind in ("salt", "remove_target", "add_src", "remove_src", "reorder", "cycle", "include") and targets:
        edit["package"], edit["name"] = rng.choice(targets)
    if kind in ("create", "add_target", "subpackage", "broken_package", "remark"):
        edit["package"] = rng.choice(sorted(state["packages"]))
    if kind == "outputs":
        edit["what"] = rng.choice(["all", "link", "delete", "edit", "chmod", "extra"])
    if kind == "revert":
        edit["to"] = rng.randrange(max(1, len(history)))
    return edit


def apply(edit, state, disk, history):
    """Changes `state`; what no difference of states can express is done to `disk` at once."""
    kind = edit["kind"]
    rng = random.Random(edit["seed"])
    if "path" in edit and edit["path"] not in state["files"]:
        return
    if "other" in edit and edit["other"] not in state["files"]:
        return
    if "package" in edit and edit["package"] not in state["packages"]:
        return
    if "name" in edit and edit["name"] not in state["packages"][edit["package"]]["targets"]:
        return
    if kind in _FILES and "path" not in edit:
        return
    if kind in _TARGETS and "name" not in edit:
        return
    if kind == "revert":
        if edit["to"] < len(history):
            fresh = copy.deepcopy(history[edit["to"]])
            # The tools outside of the workspace are not part of a checkout.
            fresh["compiler"], fresh["tool"] = state["compiler"], state["tool"]
            state.clear()
            state.update(fresh)
        return
    globals()["_" + kind](edit, state, disk, rng)


_FILES = ("content", "broken_content", "touch", "chmod", "rename", "swap", "delete", "directory", "to_link", "exact_copy")
_TARGETS = ("salt", "remove_target", "add_src", "remove_src", "reorder", "cycle", "include")


def _content(edit, state, disk, rng):
    file = state["files"][edit["path"]]
    old = file[1]
    if file[0] != "file":
        return
    if edit["path"].endswith((".c", ".h")):
        extra = rng.choice([f"// {rng.choice(generate.WORDS)}\n", f"int y{rng.randrange(9)};\n"])
        kept = [line for line in old.split("\n") if line and not line.startswith(("int y", "//"))]
        file[1] = "\n".join(kept) + "\n" + extra
    elif old and rng.random() < 0.5:
        position = rng.randrange(len(old))
        file[1] = old[:position] + rng.choice("xyz") + old[position + 1:]  # the same size
    else:
        file[1] = generate.text(rng)


def _broken_content(edit, state, disk, rng):
    file = state["files"][edit["path"]]
    if file[0] == "file":
        file[1] = "!error " + file[1]


def _touch(edit, state, disk, rng):
    disk.touch(edit["path"], edit["when"])


def _chmod(edit, state, disk, rng):
    file = state["files"][edit["path"]]
    if file[0] == "file":
        file[2] = not file[2]


def _rename(edit, state, disk, rng):
    path = edit["path"]
    folder, slash, name = path.rpartition("/")
    new = folder + slash + rng.choice(["f7.txt", "g/h7.txt", f"f{rng.randrange(5)}.txt", name + "x"])
    if new in state["files"] or not _free(state, new):
        return
    disk.rename(path, new)
    state["files"][new] = state["files"].pop(path)


def _swap(edit, state, disk, rng):
    one, two = edit["path"], edit["other"]
    if state["files"][one][0] == state["files"][two][0] == "file":
        disk.swap(one, two)
        state["files"][one], state["files"][two] = state["files"][two], state["files"][one]


def _exact_copy(edit, state, disk, rng):
    if state["files"][edit["path"]][0] == state["files"][edit["other"]][0] == "file":
        state["files"][edit["path"]] = list(state["files"][edit["other"]])


def _delete(edit, state, disk, rng):
    del state["files"][edit["path"]]


def _free(state, path):
    """Whether a file can be made there without a file being a directory at the same time."""
    parts = path.split("/")
    above = {"/".join(parts[:i]) for i in range(1, len(parts))}
    return not any(other in above or other.startswith(path + "/") for other in state["files"])


def _create(edit, state, disk, rng):
    path = model.join(edit["package"], rng.choice(["f0.txt", "f1.txt", "f2.txt", "f9.txt", "g/h0.txt", "g/h9.txt", "g/k/new.txt", "l0.txt"]))
    if _free(state, path) and path not in state["files"]:
        state["files"][path] = ["file", generate.text(rng), rng.random() < 0.2]


def _directory(edit, state, disk, rng):
    """A file becomes a directory of its name."""
    old = state["files"].pop(edit["path"])
    state["files"][edit["path"] + "/inner.txt"] = old


def _retarget(edit, state, disk, rng):
    links = sorted(path for path, file in state["files"].items() if file[0] == "link")
    if links:
        path = rng.choice(links)
        choices = ["f0.txt", "f1.txt", "g/h0.txt", "nowhere.txt"] if path.endswith(".txt") else ["g", "g/k", "."]
        state["files"][path] = ["link", rng.choice(choices), False]


def _to_link(edit, state, disk, rng):
    """A file becomes a symlink to a file beside it, often with the same content."""
    path = edit["path"]
    folder, slash, name = path.rpartition("/")
    file = state["files"][path]
    if name.endswith(".txt") and file[0] == "file":
        other = rng.choice(["f8.txt", "f0.txt"])
        if other != name and (folder + slash + other in state["files"] or _free(state, folder + slash + other)):
            state["files"].setdefault(folder + slash + other, list(file))
            state["files"][path] = ["link", other, False]


def _target(edit, state):
    return state["packages"][edit["package"]]["targets"][edit["name"]]


def _salt(edit, state, disk, rng):
    target = _target(edit, state)
    for field in ("salt", "content"):
        if field in target:
            simple = target["kind"] == "genrule"
            target[field] = rng.choice(generate.WORDS) if simple else _generator(state, rng).salt()
            return
    if target["kind"].startswith("cc_"):
        target["local_defines"] = [f"W_LOCAL_{rng.choice(generate.WORDS)}"]


def _generator(state, rng):
    generator = generate.Generator(rng)
    generator.files, generator.packages = state["files"], state["packages"]
    for package, declared in state["packages"].items():
        for name, target in declared["targets"].items():
            if target["kind"] == "cc_library":
                generator.libraries.append(f"//{package}:{name}")
            elif target["kind"] in ("weave", "genrule", "filegroup", "note"):
                generator.labels.append(f"//{package}:{name}")
    generator.number = rng.randrange(1000, 1 << 30)
    return generator


def _add_target(edit, state, disk, rng):
    kind = rng.choice(["weave", "weave", "genrule", "filegroup", "note", "cc"])
    _generator(state, rng).add(edit["package"], kind)


def _remove_target(edit, state, disk, rng):
    del state["packages"][edit["package"]]["targets"][edit["name"]]


def _add_src(edit, state, disk, rng):
    target = _target(edit, state)
    if target["kind"] not in ("weave", "genrule", "filegroup", "macro"):
        return
    present = list(model.flat(target["srcs"]))
    has_glob = any("glob" in reference for reference in present)
    for reference in _generator(state, rng).references(edit["package"], 2):
        plain = "label" in reference or ("file" in reference and not has_glob)
        if plain and reference not in present and reference.get("label") != f"//{edit['package']}:{edit['name']}":
            target["srcs"].append(reference)
            return


def _remove_src(edit, state, disk, rng):
    target = _target(edit, state)
    field = rng.choice([field for field in ("srcs", "deps", "hdrs") if target.get(field)] or [""])
    if field and not (target["kind"] == "link" or target["kind"].startswith("cc_binary") and field == "srcs" and len(target[field]) == 1):
        target[field].pop(rng.randrange(len(target[field])))


def _reorder(edit, state, disk, rng):
    target = _target(edit, state)
    if target.get("srcs"):
        rng.shuffle(target["srcs"])


def _cycle(edit, state, disk, rng):
    """The first target of the package gets the last one as a source."""
    targets = state["packages"][edit["package"]]["targets"]
    last = list(targets)[-1]
    target = targets[edit["name"]]
    reference = {"label": f"//{edit['package']}:{last}"}
    if target["kind"] in ("weave", "filegroup") and targets[last]["kind"] == "weave" and reference not in model.flat(target["srcs"]):
        target["srcs"].append(reference)


def _subpackage(edit, state, disk, rng):
    """A directory of sources becomes a package, or is none any more."""
    package = model.join(edit["package"], "g")
    if package in state["packages"]:
        del state["packages"][package]
    elif any(path.startswith(package + "/") for path in state["files"]):
        state["packages"][package] = {"targets": {}, "broken": False, "remark": 0}


def _broken_package(edit, state, disk, rng):
    declared = state["packages"][edit["package"]]
    declared["broken"] = not declared["broken"]


def _remark(edit, state, disk, rng):
    state["packages"][edit["package"]]["remark"] = rng.randrange(1000)


def _rule(edit, state, disk, rng):
    state["rule_salt"] = rng.choice(generate.WORDS)


def _macro(edit, state, disk, rng):
    state["macro_salt"] = rng.choice(generate.WORDS)


def _tool(edit, state, disk, rng):
    state["tool"] = str(rng.randrange(10))


def _compiler(edit, state, disk, rng):
    state["compiler"] = str(rng.randrange(10))


def _header_earlier(edit, state, disk, rng):
    """A header of the same name appears or vanishes where the compiler looks first."""
    late = sorted(path for path in state["files"] if "_i2/" in path)
    if late:
        path = rng.choice(late).replace("_i2/", "_i1/")
        if path in state["files"]:
            del state["files"][path]
        else:
            state["files"][path] = ["file", f"#pragma once\nint earlier{rng.randrange(5)};\n", False]


def _include(edit, state, disk, rng):
    """A source includes something more: often what it may not see."""
    target = _target(edit, state)
    sources = [model.join(edit["package"], one["file"]) for one in target.get("srcs", []) if one.get("file", "").endswith(".c")]
    headers = sorted(path for path in state["files"] if path.endswith(".h") and "_i1/" not in path and "_i2/" not in path and "_private" not in path)
    if sources and headers and sources[0] in state["files"]:
        file = state["files"][sources[0]]
        file[1] = f'#include "{rng.choice(headers)}"\n' + file[1]


def _outputs(edit, state, disk, rng):
    disk.outputs(edit["what"], rng)
