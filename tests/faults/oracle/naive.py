"""The naive builder: what every output must be, computed from the sources as they lie on disk, each time from nothing.

It shares no code with cow and knows nothing of caches: it reads the declarations of a state (model.py), the files of
a directory, and does in Python what weave.c does in a sandbox.
"""
import fnmatch
import os
import posixpath
import stat
import sys
import zlib

import model

sys.setrecursionlimit(20000)


class Broken(Exception):
    """This cannot be built."""


class Art:
    """A file, or a tree of files, by its path without the part that names the configuration; or why it cannot be made."""

    def __init__(self, path, data=None, executable=False, tree=None, source=False, failure=None):
        self.path, self.data, self.executable, self.tree, self.source = path, data, executable, tree, source
        self.failure = failure

    def files(self):
        """[(path, bytes, executable)] as a walk in the order of names gives them."""
        if self.tree is None:
            return [(self.path, self.data, self.executable)]
        def order(name):
            return name.split("/")
        return [(f"{self.path}/{name}", *self.tree[name]) for name in sorted(self.tree, key=order)]

    def identity(self):
        return tuple((path, zlib.crc32(data), zlib.adler32(data), len(data), executable) for path, data, executable in self.files())


def _sums(data):
    return f"{len(data)} {zlib.crc32(data):08x} {zlib.adler32(data):08x}"


def _usable(data, path):
    if data.startswith(b"!error"):
        raise Broken(f"{path} is broken")
    return data


class Naive:
    """One build of one directory in one configuration."""

    def __init__(self, root, state, configuration, tools):
        self.root, self.state, self.configuration = root, state, configuration
        self.results, self.active, self.owners = {}, set(), {}
        self.keys = {}  # label -> [what its processes depend on]
        self.tool = self._tool(os.path.join(root, model.TOOL))
        self.shell_tool = self._tool(os.path.join(tools, "weave"))
        self.compiler = self._tool(os.path.join(tools, "gcc"))
        self.archiver = self._tool(os.path.join(tools, "ar"))
        for package, declared in state["packages"].items():
            for name, target in self._targets(package).items():
                for output in model.outputs_of(target):
                    self.owners[(package, output)] = name

    # --- what is on disk

    def _tool(self, path):
        try:
            with open(path, "rb") as file:
                data = file.read()
                mode = os.fstat(file.fileno()).st_mode
        except OSError:
            return None
        version = data[-16:].partition(b"V=")[2].partition(b"\n")[0].decode()
        return version, (zlib.crc32(data), len(data)), bool(mode & 0o100)

    def _source(self, path):
        full = os.path.join(self.root, path)
        try:
            with open(full, "rb") as file:
                info = os.fstat(file.fileno())
                if not stat.S_ISREG(info.st_mode):
                    raise Broken(f"{path} is no file")
                return Art(path, file.read(), bool(info.st_mode & 0o100), source=True)
        except OSError as error:
            raise Broken(f"{path}: {error.strerror}") from error

    def _glob(self, package, patterns):
        found = []
        base = os.path.join(self.root, package)

        def walk(below):
            for entry in os.scandir(os.path.join(base, below)):
                path = posixpath.join(below, entry.name)
                if os.path.isdir(entry.path):  # not a link that leads to itself
                    if below == "" and entry.name in ("cow-out", "cow-bin"):
                        continue
                    if not os.path.isfile(os.path.join(entry.path, "BUILD.cow")):
                        walk(path)
                elif os.path.isfile(entry.path) and any(_matches(pattern.split("/"), path.split("/")) for pattern in patterns):
                    found.append(path)

        walk("")
        return sorted(found)

    # --- what is declared

    def _targets(self, package):
        targets = {}
        for name, target in self.state["packages"][package]["targets"].items():
            if target["kind"] != "macro":
                targets[name] = target
                continue
            for i in range(target["n"]):
                srcs = target["srcs"] if i == 0 else [{"label": f"//{package}:{name}_{i - 1}"}]
                targets[f"{name}_{i}"] = {"kind": "weave", "op": "mix", "out": f"{name}_{i}.out", "srcs": srcs,
                                          "salt": self.state["macro_salt"]}
        return targets

    def _holds(self, condition):
        configuration = self.configuration
        return {"opt": configuration["mode"] == "opt", "dbg": configuration["mode"] == "dbg",
                "define_x": configuration["define"] == "x", "define_y": configuration["define"] == "y"}[condition]

    def _value(self, value):
        if not isinstance(value, dict):
            return value
        return value["then"] if self._holds(value["select"]) else value["else"]

    def labels(self, pattern):
        """The rule targets a pattern stands for; all that are below a broken package are lost."""
        if not pattern.startswith("//"):
            raise ValueError(pattern)
        if pattern.endswith("..."):
            packages, names = [p for p in self.state["packages"]], None
        elif pattern.endswith(":all"):
            packages, names = [pattern[2:-4]], None
        else:
            packages, names = [model.split_label(pattern)[0]], [model.split_label(pattern)[1]]
        found = []
        for package in packages:
            if package not in self.state["packages"] or self.state["packages"][package]["broken"]:
                yield_error = f"//{package}"
                found.append((yield_error, None))
                continue
            for name in names if names is not None else self._targets(package):
                found.append((f"//{package}:{name}", name))
        return found

    # --- building

    def evaluate(self, label):
        """Provider of a label: {"files": [Art], "cc": ... or None}. Raises Broken, the same every time."""
        if label not in self.results:
            if label in self.active:
                raise Broken(f"cycle at {label}")
            self.active.add(label)
            try:
                self.results[label] = self._make(label)
            except Broken as error:
                self.results[label] = error
            self.active.discard(label)
        result = self.results[label]
        if isinstance(result, Broken):
            raise result
        return result

    def _make(self, label):
        package, name = model.split_label(label)
        if package not in self.state["packages"]:
            raise Broken(f"no package {package}")
        self._check_package(package)
        target = self._targets(package).get(name)
        if target is not None:
            return getattr(self, "_" + target["kind"])(label, package, target)
        if (package, name) in self.owners:
            return self.evaluate(f"//{package}:{self.owners[(package, name)]}")
        return self._file(package, name)

    def _check_package(self, package):
        """A package with an error has no targets. No file of another package may be named, not even where a select does not choose it."""
        declared = self.state["packages"][package]
        if declared["broken"]:
            raise Broken(f"package {package} does not load")
        for target in declared["targets"].values():
            for field in ("srcs", "hdrs", "additional_compiler_inputs"):
                for reference in model.flat(target.get(field, [])):
                    parts = reference.get("file", "").split("/")
                    if any(model.join(package, "/".join(parts[:i])) in self.state["packages"] for i in range(1, len(parts))):
                        raise Broken(f"{reference['file']} crosses the border of a package")

    def _file(self, package, name):
        return {"files": [self._source(model.join(package, name))], "cc": None}

    def _arts(self, package, references):
        """The files of a list of references, each once; all of them are needed, so one that is broken breaks the list."""
        arts, seen, failure = [], set(), None
        for reference in model.ordered(references):
            if "glob" in reference:
                labels = [f"//{package}:{path}" for path in self._glob(package, reference["glob"])]
            elif "select" in reference:
                chosen = reference["then"] if self._holds(reference["select"]) else reference["else"]
                labels = [self._label(package, one) for one in chosen]
            else:
                labels = [self._label(package, reference)]
            for label in labels:
                try:
                    for art in self.evaluate(label)["files"]:
                        if art.path not in seen:
                            seen.add(art.path)
                            arts.append(art)
                except Broken as error:
                    failure = failure or error
        if failure:
            raise failure
        return arts

    def _label(self, package, reference):
        return reference["label"] if "label" in reference else f"//{package}:{reference['file']}"

    def _made(self, path, inputs, make):
        """What the process `make` stands for gives, if it can be started at all."""
        failure = next((art.failure for art in inputs if art.failure), None)
        try:
            return Art(path, failure=failure) if failure else make()
        except Broken as error:
            return Art(path, failure=str(error))

    def _ran(self, label, *what):
        configuration = tuple(sorted(self.configuration.items()))
        self.keys.setdefault(label, []).append((configuration, *what))

    def _weave(self, label, package, target):
        arts = self._arts(package, target["srcs"])
        salt = self._value(target["salt"]) + self.state["rule_salt"]
        return self._woven(label, package, target, arts, salt, self.tool, target["op"])

    def _genrule(self, label, package, target):
        arts = self._arts(package, target["srcs"])
        salt = target["salt"]
        if target.get("make"):
            if not self.configuration["define"]:
                raise Broken("$(which) is not defined")
            salt += self.configuration["define"]
        return self._woven(label, package, target, arts, salt, self.shell_tool, "mix")

    def _woven(self, label, package, target, arts, salt, tool, op):
        path = model.join(package, target["out"])

        def make():
            if tool is None or not tool[2]:
                raise Broken("the tool cannot be run")
            # Every process of a rule that names no tree of the host runs in that of the shell.
            self._ran(label, op, path, salt, bool(target.get("param")), tool[1], self.shell_tool[1], tuple(art.identity() for art in arts))
            head = f"tool {tool[0]}\n{op} {salt}\n"
            if op == "tree":
                return Art(path, tree=self._tree(head, arts))
            data = (head + self._lines(op, arts)).encode("latin-1")
            return Art(path, data, bool(zlib.crc32(data) & 1))

        return {"files": [self._made(path, arts, make)], "cc": None}

    def _lines(self, op, arts):
        text = ""
        for art in arts:
            for name, data, executable in art.files():
                _usable(data, name)
                if op == "head":
                    text += data[:1].decode("latin-1") or "."
                else:
                    text += f"{'x' if executable else '-'} {_sums(data)} {name}\n"
        return text

    def _tree(self, head, arts):
        tree = {}
        for i, art in enumerate(arts):
            for name, data, _ in art.files():
                crc = zlib.crc32(_usable(data, name))
                tree[f"d{crc % 3}/f{i}_{crc % 5}"] = (f"{crc:08x} {name}\n{head}".encode(), bool(crc & 8))
        return tree

    def _note(self, label, package, target):
        content = self._value(target["content"]).encode()
        return {"files": [Art(model.join(package, target["out"]), content, target["program"])], "cc": None}

    def _link(self, label, package, target):
        art = self._arts(package, target["srcs"])[0]
        return {"files": [Art(model.join(package, target["out"]), art.data, art.executable, failure=art.failure)], "cc": None}

    def _alias(self, label, package, target):
        return self.evaluate(target["actual"])

    def _filegroup(self, label, package, target):
        return {"files": self._arts(package, target["srcs"]), "cc": None}

    # --- C

    def _cc_parts(self, package, target):
        """(sources, what dependents see of them, additional inputs); all of it is declared without fault, or Broken."""
        failure = None
        merged = {"headers": {}, "includes": [], "defines": [], "archives": []}
        lists = {}
        for field in ("srcs", "hdrs", "additional_compiler_inputs"):
            try:
                lists[field] = self._arts(package, target.get(field, []))
            except Broken as error:
                failure = failure or error
        for dep in target.get("deps", []):
            try:
                cc = self.evaluate(dep)["cc"]
                if cc is None:
                    raise Broken(f"{dep} is no library")
                merged["headers"].update(cc["headers"])
                for key in ("includes", "defines", "archives"):
                    merged[key] += [value for value in cc[key] if value not in merged[key]]
            except Broken as error:
                failure = failure or error
        if failure:
            raise failure
        own_includes = [model.join(package, include) for include in target.get("includes", [])]
        merged["includes"] = own_includes + [one for one in merged["includes"] if one not in own_includes]
        merged["defines"] = merged["defines"] + target.get("defines", [])
        for art in lists["hdrs"] + [art for art in lists["srcs"] if art.path.endswith(".h")]:
            merged["headers"][art.path] = art
        return lists["srcs"], merged, lists["additional_compiler_inputs"]

    def _objects(self, label, target, sources, merged, extra):
        defines = sorted(f"-D{define}" for define in merged["defines"] + target.get("local_defines", []))
        if self.configuration["copt"]:
            defines = sorted(defines + [self.configuration["copt"]])
        visible = {**merged["headers"], **{art.path: art for art in extra}}
        objects = []
        for source in sources:
            if not source.path.endswith(".c"):
                continue
            inputs = {**visible, source.path: source}

            def make(source=source, inputs=inputs):
                self._ran(label, "compile", source.path, tuple(defines), tuple(merged["includes"]), self.compiler[1],
                          self.archiver[1], tuple(inputs[path].identity() for path in sorted(inputs)))
                head = f"tool {self.compiler[0]}\nobject" + "".join(" " + define for define in defines) + "\n"
                text = _Compilation(inputs, merged["includes"]).text(source.path)
                return Art(source.path + ".o", (head + text).encode("latin-1"))

            objects.append(self._made(source.path + ".o", inputs.values(), make))
        return objects

    def _cc_library(self, label, package, target):
        sources, merged, extra = self._cc_parts(package, target)
        objects = self._objects(label, target, sources, merged, extra)
        files = []
        if objects:
            path = model.join(package, f"lib{label.rpartition(':')[2]}.a")

            def make():
                self._ran(label, "archive", self.compiler[1], self.archiver[1], tuple(_sums(art.data) for art in objects))
                return Art(path, f"tool {self.archiver[0]}\narchive\n".encode() + b"".join(_line(art) for art in objects))

            files = [self._made(path, objects, make)]
        merged["archives"] = merged["archives"] + files
        return {"files": files, "cc": merged}

    def _cc_binary(self, label, package, target):
        sources, merged, extra = self._cc_parts(package, target)
        objects = self._objects(label, target, sources, merged, extra)
        inputs = objects + merged["archives"]
        path = model.join(package, label.rpartition(":")[2])

        def make():
            self._ran(label, "link", self.compiler[1], self.archiver[1], tuple((art.path, _sums(art.data)) for art in inputs))
            if not inputs:
                raise Broken("nothing to link")
            lines = b"".join(sorted({_line(art) for art in inputs}))
            return Art(path, f"tool {self.compiler[0]}\nprogram\n".encode() + lines, True)

        return {"files": [self._made(path, inputs, make)], "cc": None}


def _line(art):
    return (_sums(art.data) + "\n").encode()


class _Compilation:
    """What gcc of weave.c makes of a source, given the files it can see."""

    def __init__(self, inputs, includes):
        self.inputs, self.includes, self.visited = inputs, includes, set()

    def text(self, path):
        if path in self.visited:
            return ""
        self.visited.add(path)
        out = f"> {posixpath.basename(path)}\n"
        for line in _usable(self.inputs[path].data, path).decode("latin-1").split("\n"):
            if not line or line.startswith("//"):
                continue
            out += line + "\n"
            if line.startswith('#include "'):
                name = line.split('"')[1]
                found = self.find(path, name)
                if not found:
                    raise Broken(f"{path}: no header {name}")
                out += self.text(found)
            elif line.startswith('#if __has_include("'):
                out += "yes\n" if self.find(path, line.split('"')[1]) else "no\n"
            elif line.startswith('__asm__(".incbin \\"'):
                name = line.split('"')[2].rstrip("\\")
                if name not in self.inputs:
                    raise Broken(f"{path}: no file {name}")
                art = self.inputs[name]
                out += f"{'x' if art.executable else '-'} {_sums(_usable(art.data, name))} {name}\n"
        return out + "<\n"

    def find(self, path, name):
        for directory in [posixpath.dirname(path), "", *self.includes]:
            candidate = posixpath.normpath(posixpath.join(directory, name))
            if candidate in self.inputs:
                return candidate
        return None


def _matches(pattern, path):
    if not pattern:
        return not path
    if pattern[0] == "**":
        return any(_matches(pattern[1:], path[i:]) for i in range(len(path) + 1))
    return bool(path) and fnmatch.fnmatchcase(path[0], pattern[0]) and _matches(pattern[1:], path[1:])
