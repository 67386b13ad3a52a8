"""Random workspaces."""
import model

WORDS = ["ash", "birch", "cedar", "dogwood", "elm", "fir", "gorse", "hazel", "ivy", "juniper"]


def text(rng):
    """Contents of a source: short, often of the same size as another, sometimes equal to another."""
    shape = rng.random()
    if shape < 0.05:
        return ""
    if shape < 0.6:
        return "".join(rng.choice(["aa", "bb", "cc"]) for _ in range(4)) + "\n"
    return "\n".join(rng.choice(WORDS) for _ in range(rng.randrange(1, 12))) + "\n"


class Generator:
    def __init__(self, rng):
        self.rng = rng
        self.files, self.packages = {}, {}
        self.labels = []  # of everything with files, in an order without cycles
        self.libraries = []
        self.number = 0

    def state(self):
        rng = self.rng
        size = rng.choice([5, 6, 8, 8, 10, 12, 16, 24]) if rng.random() < 0.93 else rng.choice([60, 120, 250, 500])
        names = ["", "p", "p/q", "r", "r/s/t", "u"][:max(1, min(6, 1 + size // 4))]
        for package in names:
            self.packages[package] = {"targets": {}, "broken": False, "remark": 0}
            self.add_files(package)
        kinds = ["weave"] * 9 + ["genrule"] * 2 + ["filegroup"] * 3 + ["note", "link", "alias", "macro"] + ["cc"] * rng.choice([0, 4, 9])
        while self.number < size:
            self.add(rng.choice(names), rng.choice(kinds))
        return {"files": self.files, "packages": self.packages, "rule_salt": "r", "macro_salt": "m", "tool": "1", "compiler": "1"}

    def add_files(self, package):
        rng = self.rng
        for i in range(rng.randrange(2, 6)):
            self.files[model.join(package, f"f{i}.txt")] = ["file", text(rng), rng.random() < 0.2]
        for i in range(rng.randrange(0, 3)):
            self.files[model.join(package, f"g/h{i}.txt")] = ["file", text(rng), False]
        if rng.random() < 0.4:
            self.files[model.join(package, "g/k/deep.txt")] = ["file", text(rng), False]
        if rng.random() < 0.5:
            self.files[model.join(package, "l0.txt")] = ["link", "f0.txt", False]
        if rng.random() < 0.2:
            self.files[model.join(package, "gl")] = ["link", "g", False]

    def texts(self, package):
        """Sources of a package that a label can name."""
        prefix = package + "/" if package else ""
        found = []
        for path in self.files:
            if path.startswith(prefix) and path.endswith(".txt"):
                inner = path[len(prefix):]
                if package or inner.startswith(("f", "g/", "l0")):
                    if not any(model.join(package, "/".join(inner.split("/")[:i])) in self.packages for i in range(1, inner.count("/") + 1)):
                        found.append(inner)
        return found

    def references(self, package, count=None):
        rng = self.rng
        count = count or rng.randrange(1, 4)
        pool = [{"file": name} for name in self.texts(package)] + [{"label": label} for label in self.labels[-40:]]
        if rng.random() < 0.25:
            # A glob beside labels only: a file named twice is an error.
            pool = [reference for reference in pool if "label" in reference]
            chosen = rng.sample(pool, min(len(pool), count - 1))
            return chosen + [{"glob": [rng.choice(["*.txt", "g/*.txt", "**/*.txt", "g/**", "f*.txt"])]}]
        chosen = rng.sample(pool, min(len(pool), count + 2))
        if rng.random() < 0.25 and len(chosen) > count:
            return chosen[:count - 1] + [{"select": rng.choice(model.CONDITIONS), "then": [chosen[-1]], "else": [chosen[-2]]}]
        return chosen[:count]

    def salt(self):
        rng = self.rng
        if rng.random() < 0.25:
            return {"select": rng.choice(model.CONDITIONS), "then": rng.choice(WORDS), "else": rng.choice(WORDS)}
        return rng.choice(WORDS)

    def add(self, package, kind):
        rng = self.rng
        self.number += 1
        name = f"{'n' if kind != 'cc' else 'c'}{self.number}"
        label = f"//{package}:{name}"
        targets = self.packages[package]["targets"]
        if kind == "cc":
            return self.add_c(package, name, label)
        target = {"kind": kind, "srcs": self.references(package)}
        if kind == "weave":
            target.update(op=rng.choice(["mix", "mix", "mix", "head", "tree"]), out=f"{name}.out", salt=self.salt(),
                          param=rng.random() < 0.2)
        elif kind == "genrule":
            target.update(out=f"{name}.out", salt=rng.choice(WORDS), make=rng.random() < 0.04)
        elif kind == "note":
            target = {"kind": kind, "out": f"{name}.out", "content": self.salt(), "program": rng.random() < 0.3}
        elif kind == "link":
            files = self.texts(package)
            target.update(out=f"{name}.out", srcs=[{"file": rng.choice(files)}])
        elif kind == "alias":
            if not self.labels:
                return None
            target = {"kind": kind, "actual": rng.choice(self.labels)}
        elif kind == "macro":
            target["n"] = rng.randrange(1, 5)
        targets[name] = target
        self.labels.append(label + (f"_{target['n'] - 1}" if kind == "macro" else ""))
        return label

    def add_c(self, package, name, label):
        rng = self.rng
        deps = rng.sample(self.libraries, min(len(self.libraries), rng.randrange(0, 3)))
        path = model.join(package, name)
        visible = [f"{self.path_of(dep)}.h" for dep in deps]
        target = {"kind": "cc_library" if rng.random() < 0.7 else "cc_binary", "deps": deps, "srcs": [], "hdrs": []}
        own = []
        if target["kind"] == "cc_library":
            self.libraries.append(label)
            own = [f"{path}.h"]
            self.header(f"{path}.h", visible)
            target["hdrs"].append({"file": f"{name}.h"})
            if rng.random() < 0.5:
                target["includes"] = [f"{name}_i1", f"{name}_i2"]
                target["hdrs"].append({"glob": [f"{name}_i1/*.h", f"{name}_i2/*.h"]})
                self.header(model.join(package, f"{name}_i2/{name}_inc.h"), [])
                own.append(f"{name}_inc.h")
            if rng.random() < 0.3:
                target["defines"] = [f"W_{name}"]
            if rng.random() < 0.3:
                self.packages[package]["targets"][f"{name}_gen"] = {
                    "kind": "weave", "op": "mix", "out": f"{name}_gen.h", "srcs": self.references(package), "salt": "h"}
                target["hdrs"].append({"label": f"//{package}:{name}_gen"})
                own.append(f"{path}_gen.h")
        for i in range(rng.randrange(0 if own else 1, 3)):
            extra = []
            if rng.random() < 0.15:
                self.files[f"{path}.bin"] = ["file", text(rng), False]
                target["additional_compiler_inputs"] = [{"file": f"{name}.bin"}]
                extra.append(f'__asm__(".incbin \\"{path}.bin\\"");')
            if rng.random() < 0.3:
                extra += [f'#if __has_include("{name}_maybe.h")', "#endif"]
            if rng.random() < 0.3:
                private = f"{name}_{i}_private.h"
                self.header(model.join(package, private), [])
                target["srcs"].append({"file": private})
                extra.append(f'#include "{private}"')
            self.source(f"{path}_{i}.c", own + visible, extra)
            target["srcs"].append({"file": f"{name}_{i}.c"})
        if rng.random() < 0.3 and target["srcs"]:
            target["local_defines"] = [f"W_LOCAL_{rng.choice(WORDS)}"]
        self.packages[package]["targets"][name] = target
        return label

    def path_of(self, label):
        return model.join(*model.split_label(label))

    def header(self, path, visible):
        lines = ["#pragma once", f"// {self.rng.choice(WORDS)}"]
        lines += [f'#include "{name}"' for name in visible if self.rng.random() < 0.6]
        self.files[path] = ["file", "\n".join(lines) + f"\nint {self.rng.choice(WORDS)};\n", False]

    def source(self, path, visible, extra):
        lines = [f'#include "{name}"' for name in visible if self.rng.random() < 0.8]
        self.files[path] = ["file", "\n".join(lines + extra) + f"\nint x = {self.rng.randrange(100)};\n", False]
