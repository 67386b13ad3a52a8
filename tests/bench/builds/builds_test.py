#!/usr/bin/env python3
"""builds/run measures a project of three libraries: cow, ninja and make run the same actions, and cow none that it need
not.

    builds_test.py COW
"""
import json
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
COMPILATIONS = 31  # three libraries of ten sources, and a main.c
ACTIONS = COMPILATIONS + 4  # three archives and a program
BEHIND_MID = 23  # objects and archives of l00001 and l00002, and the program
EXPECTED = {
    "clean": {"cow": ACTIONS, "ninja": ACTIONS, "make": ACTIONS},
    "noop": {"cow": 0, "ninja": 0, "make": 0},
    "leaf": {"cow": 3, "ninja": 3, "make": 3},
    "comment": {"cow": COMPILATIONS, "ninja": ACTIONS, "make": ACTIONS},
    "touch": {"cow": 0, "ninja": ACTIONS, "make": ACTIONS},
    "undo": {"cow": 0, "ninja": 3, "make": 3},
    "branch": {"cow": 0, "ninja": BEHIND_MID, "make": BEHIND_MID},
    "warm": {"cow": 0},
}


def main():
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        path = pathlib.Path(folder, "figures.json")
        command = [sys.executable, str(HERE / "run"), "--workloads", "L3f", "--systems", "cow,ninja,make",
                   "--scenarios", ",".join(EXPECTED), "--quick", "--cow", sys.argv[1],
                   "--work", folder, "--json", str(path)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"run ended with {done.returncode}:\n{done.stderr}")
        figures = json.loads(path.read_text())["figures"]["L3f"]
    found = {scenario: {name: own["actions"] for name, own in systems.items()} for scenario, systems in figures.items()}
    if found != EXPECTED:
        sys.exit(f"actions: {found}\nexpected: {EXPECTED}")
    print("the same actions")


main()
