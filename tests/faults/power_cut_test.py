#!/usr/bin/env python3
"""The power fails at a random moment: what was committed stays, what is trusted is right, and cow builds on.

    tests/faults/power_cut_test.py [--cow PATH] [--store PATH] [--runs N] [--seed S] [--only store,build,control]

Rows 4, 5, 7. An ext4 on a loop device is shut down without its journal being written (EXT4_IOC_SHUTDOWN), mounted again and
looked at, as the next boot would. Half of the time some pages were written before, in any order. Needs root and loop devices.
The negative control is the same store without fdatasync: the checker must see that records are lost or mixed up.
"""
import argparse
import ctypes
import fcntl
import os
import pathlib
import random
import signal
import struct
import subprocess
import sys
import tempfile
import time

import scene

SHUTDOWN, WITHOUT_JOURNAL = 0x8004587D, 2  # EXT4_IOC_SHUTDOWN, EXT4_GOING_FLAGS_NOLOGFLUSH
WRITE_AND_WAIT = 1 | 2 | 4  # SYNC_FILE_RANGE_*
NO_SYNC = "int fdatasync(int fd) { return 0; }\nint fsync(int fd) { return 0; }\nint msync(void *a, unsigned long n, int f) { return 0; }\n"
libc = ctypes.CDLL(None, use_errno=True)


class Disk:
    """A file system that can lose its power."""

    def __init__(self, root, size="96M"):
        self.image, self.place = root / "disk.img", root / "disk"
        self.place.mkdir()
        subprocess.run(["truncate", "-s", size, str(self.image)], check=True)
        subprocess.run(["mkfs.ext4", "-q", "-F", str(self.image)], check=True)

    def mount(self):
        return subprocess.run(["mount", "-o", "loop", str(self.image), str(self.place)], capture_output=True, text=True)

    def cut(self):
        fd = os.open(self.place, os.O_RDONLY)
        fcntl.ioctl(fd, SHUTDOWN, struct.pack("I", WITHOUT_JOURNAL))
        os.close(fd)

    def unmount(self):
        """Until nobody has it mounted any more: a second mount of the same file system is as dead as the first."""
        for _ in range(400):
            subprocess.run(["umount", str(self.place)], capture_output=True)
            if not subprocess.run(["losetup", "-j", str(self.image)], capture_output=True).stdout:
                return
            time.sleep(0.05)
        sys.exit(f"{self.place} stays in use")

    def write_some_pages(self, rng, files):
        """As the kernel may at any time: pages of these files reach the disk, others do not."""
        for path in files:
            try:
                fd = os.open(path, os.O_RDONLY)
            except OSError:
                continue
            pages = max(1, os.fstat(fd).st_size // 4096)
            for page in rng.sample(range(pages), min(pages, 12)):
                libc.sync_file_range(fd, ctypes.c_int64(page * 4096), ctypes.c_int64(4096), WRITE_AND_WAIT)
            os.close(fd)


def files_to_write(cache, rng):
    blobs = [path for path in (cache / "cas").rglob("*") if path.is_file()]
    return [cache / "db/data.mdb"] * 2 + rng.sample(blobs, min(len(blobs), 20))


def store_survives(disk, store, number, rng, environment):
    """'' or what is broken, and how many records there were."""
    cache = disk.place / "cache"
    writer = subprocess.Popen([store, "write", str(cache), f"boot-{number}"], stdout=subprocess.PIPE, text=True, env=environment)
    time.sleep(0.1 + rng.random() * 0.5)
    if rng.random() < 0.6:
        disk.write_some_pages(rng, files_to_write(cache, rng))
    disk.cut()
    writer.send_signal(signal.SIGKILL)
    committed = [int(line) for line in writer.communicate()[0].split()]
    disk.unmount()
    mounted = disk.mount()
    if mounted.returncode != 0:
        return f"the file system cannot be mounted: {mounted.stderr}", 0
    checked = subprocess.run([store, "check", str(cache), f"boot-{number}-after"], capture_output=True, text=True)
    said = checked.stdout.strip()
    if checked.returncode != 0 or said.startswith("BROKEN") or not said:
        return f"{said or checked.stderr} (exit code {checked.returncode})", 0
    # Without a sync of the last page of meta data one commit may be lost, not two.
    if len(committed) > 1 and int(said) < committed[-2]:
        return f"{said} records, but {committed[-2]} were committed before the last commit", 0
    return "", int(said)


def stores(root, store, rng, runs, environment):
    """(what was broken, how many records were looked at); up to three cuts on each file system."""
    broken, records, run = [], 0, 0
    while run < runs:
        folder = pathlib.Path(tempfile.mkdtemp(dir=root))
        disk = Disk(folder)
        mounted = disk.mount()
        why = mounted.stderr if mounted.returncode else ""
        for _ in range(min(3, runs - run)):
            run += 1
            why, found = store_survives(disk, store, run, rng, environment) if not why else (why, 0)
            records += found
            if why:
                broken.append(why)
                break
        disk.unmount()
        disk.image.unlink()
    return broken, records


def builds(rng, options, runs):
    """Builds whose cache is cut off, each in a boot of its own."""
    place = scene.Scene("power", options.cow)
    disk = Disk(place.root, "192M")
    disk.mount()
    cache = disk.place / "cache"
    boot_file = place.root / "boot_id"
    cut = 0

    def boot(number):
        boot_file.write_text(f"{number:08x}-0000-4000-8000-000000000000\n")
        return ["unshare", "-m", "bash", "-ec", f'mount --bind {boot_file} /proc/sys/kernel/random/boot_id\nexec "$@"', "bash"]

    place.must_be_right("nothing", cache=cache, prefix=boot(0), leftovers=False)
    for run in range(runs):
        for _ in range(rng.randrange(3)):  # some work that was done before
            place.edit()
            place.must_be_right("an edit", cache=cache, prefix=boot(2 * run + 1), leftovers=False)
        place.edit()
        process = place.start(cache=cache, prefix=boot(2 * run + 1))
        time.sleep(rng.random() * 0.3)
        if rng.random() < 0.5:
            disk.write_some_pages(rng, files_to_write(cache, rng))
        disk.cut()
        cut += process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.communicate()
        disk.unmount()
        mounted = disk.mount()
        if mounted.returncode != 0:
            place.fail(f"cut {run}: {mounted.stderr}")
        if rng.random() < 0.5:
            subprocess.run(["rm", "-rf", str(place.work / "cow-out")], check=False)
        place.must_be_right(f"power cut {run} (seed {options.seed})", cache=cache, prefix=boot(2 * run + 2), leftovers=False)
    disk.unmount()
    place.close()
    return cut


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    build = scene.HERE.parents[1] / "build/release"
    parser.add_argument("--cow", default=str(build / "bin/cow"))
    parser.add_argument("--store", default=str(build / "tests/power_cut_store"))
    parser.add_argument("--runs", type=int, default=8, help="power cuts of each kind")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    parser.add_argument("--only", default="store,build,control")
    options = parser.parse_args()
    if scene.is_root() and "IN_OWN_MOUNTS" not in os.environ:
        # Where no process of somebody else holds what is mounted here.
        os.environ["IN_OWN_MOUNTS"] = "1"
        os.execvp("unshare", ["unshare", "-m", "--propagation", "private", sys.executable, *sys.argv])
    rng = random.Random(options.seed)
    with tempfile.TemporaryDirectory(prefix="cow-power-", dir="/var/tmp") as folder:
        root = pathlib.Path(folder)
        if not scene.is_root() or _no_loop(root):
            print("SKIPPED: power cuts need root and loop devices")
            sys.exit(1 if os.environ.get("COW_REQUIRE_TOOLS") == "1" else 0)
        if "store" in options.only:
            broken, records = stores(root, options.store, rng, options.runs, None)
            if broken:
                sys.exit(f"FAILED, seed {options.seed}: {len(broken)} of {options.runs} stores are broken: {broken[:3]}")
            print(f"{options.runs} power cuts of a store, {records} records looked at: none lost, mixed up or wrongly trusted (seed {options.seed})", flush=True)
        if "control" in options.only:
            library = root / "nosync.so"
            (root / "nosync.c").write_text(NO_SYNC)
            subprocess.run(["gcc", "-shared", "-fPIC", "-o", str(library), str(root / "nosync.c")], check=True)
            broken, _ = stores(root, options.store, rng, options.runs, {"LD_PRELOAD": str(library)})
            if not broken:
                sys.exit(f"FAILED, seed {options.seed}: {options.runs} power cuts of a store that does not sync, and nothing was seen: the test does not test")
            print(f"negative control without fdatasync: {len(broken)} of {options.runs} seen, as {broken[0][:80]!r}", flush=True)
    if "build" in options.only:
        cut = builds(rng, options, options.runs)
        print(f"{options.runs} power cuts, {cut} of them during a build: every next build right (seed {options.seed})", flush=True)


def _no_loop(root):
    folder = root / "probe"
    folder.mkdir()
    disk = Disk(folder, "16M")
    if disk.mount().returncode != 0:
        return True
    disk.unmount()
    return False


main()
