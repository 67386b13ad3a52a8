#!/usr/bin/python3 -B
"""Starts the main file of a py_binary or py_test with its search path."""
import os
import sys

# Filled in by the rule; all relative to the tree of runfiles.
MAIN = "%MAIN%"
IMPORTS = [path for path in "%IMPORTS%".split(":") if path]
WORKSPACE = "%WORKSPACE%"


def runfiles():
    """The tree beside this program, or the one it lies in."""
    for here in (os.path.abspath(__file__), os.path.realpath(__file__)):
        if os.path.isdir(here + ".runfiles"):
            return here + ".runfiles"
        place, mark, _ = here.rpartition(".runfiles/")
        if mark:
            return place + ".runfiles"
    sys.exit("%s: moved away from the files it needs" % __file__)


top = runfiles()
repositories = sorted(name for name in os.listdir(top) if os.path.isdir(os.path.join(top, name)))
path = [top] + [os.path.join(top, one) for one in IMPORTS + [WORKSPACE] + repositories]
if os.environ.get("PYTHONPATH"):
    path.append(os.environ["PYTHONPATH"])
os.environ["PYTHONPATH"] = ":".join(dict.fromkeys(path))
os.environ["RUNFILES_DIR"] = top
os.execv(sys.executable, [sys.executable, "-B", os.path.join(top, MAIN)] + sys.argv[1:])
