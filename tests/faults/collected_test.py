#!/usr/bin/env python3
"""`cow cache gc` takes everything it may, again and again, beside four builds: they end well, with the right outputs.

usage: collected_test.py SOURCE_DIR BIN_DIR
"""
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "support"))
import cowtest

ROUNDS = 4


def gc(cow, root):
    done = cow.start(root, "cache", "gc", "--disk_cache_max=1K", "--json", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, err = done.communicate(timeout=120)
    if done.returncode != 0:
        sys.exit(f"cow cache gc ended with {done.returncode}: {err.decode()}")
    return json.loads(out)


def edit(works, number):
    # Half of the inputs: the other half must be found, or made again if it was taken.
    for work in works:
        for i in range(0, 12, 2):
            (work / f"in{i}.txt").write_text(f"round {number} of {i}\n")


def main():
    root = cowtest.temp_dir("collected")
    cow = cowtest.Cow(sys.argv[2], root / "cache")
    plain = cowtest.Cow(sys.argv[2], root / "plain")
    works = [root / name for name in "abcd"]
    for work in works:
        cowtest.genrule_workspace(work)
    taken = in_use = collections = 0
    for number in range(ROUNDS):
        edit(works, number)
        running = [cow.start(work, "build", "//...", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for work in works]
        while any(process.poll() is None for process in running):
            found = gc(cow, root)
            taken += found["removed_blobs"]
            in_use += found["in_use_bytes"]
            collections += 1
        for process in running:
            _, err = process.communicate(timeout=300)
            if process.returncode != 0:
                sys.exit(f"a build beside cow cache gc ended with {process.returncode}: {err.decode()}")
        expected = cowtest.digests(plain.build(works[0], "//..."))
        for work in works:
            if cowtest.digests(cow.build(work, "//...")) != expected or not expected:
                sys.exit(f"round {number}: a build beside cow cache gc made something else")
    if not taken or not in_use:
        sys.exit(f"{collections} collections took {taken} blobs and left {in_use} bytes to running builds: nothing was tried")
    if not gc(cow, root)["bytes_after"] < gc(plain, root)["bytes_before"]:
        sys.exit("a collected cache is no smaller")
    for work in works:
        if cowtest.digests(cow.build(work, "//...")) != expected:
            sys.exit("after the last collection a build made something else")
    cowtest.remove(root)
    print(f"{ROUNDS * len(works)} builds beside {collections} collections, which took {taken} blobs, agree")


main()
