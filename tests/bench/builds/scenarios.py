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
    "branch": "a .c, a header that some use and a build file edited, built, and all edited back",
    "cold": "nothing changed, but the server was stopped (Bazel)",
    "warm": "outputs and state deleted, the cache kept (cow, ccache, bazel-disk)",
    "first": "as clean, and the machine's compiler is to be found out first (cow)",
}

# Guarded, because it lies behind the guard of the header.
CHANGE = "#ifndef BENCH_{n}\n#define BENCH_{n}\nstatic int bench_{n} __attribute__((used));\n#endif\n"
EDITS = {"leaf": "int bench_leaf_{n} = 1;\n", "mid": CHANGE, "central": CHANGE, "description": "# note {n}\n"}


def applies(scenario, system):
    if not system.builds:
        return scenario == "noop"
    if scenario == "warm":
        return system.has_cache
    if scenario == "cold":
        return system.has_server
    return scenario != "first" or (system.name.startswith("cow") and not system.workload.fake)


class Editor:
    """Changes the files of one tree, each time to what was never there before."""

    def __init__(self, system, project):
        self.system = system
        edited = dict(project.edited_files)
        description = system.description(edited["leaf"])
        if description:
            edited["description"] = description
        self.files = {role: pathlib.Path(system.folder, path) for role, path in edited.items()}
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
        elif scenario in ("leaf", "mid", "central"):
            self.append(scenario, EDITS[scenario])
        elif scenario == "comment":
            self.append("central", "// note {n}\n")
        elif scenario == "touch":
            os.utime(self.files["central"])
        elif scenario == "undo":
            self.edit_and_undo(["leaf"])
        elif scenario == "branch":
            self.edit_and_undo(self.files.keys() - {"central"})

    def edit_and_undo(self, roles):
        """Back to the text of the last build, which need not be the first."""
        before = {self.files[role]: self.files[role].read_text() for role in roles}
        for role in roles:
            self.append(role, EDITS[role])
        self.system.call(self.system.command())
        for path, text in before.items():
            path.write_text(text)
