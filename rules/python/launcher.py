#!/usr/bin/python3 -B
"""Starts the main file of a py_binary or py_test with its search path."""
import os
import sys

# Filled in by the rule; all relative to the execution root.
PLACES = "%PLACES%".split(":")
MAIN = "%MAIN%".split(":")
IMPORTS = "%IMPORTS%".split(":")
BIN = "%BIN%"


def root():
    here = os.path.abspath(__file__)
    for place in PLACES:
        if here.endswith("/" + place):
            return here[: -len(place) - 1]
    sys.exit("%s: moved away from the files it needs" % here)


top = root()
path = [os.path.join(top, base, one).rstrip("/") for one in IMPORTS for base in ("", BIN)]
if os.environ.get("PYTHONPATH"):
    path.append(os.environ["PYTHONPATH"])
os.environ["PYTHONPATH"] = ":".join(dict.fromkeys(path))
main = next(file for file in (os.path.join(top, one) for one in MAIN) if os.path.exists(file))
os.execv(sys.executable, [sys.executable, "-B", main] + sys.argv[1:])
