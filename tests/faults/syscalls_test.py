#!/usr/bin/env python3
"""A system call of the engine or its helper fails, or kills the process: the build fails in order or succeeds, the next one is right.

    tests/faults/syscalls_test.py [--cow PATH] [--runs N] [--seed S] [--only kill,enospc,...]

Rows 2, 3, 10, 11, 12, 13. Needs strace. strace counts each system call of each thread on its own: `when=3` strikes the third
open and the third write of every thread, so one run may inject several times.
"""
import os
import random
import re
import shutil
import subprocess
import sys

import scene

WRITES = "write,pwrite64,pwritev,writev"
NAMES = "link,linkat,rename,renameat,renameat2,symlink,symlinkat,unlink,unlinkat,mkdir,mkdirat,rmdir"
OPENS = "open,openat,openat2"

# The dynamic linker's own calls, which come first, may end it as they like.
LINKER_CALLS = 40

# name: (calls, injection, what the struck build may end with, how often in ctest)
# Only what waits is interrupted in earnest, and the helper has no signal handlers: it may give up.
INJECTIONS = {
    "kill": (f"{WRITES},{NAMES},{OPENS},fsync,fdatasync,syncfs,fchmod,ftruncate,close,mmap,flock,clone3,sendmsg", "signal=KILL", (0, 1, 36, -9, 137), 16),
    "enospc": (f"{WRITES},link,linkat,fsync,fdatasync,ftruncate,mkdir,mkdirat,symlink,symlinkat,rename,renameat,renameat2", "error=ENOSPC", (0, 1, 36), 12),
    "eio_read": ("read,pread64,readv", "error=EIO", (0, 1, 36), 8),
    "eio_sync": ("fsync,fdatasync,syncfs,msync", "error=EIO", (0, 1, 36), 4),
    "eio_close": ("close", "error=EIO", (0, 1, 36), 6),
    "eintr": ("poll,recvmsg,recvfrom,sendmsg,flock", "error=EINTR", (0, 36), 10),
    "enomem": ("clone,clone3,memfd_create,timerfd_create,epoll_create1,pidfd_open,socketpair,pipe2,mount,open_tree", "error=ENOMEM", (0, 1, 36), 6),
    "emfile": (f"{OPENS},socketpair,pipe2,dup,fcntl,memfd_create", "error=EMFILE", (0, 1, 36), 8),
    "eacces": (f"{OPENS},{NAMES}", "error=EACCES", (0, 1, 36), 6),
}


def most_calls(place, calls):
    """How often one thread makes one of these calls at most, in a build that runs everything."""
    place.edit()
    log = place.root / "strace.log"
    place.build(prefix=["strace", "-f", "-qq", "-o", str(log), "-e", f"trace={calls}"])
    counts = {}
    for line in log.read_text(errors="replace").splitlines():
        call = re.match(r"(\d+) +(\w+)\(", line)
        if call:
            counts[call.groups()] = counts.get(call.groups(), 0) + 1
    log.unlink()
    return max(counts.values(), default=0)


def strike(place, name, calls, injection, when, codes):
    place.edit()
    log = place.root / "strace.log"
    built = place.build(prefix=["strace", "-f", "-qq", "-o", str(log), "-e", f"trace={calls}",
                                "-e", f"inject={calls}:{injection}:when={when}"])
    text = log.read_text(errors="replace")
    hit = "INJECTED" in text or "+++ killed by SIGKILL" in text
    what = f"{name} at call {when}"
    by_linker = built.code == 127 and "error while loading shared libraries" in built.err
    if not by_linker and built.code not in codes or "internal error" in built.err:
        place.fail(f"{what}: ended with {built.code}:\n{built.err[-2500:]}\n" +
                   "\n".join(line for line in text.splitlines() if "INJECTED" in line)[-1500:])
    if built.code == 0:
        place.compare(built, what)
    place.must_be_right(what)
    return hit, built.code


def main():
    options = scene.arguments(__doc__)
    if not shutil.which("strace"):
        print("SKIPPED: strace is not installed")
        sys.exit(1 if os.environ.get("COW_REQUIRE_TOOLS") == "1" else 0)
    rng = random.Random(options.seed)
    place = scene.Scene("syscalls", options.cow)
    if subprocess.run(["strace", "-f", "-qq", "-o", "/dev/null", "true"], capture_output=True).returncode != 0:
        print("SKIPPED: strace may not trace here")
        place.close()
        sys.exit(1 if os.environ.get("COW_REQUIRE_TOOLS") == "1" else 0)
    for _ in range(2):  # until what never changes is known
        place.must_be_right("nothing")
        place.edit()
    for name, (calls, injection, codes, usual) in INJECTIONS.items():
        if options.only and name not in options.only.split(","):
            continue
        most = most_calls(place, calls)
        runs = usual if options.runs == 0 else options.runs
        first = 1 if most < 2 * LINKER_CALLS else LINKER_CALLS
        moments = range(min(first, most), most + 1)
        if 0 <= runs < len(moments):
            # Few threads and calls get to the late moments.
            chosen = set()
            while len(chosen) < runs:
                chosen.add(moments[int(len(moments) * rng.random() ** 2)])
            moments = sorted(chosen)
        ends = {}
        struck = 0
        for when in moments:
            hit, code = strike(place, name, calls, injection, when, codes)
            struck += hit
            ends[code] = ends.get(code, 0) + 1
        if not struck or struck < len(moments) // 4:
            place.fail(f"{name}: only {struck} of {len(moments)} injections struck: the test does not test")
        shown = ", ".join(f"{count} ended with {code}" for code, count in sorted(ends.items()))
        print(f"{name}: {struck} of {most} moments: {shown}; every next build right (seed {options.seed})", flush=True)
    place.close()


main()
