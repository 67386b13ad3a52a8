"""What happens between two builds."""
import itertools
import os
import pathlib

DESCRIPTIONS = {
    "clean": "no outputs, no state, no cache",
    "noop": "nothing changed; a process that starts from nothing (Bazel: with its server warm)",
    "leaf": "a definition more in one .c",
    "mid": "a header that some use changed, and the objects with it",
    "comment": "a comment more in the header that everything includes; all objects come out the same",
    "touch": "only a new time of that header",
    "central": "that header changed, and all objects with it",
    "undo": "a .c edited, built, and edited back",
    "cold": "nothing changed, but the server was stopped (Bazel)",
    "warm": "outputs and state deleted, the cache kept (cow, ccache, bazel-disk)",
    "first": "as clean, and the machine's compiler is to be found out first (cow)",
}

# Guarded, because it lies behind the guard of the header.
CHANGE = "#ifndef BENCH_{n}\n#define BENCH_{n}\nstatic int bench_{n} __attribute__((used));\n#endif\n"


def applies(scenario, system):
    if not system.builds:
        return scenario == "noop"
    if scenario == "warm":
        return system.has_cache
    if scenario == "cold":
        return system.has_server
    return scenario != "first" or (system.name == "cow" and not system.workload.fake)


class Editor:
    """Changes the files of one tree, each time to what was never there before."""

    def __init__(self, system, project):
        self.system = system
        self.files = {role: pathlib.Path(system.folder, path) for role, path in project.edited_files.items()}
        self.originals = {path: path.read_text() for path in self.files.values()}
        self.serials = itertools.count(1)

    def append(self, role, text):
        path = self.files[role]
        path.write_text(self.originals[path] + text.format(n=next(self.serials)))

    def prepare(self, scenario):
        """Brings a tree that is built to where the measured build starts."""
        system = self.system
        if scenario in ("clean", "first", "warm"):
            system.delete_outputs()
        if scenario == "clean":
            system.drop_cache()
        elif scenario == "first":
            system.forget_everything()
        elif scenario == "cold":
            system.stop_server()
        elif scenario == "leaf":
            self.append("leaf", "int bench_leaf_{n} = 1;\n")
        elif scenario == "mid":
            self.append("mid", CHANGE)
        elif scenario == "central":
            self.append("central", CHANGE)
        elif scenario == "comment":
            self.append("central", "// note {n}\n")
        elif scenario == "touch":
            os.utime(self.files["central"])
        elif scenario == "undo":
            self.edit_and_undo()

    def edit_and_undo(self):
        """Back to the text of the last build, which need not be the first."""
        path = self.files["leaf"]
        before = path.read_text()
        self.append("leaf", "int bench_leaf_{n} = 1;\n")
        self.system.call(self.system.command())
        path.write_text(before)
