#!/usr/bin/env python3
"""`cow why` names the cause of every rebuild: injects known causes into cells of a workspace, several cells at a time, and
compares what is told of each cell with what was done to it.

usage: why_test.py --cow COW [--causes 200] [--cells 12] [--seed N] [--keep]

Exit code 1 if fewer than 98 % of the causes are named exactly, or an answer takes too long.
"""
import argparse
import collections
import json
import os
import pathlib
import random
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "support"))
import cowtest

import causes
import workspace

WANTED = 0.98


def told(action):
    return {(cause["kind"], cause["name"], cause["before"], cause["after"]) for cause in action["root_causes"]}


def agrees(wanted, got):
    """Whether these are the same causes; one that says nothing of before and after means any."""
    if len(wanted) != len(got):
        return False
    return all(any(cause == one[:len(cause)] for one in got) for cause in wanted)


def problems(cause, answer, never_kept=False):
    """What is wrong with the answer for one cell; in one with an action whose results are never kept, it runs again."""
    wrong = []
    outputs = {}
    for action in answer["actions"]:
        if never_kept and {kind for kind, *_ in told(action)} == {"not_cacheable"}:
            continue
        outputs[action["output"].rsplit("/", 1)[1]] = action
    for name in cause.expected:
        if name != "*" and name not in outputs:
            wrong.append(f"nothing is told of {name}")
    for name, action in outputs.items():
        wanted = cause.expected.get(name, cause.expected.get("*"))
        if action["build"] != answer["last_build"]["number"]:
            wrong.append(f"{name} is told of another build")
        elif wanted is None:
            # Outputs that came out otherwise are inputs of others.
            wanted = next(iter(cause.expected.values()))
            if not agrees(wanted, told(action)):
                wrong.append(f"{name}: {sorted(told(action))} for {sorted(wanted)}")
        elif not agrees(wanted, told(action)):
            wrong.append(f"{name}: {sorted(told(action))} instead of {sorted(wanted)}")
        if cause.outcome and action["outcome"] != cause.outcome:
            wrong.append(f"{name} {action['outcome']}, not {cause.outcome}")
    return wrong if outputs else ["nothing is told of the cell"]


class Run:
    def __init__(self, options):
        self.rng = random.Random(options.seed)
        self.root = cowtest.temp_dir("why")
        self.cow = cowtest.Cow(os.path.dirname(options.cow), self.root / "cache")
        self.work = self.root / "work"
        self.cells = workspace.create(self.work, options.cells)
        self.injected = 0
        self.named = 0
        self.kinds = collections.Counter()
        self.slowest = 0.0

    def build(self, *flags):
        result = self.cow.run(self.work, "build", "--json", "-q", "-k", "//...", *flags, check=False)
        try:
            return json.loads(result.stdout)
        except ValueError:
            sys.exit(f"cow build ended with {result.returncode}:\n{result.stderr}")

    def why(self, *arguments):
        began = time.monotonic()
        answer = json.loads(self.cow.run(self.work, "why", "--json", *arguments).stdout)
        self.slowest = max(self.slowest, time.monotonic() - began)
        return answer

    def judge(self, kind, wrong):
        self.injected += 1
        self.kinds[kind] += 1
        self.named += not wrong
        for line in wrong:
            print(f"{kind}: {line}", flush=True)

    def round(self, digests):
        """One cause in each of some cells, and one build for all."""
        chosen = {}
        for cell in self.rng.sample(self.cells, k=max(1, len(self.cells) * 3 // 4)):
            change = self.rng.choice(causes.CAUSES)
            cause = change(cell, self.injected + len(chosen) + 10, self.rng)
            if cause is not None:
                chosen[cell] = (change.__name__, cause)
        for cell, (_, cause) in chosen.items():
            cell.write()
            if cause.prepare:
                cause.prepare(self.cow, self.work, digests)
        result = self.build()
        for cell, (name, cause) in chosen.items():
            self.judge(name, problems(cause, self.why(f"//{cell.name}:all"), bool(cell.requirements)))
        return cowtest.digests(result)

    def failure(self):
        """An action that fails runs again; when it is put right, the edit is the cause."""
        cell = self.rng.choice(self.cells)
        for wanted, content, outcome in (("input_changed", "FAIL\n", "failed"), ("failed_before", "FAIL\n", "failed"),
                                         ("input_changed", "right\n", "ran")):
            cell.texts["a.c"] = content
            cell.write()
            self.build()
            name = "" if wanted == "failed_before" else f"{cell.name}/a.c"
            cause = causes.Cause({"*": {(wanted, name)}}, outcome=outcome)
            self.judge(f"failure, {wanted}", problems(cause, self.why(f"//{cell.name}:main")))

    def undo(self):
        """An action that is found in the cache after its input was changed back tells that as well."""
        cell, other = self.rng.sample(self.cells, k=2)
        text = cell.texts["h.h"]
        for content, outcome in ((text + "more\n", "ran"), (text, "hit")):
            cell.texts["h.h"] = content
            cell.write()
            # The whole workspace has not been like this before: the build is not recalled.
            other.texts["in.txt"] += "more\n"
            other.write()
            self.build()
            cause = causes.Cause({"*": {("input_changed", f"{cell.name}/h.h")}}, outcome=outcome)
            self.judge("undo", problems(cause, self.why(f"//{cell.name}:main")))

    def everywhere(self):
        """A flag changes the actions of all cells. The builds after it find none of their actions in the cache."""
        for before, after in ("", "1"), ("1", "2"):
            self.build(f"--action_env=CELL_E={after}")
            wrong = []
            for cell in self.cells:
                cause = causes.Cause({"*": {("environment_changed", "CELL_E", before, after)}}, outcome="ran")
                wrong += problems(cause, self.why(f"//{cell.name}:gen"))
            self.judge("action_env", wrong)
        # From here on without the flag again.
        for cell in self.cells:
            cell.texts["in.txt"] = cell.texts["template.txt"] = cell.texts["h.h"] = "after the flag\n"
            cell.env["CELL_A"] = cell.copts[0] = cell.defines[0] = "after"
            cell.write()
        self.build()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cow", required=True)
    parser.add_argument("--causes", type=int, default=200)
    parser.add_argument("--cells", type=int, default=12)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    run = Run(options)
    began = time.monotonic()
    digests = cowtest.digests(run.build())
    summary = run.why()["causes"]
    if [cause["kind"] for cause in summary] != ["never_built"]:
        sys.exit(f"the first build has other causes than that nothing was built: {summary}")
    run.everywhere()
    run.failure()
    run.undo()
    while run.injected < options.causes:
        digests = run.round(digests)
    print(f"{run.named} of {run.injected} causes named exactly in {time.monotonic() - began:.0f} s, "
          f"the slowest answer took {run.slowest * 1000:.0f} ms")
    print(", ".join(f"{kind} {count}" for kind, count in sorted(run.kinds.items())))
    if not options.keep:
        cowtest.remove(run.root)
    else:
        print(run.root)
    sys.exit(run.named < WANTED * run.injected)


if __name__ == "__main__":
    main()
