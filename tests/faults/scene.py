"""A small workspace whose outputs the naive builder of oracle/ knows, for tests that do something bad to cow meanwhile."""
import argparse
import os
import pathlib
import random
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "oracle"))
sys.path.insert(0, str(HERE.parent / "support"))
import cowtest
import play

TEXTS = ["f0.txt", "f1.txt", "f2.txt", "p/f0.txt", "p/f1.txt"]


def _weave(out, srcs, op="mix"):
    return {"kind": "weave", "op": op, "out": f"{out}.out", "srcs": srcs, "salt": "s", "param": op == "head"}


def _state():
    """Eight processes, among them one that makes a tree, two files written by cow itself, and a link."""
    def file(name):
        return {"file": name}
    def label(name):
        return {"label": name}
    root = {
        "a": _weave("a", [file("f0.txt"), file("f1.txt")]),
        "b": _weave("b", [file("f1.txt"), {"glob": ["f*.txt"]}][1:]),
        "tree": _weave("tree", [label("//:a"), file("f2.txt")], "tree"),
        "note": {"kind": "note", "out": "note.out", "content": "a note", "program": True},
        "link": {"kind": "link", "out": "link.out", "srcs": [file("f0.txt")]},
        "d": _weave("d", [label("//:tree"), label("//p:c"), label("//:note"), label("//:link")]),
    }
    below = {
        "c": _weave("c", [file("f0.txt"), label("//:a"), label("//:b")]),
        "lib": {"kind": "cc_library", "srcs": [file("lib.c")], "hdrs": [file("lib.h")], "deps": []},
        "prog": {"kind": "cc_binary", "srcs": [file("prog.c")], "hdrs": [], "deps": ["//p:lib"]},
        "last": _weave("last", [label("//:d"), label("//p:prog")], "head"),
    }
    files = {name: ["file", f"{name}\n", False] for name in TEXTS}
    files.update({"p/lib.c": ["file", '#include "p/lib.h"\nint x;\n', False], "p/lib.h": ["file", "int lib;\n", False],
                  "p/prog.c": ["file", '#include "p/lib.h"\n', False]})
    return {"files": files, "packages": {"": {"targets": root, "broken": False, "remark": 0}, "p": {"targets": below, "broken": False, "remark": 0}},
            "rule_salt": "r", "macro_salt": "m", "tool": "1", "compiler": "1"}


STEP = {"patterns": ["//..."], "configuration": 0, "keep_going": False}


class Scene:
    """The workspace in two places, `tree0` and `tree1`, and a cache. What goes wrong ends the test with a message."""

    def __init__(self, name, cow):
        # Not below /tmp, which actions have one of their own of.
        self.root = pathlib.Path(tempfile.mkdtemp(prefix=f"cow-{name}-", dir="/var/tmp"))
        self.name, self.cow = name, str(pathlib.Path(cow).resolve())
        weave = self.root / "weave"
        subprocess.run(["gcc", "-O1", "-static", "-s", "-o", str(weave), str(HERE / "oracle/weave.c")], check=True)
        self.play = play.Play(self.root / "w", self.cow, weave, _state())
        self.cache = self.root / "w/cache"
        self.work = self.play.disks[0].root
        self.number = 0

    def edit(self, tree=0, texts=TEXTS):
        """Changes all sources, so that everything must run."""
        self.number += 1
        for name in texts:
            self.play.states[tree]["files"][name][1] = f"{name} {self.number}\n"
        for name in ("p/lib.h", "p/lib.c", "p/prog.c"):
            file = self.play.states[tree]["files"][name]
            file[1] = "\n".join(line for line in file[1].split("\n") if line.startswith("#")) + f"\nint v{self.number};\n"
        self.play.write(tree, "write")

    def start(self, tree=0, prefix=(), environment=None, cache=None, flags=(), step=STEP):
        command = self.play.command(step)
        command[2:2] = flags
        variables = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(self.root), "COW_CACHE_DIR": str(cache or self.cache), **(environment or {})}
        return subprocess.Popen([*prefix, *command], cwd=self.play.disks[tree].root, env=variables,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def build(self, tree=0, **how):
        """A build that may fail; returns how it ended."""
        process = self.start(tree, **how)
        out, err = process.communicate(timeout=300)
        try:
            return play.Built(process.returncode, out.decode(), err.decode("utf-8", "replace"))
        except ValueError:
            return play.Built(process.returncode, "", err.decode("utf-8", "replace") + out.decode("utf-8", "replace"))

    def compare(self, built, what, tree=0):
        """A build that ended well has the outputs of the naive builder."""
        try:
            self.play.compare(tree, self.play.naive(tree, STEP), built)
        except play.Wrong as wrong:
            self.fail(f"{what}: {wrong}\n{built.err[-2000:]}")

    def must_be_right(self, what, tree=0, leftovers=True, **how):
        """A build with nothing in its way."""
        built = self.build(tree, **how)
        if built.code != 0:
            self.fail(f"the build after {what} ended with {built.code}:\n{built.err[-3000:]}")
        self.compare(built, f"the build after {what}", tree)
        left = cowtest.leftovers(self.cache) if leftovers else []
        if left:
            self.fail(f"after {what}: left behind: {left}")
        return built

    def must_end_well(self, built, what, codes=(0, 1, 36)):
        """Whatever was in its way: a build succeeds and is right, or fails as a program that noticed something does."""
        if built.code not in codes or "internal error" in built.err:
            self.fail(f"{what}: ended with {built.code}:\n{built.err[-3000:]}")
        if built.code == 0:
            self.compare(built, what)

    def fail(self, text):
        sys.exit(f"FAILED {self.name}: {text}\n(kept: {self.root})")

    def close(self):
        subprocess.run(["rm", "-rf", str(self.root)], check=False)


def arguments(doc):
    """--cow PATH, --seed N, --runs N: how much of the test is done."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cow", default=str(HERE.parents[1] / "build/release/bin/cow"))
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    parser.add_argument("--runs", type=int, default=0, help="how often each injection is tried; 0: as often as in ctest, -1: at every call")
    parser.add_argument("--only", default="", help="names of injections, comma separated")
    return parser.parse_args()


def is_root():
    return os.geteuid() == 0
