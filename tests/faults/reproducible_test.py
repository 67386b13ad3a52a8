#!/usr/bin/env python3
"""Two clones at different paths, with different time zone, locale, umask, user, home, and time: the same sha256 for every output of //...

usage: reproducible_test.py SOURCE_DIR BIN_DIR
"""
import os
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "support"))
import cowtest

NOBODY = 65534


def clone(source, target, stamp):
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("cow-out", "cow-bin"), symlinks=True)
    for path in [target, *target.rglob("*")]:
        os.utime(path, (stamp, stamp), follow_symlinks=False)


def main():
    source = pathlib.Path(sys.argv[1]) / "examples/cowabunga"
    root = cowtest.temp_dir("repro")
    root.chmod(0o755)
    # cow and its rules at two places as well: neither may show in any output.
    places = [root / "x", root / "a/much/deeper/place with space"]
    for place in places:
        place.mkdir(parents=True)
        clone(source, place / "ws", 1_000_000_000 if place == places[0] else 1_700_000_000)
        (place / "share/cow").mkdir(parents=True)
        shutil.copytree(sys.argv[2], place / "bin")
        shutil.copytree(pathlib.Path(sys.argv[1]) / "rules", place / "share/cow/rules")
    first = cowtest.Cow(places[0] / "bin", root / "cache1", {"TZ": "Asia/Tokyo", "LANG": "C.UTF-8", "USER": "one"},
                        ["bash", "-c", 'umask 022; exec "$0" "$@"'])
    prefix = ["bash", "-c", 'umask 077; exec "$0" "$@"']
    other_user = os.getuid() == 0
    if other_user:
        os.chown(root, NOBODY, NOBODY)
        subprocess.run(["chown", "-R", f"{NOBODY}:{NOBODY}", str(root / "a")], check=True)
        prefix += ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    second = cowtest.Cow(places[1] / "bin", root / "cache2", {"TZ": "America/New_York", "LC_ALL": "tr_TR.UTF-8", "USER": "two", "JUNK": "x"},
                         prefix)
    results = [cow.build(place / "ws", "//...") for cow, place in zip((first, second), places)]
    one, two = (cowtest.digests(result) for result in results)
    differing = sorted(path for path in one.keys() | two.keys() if one.get(path) != two.get(path))
    if differing or not one:
        sys.exit(f"outputs differ: {differing}")
    on_disk = [cowtest.file_digests(place / "ws" / "cow-bin") for place in places]
    if on_disk[0] != on_disk[1] or not on_disk[0]:
        sys.exit("files below cow-bin differ: " + str(sorted(set(on_disk[0].items()) ^ set(on_disk[1].items()))[:6]))
    cowtest.remove(root)
    print(f"{len(one)} outputs, {len(on_disk[0])} files: equal" + ("" if other_user else " (not root: both builds ran as one user)"))


main()
