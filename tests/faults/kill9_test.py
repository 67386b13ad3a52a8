#!/usr/bin/env python3
"""kill -9 at random moments of a build: the next build succeeds, equals a clean one bit for bit, and leaves nothing behind.

usage: kill9_test.py SOURCE_DIR BIN_DIR [ROUNDS [SEED]]
"""
import pathlib
import random
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "support"))
import cowtest

ROUNDS = int(sys.argv[3]) if len(sys.argv) > 3 else 50
SEED = int(sys.argv[4]) if len(sys.argv) > 4 else random.randrange(1 << 30)


def main():
    rng = random.Random(SEED)
    root = cowtest.temp_dir("kill9")
    work = root / "work"
    cowtest.genrule_workspace(work)
    clean = cowtest.Cow(sys.argv[2], root / "clean-cache")
    cow = cowtest.Cow(sys.argv[2], root / "cache")
    for builder in (cow, clean):  # so that the kills hit the build, not the capture of the host's shell
        builder.build(work, "//...")
    for i in range(12):
        (work / f"in{i}.txt").write_text(f"everything changed {i}\n")
    started = time.monotonic()
    clean.build(work, "//...")
    length = time.monotonic() - started

    killed = 0
    for round_number in range(ROUNDS):
        for i in range(12):
            (work / f"in{i}.txt").write_text(f"round {round_number} {rng.random()}\n")
        process = cow.start(work, "build", "//...", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(rng.random() * length)
        killed += process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait()

        after = cowtest.digests(cow.build(work, "//..."))
        reference = cowtest.digests(clean.build(work, "//..."))
        if after != reference or not after:
            sys.exit(f"seed {SEED}, round {round_number}: outputs differ from a clean build")
        if any(cowtest.file_digests(work)[path] != digest for path, digest in after.items()):
            sys.exit(f"seed {SEED}, round {round_number}: files in cow-out are not what was reported")
        found = cowtest.leftovers(cow.cache)
        if found:
            sys.exit(f"seed {SEED}, round {round_number}: left behind: {found}")
    if killed < ROUNDS // 3:
        sys.exit(f"seed {SEED}: only {killed} of {ROUNDS} kills hit a running build: the test does not test")
    fresh = cowtest.Cow(sys.argv[2], root / "fresh-cache")
    if cowtest.digests(fresh.build(work, "//...")) != reference:
        sys.exit(f"seed {SEED}: the reference differs from a build with an empty cache")
    cowtest.remove(root)
    print(f"{ROUNDS} rounds, {killed} builds killed, every next build equal to a clean one (seed {SEED})")


main()
