#!/usr/bin/env python3
"""The cache is damaged, full, read-only, moved, of another boot, used by many: cow says so or makes it again, and is never wrong.

    tests/faults/storage_test.py [--cow PATH] [--runs N] [--seed S] [--only NAME,...]

Rows 8, 9, 13, 14, 15, 16, 17, 20, 21, 22, 24, 25, 26. What needs root is skipped, loudly, without it.
"""
import mmap
import os
import pathlib
import random
import resource
import shutil
import signal
import subprocess
import time

import scene

CLOCK = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
int clock_gettime(clockid_t id, struct timespec *now) {
  static int (*real)(clockid_t, struct timespec *);
  if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
  const int code = real(id, now);
  const char *offset = getenv("CLOCK_OFFSET");
  if (id == CLOCK_REALTIME && offset) now->tv_sec += atol(offset);
  return code;
}
"""


def blobs(place):
    return sorted(path for path in (place.cache / "cas").rglob("*") if path.is_file())


def write_in_place(path, data):
    """Changes bytes and keeps inode, size where possible, and mtime."""
    info = path.stat()
    path.chmod(0o600)
    with open(path, "r+b") as file:
        file.write(data)
        file.truncate()
    path.chmod(info.st_mode & 0o777)
    os.utime(path, ns=(info.st_atime_ns, info.st_mtime_ns))


def without_outputs(place):
    shutil.rmtree(place.work / "cow-out", ignore_errors=True)


# --- what happens to blobs and records

def flipped_blobs(place, rng, runs):
    for _ in range(runs or 8):
        for path in rng.sample(blobs(place), 4):
            data = bytearray(path.read_bytes())
            if data:
                data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
                write_in_place(path, bytes(data))
        without_outputs(place)
        place.must_be_right("bits of four blobs were flipped")
    return f"{runs or 8} times four blobs"


def spoiled_blobs(place, rng, runs):
    ways = {"truncated": lambda path, other: write_in_place(path, path.read_bytes()[:-1]),
            "emptied": lambda path, other: write_in_place(path, b""),
            "zeroed": lambda path, other: write_in_place(path, b"\0" * path.stat().st_size),
            "swapped": _swap, "deleted": lambda path, other: path.unlink(),
            "made a directory": lambda path, other: (path.unlink(), path.mkdir()),
            "made a link": lambda path, other: (path.unlink(), path.symlink_to(other))}
    for name, spoil in ways.items():
        for _ in range(runs or 2):
            one, other = rng.sample(blobs(place), 2)
            spoil(one, other)
            without_outputs(place)
            place.must_be_right(f"a blob was {name}")
    return f"{len(ways)} ways"


def _swap(one, other):
    between = one.with_name("between")
    os.rename(one, between)
    os.rename(other, one)
    os.rename(between, other)


def spoiled_database(place, rng, runs):
    data, lock = place.cache / "db/data.mdb", place.cache / "db/lock.mdb"

    def flip(count, low=0):
        bytes_of = bytearray(data.read_bytes())
        for _ in range(count):
            bytes_of[rng.randrange(low, len(bytes_of))] ^= 1 << rng.randrange(8)
        data.write_bytes(bytes_of)

    def page():
        bytes_of = bytearray(data.read_bytes())
        at = rng.randrange(len(bytes_of) // 4096) * 4096
        bytes_of[at:at + 4096] = rng.randbytes(4096) if rng.random() < 0.5 else bytes(4096)
        data.write_bytes(bytes_of)

    ways = {"one bit": lambda: flip(1), "a hundred bits": lambda: flip(100), "a page": page, "cut": lambda: os.truncate(data, data.stat().st_size // 2),
            "empty": lambda: data.write_bytes(b""), "gone": data.unlink, "lock is garbage": lambda: lock.write_bytes(rng.randbytes(8192)),
            "lock is gone": lock.unlink, "all garbage": lambda: data.write_bytes(rng.randbytes(65536)),
            "header of another format": lambda: data.write_bytes(data.read_bytes()[:16] + b"\\x01\\x02\\x03\\x04" + data.read_bytes()[20:])}
    tried = 0
    for name, spoil in ways.items():
        for _ in range((runs or 4) if name in ("one bit", "a hundred bits", "a page") else 1):
            spoil()
            tried += 1
            if rng.random() < 0.5:
                place.edit()
            place.must_be_right(f"the database was spoiled: {name}")
    return f"{tried} spoiled databases"


# --- places that are full or not for us

def _mounted(command):
    """In a mount namespace of its own: `command` is a shell script."""
    return ["unshare", "-m", "bash", "-ec", command + '\nexec "$@"', "bash"]


def full_disks(place, rng, runs):
    if not scene.is_root():
        return None
    tried = 0
    for where in ("cache", "cache/db", "cow-out"):
        folder = place.work / "cow-out" if where == "cow-out" else place.root / "w" / where
        for size in sorted(rng.sample(range(8, 3000), runs or 3)) + [4]:
            place.edit()
            folder.mkdir(parents=True, exist_ok=True)
            # Everything that is there, and so much room more.
            script = f"mkdir -p {place.root}/was && mount --bind {folder} {place.root}/was && mount -t tmpfs -o size=100m,mode=700 tmpfs {folder} && " \
                     f"cp -a {place.root}/was/. {folder}/ && mount -o remount,size=$(( $(du -sk {folder} | cut -f1) + {size} ))k {folder}"
            built = place.build(prefix=_mounted(script))
            what = f"{where} on a disk with {size} KiB left"
            # What was written to cow-out went with its mount.
            if built.code != 0 or where != "cow-out":
                place.must_end_well(built, what)
            if built.code == 36 and not any(word in built.err for word in ("space", "full", "ENOSPC")):
                place.fail(f"{what}: the message does not say that the disk is full:\n{built.err[-1500:]}")
            place.must_be_right(what)
            tried += 1
    return f"{tried} full disks"


def forbidden_caches(place, rng, runs):
    """A cache that may not be written, belongs to somebody else, or that others may write to: refused, and left alone."""
    tried = 0
    if scene.is_root():
        built = place.build(prefix=_mounted(f"mount --bind {place.cache} {place.cache} && mount -o remount,ro,bind {place.cache}"))
        place.must_end_well(built, "a cache that is mounted read-only", (0, 36))
        os.chown(place.cache, 65534, 65534)
        built = place.build()
        os.chown(place.cache, 0, 0)
        if built.code != 36:
            place.fail(f"a cache of somebody else: ended with {built.code}:\n{built.err[-1500:]}")
        tried += 2
    place.cache.chmod(0o777)
    built = place.build()
    place.cache.chmod(0o700)
    if built.code != 36 or "write" not in built.err:
        place.fail(f"a cache everybody may write to: ended with {built.code}:\n{built.err[-1500:]}")
    place.must_be_right("a forbidden cache")
    return f"{tried + 1} caches refused"


def little_memory_and_files(place, rng, runs):
    for what, limit, values in (("open files", "--nofile", [8, 10, 12, 16, 20, 24, 32, 48]), ("address space", "--as", [30 << 20, 60 << 20, 120 << 20, 250 << 20, 1 << 30]),
                                ("size of files", "--fsize", [4096, 65536, 1 << 20])):
        if limit in ("--as", "--nofile") and os.environ.get("COW_SANITIZER"):
            continue  # a sanitizer reserves terabytes, and needs a descriptor to tell an object from none
        for value in values:
            place.edit()
            built = place.build(prefix=["prlimit", f"{limit}={value}", "--"])
            place.must_end_well(built, f"{what} limited to {value}", (0, 1, 36, 127, -6, -25))
            place.must_be_right(f"{what} limited to {value}")
    return "16 limits"


# --- other boots, places, clocks

def _boot(place, name):
    path = place.root / "boot_id"
    path.write_text(f"{name}-0000-4000-8000-000000000000\n")
    return _mounted(f"mount --bind {path} /proc/sys/kernel/random/boot_id")


def another_boot(place, rng, runs):
    """What the page cache held when the power went is gone: files are short, empty or others."""
    if not scene.is_root():
        return None
    for number in range(runs or 6):
        place.edit()
        place.must_be_right("a new boot", prefix=_boot(place, f"{number:08x}"), leftovers=False)
        for path in rng.sample(blobs(place), 6):
            data = path.read_bytes()
            # As a journal that was replayed leaves it: no time tells.
            write_in_place(path, rng.choice([b"", data[:len(data) // 2], bytes(len(data)), data]))
        if rng.random() < 0.5:
            without_outputs(place)
        place.must_be_right("a boot after a power cut", prefix=_boot(place, f"{number:08x}"[:7] + "f"), leftovers=False)
    return f"{runs or 6} boots"


def moved_caches(place, rng, runs):
    for number, command in enumerate((["cp", "-a"], ["cp", "-r"], ["mv"])):
        place.must_be_right("nothing")
        copy = place.root / f"copy{number}"
        subprocess.run([*command, str(place.cache), str(copy)], check=True)
        if command[0] == "cp":
            path = rng.choice(blobs(place))
            copied = copy / path.relative_to(place.cache)
            write_in_place(copied, path.read_bytes()[:-1])
        without_outputs(place)
        built = place.must_be_right(f"{' '.join(command)} of the cache", cache=copy)
        if len(built.ran) > 4:
            place.fail(f"after {' '.join(command)} of the cache {built.ran} ran again: its results were not found")
        place.edit()
        place.must_be_right("an edit with the moved cache", cache=copy)
        if command == ["mv"]:
            os.rename(copy, place.cache)
    return "3 moves"


def wrong_clocks(place, rng, runs):
    library = place.root / "clock.so"
    (place.root / "clock.c").write_text(CLOCK)
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", str(library), str(place.root / "clock.c"), "-ldl"], check=True)
    offsets = [0, -365 * 86400, 0, 365 * 86400, 0, -1, 1, -3600, 0, 3600]
    for number in range(runs or 20):
        offset = offsets[number % len(offsets)]
        environment = {"LD_PRELOAD": str(library), "CLOCK_OFFSET": str(offset)}
        if rng.random() < 0.7:
            place.edit(texts=rng.sample(scene.TEXTS, 2))
        if rng.random() < 0.3:
            os.utime(place.work / "f0.txt", (time.time() + offset, time.time() + offset))
        place.must_be_right(f"the clock was off by {offset} s", environment=environment)
    return f"{runs or 20} builds"


def mapped_writers(place, rng, runs):
    """A source is written through a mapping, which no time of the file tells of: --paranoid sees it, and so do builds after."""
    source = place.work / "f0.txt"
    place.must_be_right("nothing")
    untold = missed = 0
    with open(source, "r+b") as file, mmap.mmap(file.fileno(), 0) as mapping:
        def store(number):
            text = f"{number % 10}" + mapping[1:].decode()
            mapping[:] = text.encode()
            place.play.states[0]["files"]["f0.txt"][1] = text
        for number in range(runs or 6):
            store(2 * number)
            time.sleep(0.1)  # old enough for its times to be believed
            place.must_be_right("a first store", flags=["--paranoid"])
            place.must_be_right("a first store")
            before = os.stat(source)
            store(2 * number + 1)
            after = os.stat(source)
            untold += (before.st_mtime_ns, before.st_ctime_ns) == (after.st_mtime_ns, after.st_ctime_ns)
            missed += rng.random() < 0.5 and not place.build().ran
            place.must_be_right("a store that no time tells of", flags=["--paranoid"])
            place.must_be_right("a build that saw it")
            without_outputs(place)
            place.must_be_right("a build that saw it, and without outputs")
    if not untold:
        place.fail("all stores changed the times of the file: the test does not test")
    return f"{untold} of {runs or 6} stores untold by times, {missed} missed without --paranoid"


# --- many at once

def _wait_for_session(place, process):
    """Until it has begun its session, which is after it opened the database."""
    own = f"{place.cache}/tmp/{process.pid}-"
    while process.poll() is None:
        try:
            if any(os.readlink(entry).startswith(own) for entry in os.scandir(f"/proc/{process.pid}/fd")):
                return
        except OSError:
            pass  # closed meanwhile


def stopped_processes(place, rng, runs):
    """A cow that stands still (Ctrl-Z) holds up nobody who writes nothing, and others only until it goes on.

    Once it has its database open: while one opens it, others wait to."""
    place.must_be_right("nothing", 1)
    time.sleep(0.1)
    place.must_be_right("nothing", 1)  # from now on there is nothing to note down
    for _ in range(runs or 10):
        place.edit()
        stopped = place.start()
        _wait_for_session(place, stopped)
        time.sleep(rng.random() * 0.15)
        stopped.send_signal(signal.SIGSTOP)
        other = place.start(1)
        try:
            other.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            stopped.send_signal(signal.SIGCONT)
            place.fail("a stopped cow keeps a build without changes from ending")
        place.edit(1, texts=["f0.txt"])
        other = place.start(1)
        time.sleep(0.2)
        stopped.send_signal(signal.SIGCONT)
        for process in (stopped, other):
            err = process.communicate(timeout=60)[1]
            if process.returncode != 0:
                place.fail(f"a stopped cow, or one beside it, ended with {process.returncode}:\n{err.decode()}")
        place.must_be_right("a cow was stopped", leftovers=False)
        place.must_be_right("a cow was stopped", 1, leftovers=False)
        time.sleep(0.1)
        place.must_be_right("a cow was stopped", 1, leftovers=False)
    return f"{runs or 10} stopped"


def many_engines(place, rng, runs):
    """Eight at once in two workspaces with one cache, some of them killed."""
    killed = 0
    for _ in range(runs or 3):
        place.edit()
        place.edit(1)
        running = [(tree, place.start(tree)) for tree in (0, 1) * 4]
        time.sleep(rng.random() * 0.4)
        for _, process in rng.sample(running, 3):
            killed += process.poll() is None
            process.send_signal(signal.SIGKILL)
        for tree, process in running:
            out, err = process.communicate(timeout=120)
            if process.returncode not in (0, -9):
                place.fail(f"one of eight builds ended with {process.returncode}:\n{err.decode()}")
            if process.returncode == 0:
                place.compare(scene.play.Built(0, out.decode(), err.decode()), "one of eight builds", tree)
        place.must_be_right("eight builds")
        place.must_be_right("eight builds", 1)
    return f"{runs or 3} times eight, {killed} killed"


def two_installations(place, rng, runs):
    """Another cow, at another place, in turns with this one."""
    own = pathlib.Path(place.cow)
    other = place.root / "other"
    (other / "share/cow").mkdir(parents=True)
    shutil.copytree(own.parent, other / "bin")
    rules = own.parents[3] / "rules"
    shutil.copytree(rules if rules.is_dir() else own.parents[1] / "share/cow/rules", other / "share/cow/rules")
    for number in range(runs or 6):
        place.play.cow = str(other / "bin/cow") if number % 2 else place.cow
        if number % 3:
            place.edit()
        place.must_be_right("another installation of cow")
    place.play.cow = place.cow
    return f"{runs or 6} turns"


CHECKS = [flipped_blobs, spoiled_blobs, spoiled_database, full_disks, forbidden_caches, little_memory_and_files, another_boot, moved_caches,
          wrong_clocks, mapped_writers, stopped_processes, many_engines, two_installations]


def main():
    options = scene.arguments(__doc__)
    rng = random.Random(options.seed)
    place = scene.Scene("storage", options.cow)
    place.must_be_right("nothing")
    for check in CHECKS:
        if options.only and check.__name__ not in options.only.split(","):
            continue
        begin = time.monotonic()
        done = check(place, rng, max(0, options.runs))
        print(f"{check.__name__}: {done} (seed {options.seed}, {time.monotonic() - begin:.0f} s)" if done else f"SKIPPED: {check.__name__} needs root", flush=True)
    place.close()


main()
