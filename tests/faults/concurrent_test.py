#!/usr/bin/env python3
"""Several cow commands at once, in one workspace and in several that share a cache, do not disturb each other; Ctrl-C leaves nothing.

usage: concurrent_test.py SOURCE_DIR BIN_DIR
"""
import pathlib
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "support"))
import cowtest


def main():
    root = cowtest.temp_dir("concurrent")
    cow = cowtest.Cow(sys.argv[2], root / "cache")
    works = [root / "a", root / "b"]
    for work in works:
        cowtest.genrule_workspace(work)

    running = [cow.start(work, "build", "//...", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
               for work in (works[0], works[0], works[1], works[1])]
    for process in running:
        _, err = process.communicate(timeout=300)
        if process.returncode != 0:
            sys.exit(f"a concurrent build ended with {process.returncode}: {err.decode()}")
    first, second = (cowtest.digests(cow.build(work, "//...")) for work in works)
    if first != second or not first:
        sys.exit("two workspaces with the same files got different outputs")
    again = cow.build(works[0], "//...")
    if again["actions"]["run"] != 0:
        sys.exit(f"{again['actions']['run']} actions ran again")

    for i in range(12):
        (works[0] / f"in{i}.txt").write_text(f"other {i}\n")
    process = cow.start(works[0], "build", "//...", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    time.sleep(0.5)
    asked = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    took = time.monotonic() - asked
    if process.returncode != 8 or b"build interrupted" not in err:
        sys.exit(f"after Ctrl-C: exit code {process.returncode}, expected 8: {err.decode()}")
    found = cowtest.leftovers(cow.cache)
    if found:
        sys.exit(f"Ctrl-C left behind: {found}")
    cow.build(works[0], "//...")
    cowtest.remove(root)
    print(f"4 builds at once agree; Ctrl-C ended the build in {took * 1000:.0f} ms and left nothing")


main()
