#!/usr/bin/env python3
"""The false hits of compiler caches: change only one thing, and the action runs again, or was refused from the start.

usage: run_test.py SOURCE_DIR BIN_DIR

All cases are packages of one workspace. It is built, changed, built again: every changed package must run actions and no
other may; outputs must be those of a clean build at another place with an empty cache; undone, nothing runs.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "support"))
sys.path.insert(0, str(HERE))
import cowtest
from cases import CASES, REFUSED


def put(path, content, outside):
    if path.is_symlink() or content is None:
        path.unlink()
    if content is None:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, tuple):
        path.symlink_to(content[1])
    else:
        path.write_text(content.replace("$OUTSIDE", str(outside)))


def write(work, outside):
    (work / "WORKSPACE.cow").write_text('workspace(name = "false_hits")\n')
    for case in [*CASES, *REFUSED]:
        folder = work / case.name
        put(folder / "BUILD.cow", case.build, outside)
        for name, content in case.files.items():
            put(folder / name, content, outside)
        for name, target in getattr(case, "links", {}).items():
            put(folder / name, ("link", target), outside)
    (work / "header_behind_a_link/link").symlink_to(outside)


def change(work, outside):
    for case in CASES:
        for name, content in case.after.items():
            put(work / case.name / name, content, outside)


def undo(work, outside):
    for case in CASES:
        before = {**case.files, **{name: ("link", target) for name, target in case.links.items()}, "BUILD.cow": case.build}
        for name in case.after:
            put(work / case.name / name, before.get(name), outside)


def build(cow, work, outside):
    """{package: files}, {package: actions run}, stderr. Everything is asked for in spite of what is refused."""
    environment = {**cow.env, "PATH": f"{outside}:{cow.env['PATH']}", "CPATH": str(outside), "C_INCLUDE_PATH": str(outside)}
    done = subprocess.run([cow.bin, "build", "-k", "-s", "--json", "--progress=no", "//..."], cwd=work, env=environment,
                          capture_output=True, text=True)
    if done.returncode != 1:  # because of those that are refused
        sys.exit(f"exit code {done.returncode}:\n{said(done.stderr)}")

    result = json.loads(done.stdout)
    files = {}
    for target in result["targets"]:
        if target["ok"]:
            package = target["label"][2:].partition(":")[0]
            files.setdefault(package, {}).update({file["path"]: file["sha256"] for file in target["files"]})
    ran = {}
    for package in re.findall(r"^# //([^:]*):\S* \[", done.stderr, re.MULTILINE):
        ran[package] = ran.get(package, 0) + 1
    return files, ran, done.stderr


def said(err):
    """Without progress and commands."""
    return "\n".join(line for line in err.splitlines() if not re.match(r"\[|# //|/usr/bin/|  command:", line))


def check_programs(work, which, files, problems):
    for case in CASES:
        program = next((path for path in files.get(case.name, {}) if path.endswith("/t")), None)
        if case.prints and program:
            said = subprocess.run([str(work / program)], capture_output=True, text=True).stdout.strip()
            if said != case.prints[which]:
                problems.append(f"{case.name}: says {said!r}, expected {case.prints[which]!r}")


def main():
    root = cowtest.temp_dir("false-hits")
    outside = pathlib.Path("/var/tmp") / root.name  # actions have a /tmp of their own in any case
    outside.mkdir()
    (outside / "outside.h").write_text("#define OUTSIDE 1\n")
    (outside / "outside-tool").write_text("#!/bin/sh\necho outside\n")
    (outside / "outside-tool").chmod(0o755)
    work, cow, problems = root / "work", cowtest.Cow(sys.argv[2], root / "cache"), []
    (root / "outside.h").write_text("#define OUTSIDE 1\n")
    work.mkdir()
    write(work, outside)

    before, _, err = build(cow, work, outside)
    for case in CASES:
        if case.name not in before or not any(path.endswith(("/t", "/libt.a")) for path in before[case.name]):
            problems.append(f"{case.name}: does not build")
    for case in REFUSED:
        if any(path.endswith(("/t", "/libt.a", "/o")) for path in before.get(case.name, {})):
            problems.append(f"{case.name}: was built")
        elif case.says not in err:
            problems.append(f"{case.name}: no message names {case.says}")
    check_programs(work, 0, before, problems)
    if problems:
        sys.exit("\n".join(problems) + "\n\n" + said(err))

    change(work, outside)
    after, ran, err = build(cow, work, outside)
    problems += [f"{case.name}: nothing ran" for case in CASES if not ran.get(case.name)]
    refused = {case.name for case in REFUSED}
    problems += [f"{name}: ran, though nothing changed" for name in ran if name not in refused and name not in {case.name for case in CASES}]
    problems += [f"{case.name}: the outputs are the old ones" for case in CASES if case.differs and after.get(case.name) == before[case.name]]
    check_programs(work, 1, after, problems)

    # At another place, and with other times.
    place = root / "another/place"
    shutil.copytree(work, place, symlinks=True, ignore=shutil.ignore_patterns("cow-*"))
    for path in place.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000), follow_symlinks=False)
    clean, _, _ = build(cowtest.Cow(sys.argv[2], root / "clean-cache"), place, outside)
    problems += [f"{name}: differs from a clean build" for name in sorted(clean.keys() | after.keys()) if clean.get(name) != after.get(name)]

    undo(work, outside)
    undone, ran, err = build(cow, work, outside)
    problems += [f"{name}: ran again after the edit was undone" for name in ran if name not in refused]
    problems += [f"{name}: differs after the edit was undone" for name in before if undone.get(name) != before[name]]
    if problems:
        sys.exit("\n".join(problems) + "\n\n" + said(err))
    cowtest.remove(root)
    cowtest.remove(outside)
    print(f"{len(CASES)} changes seen, {len(REFUSED)} attempts refused")


main()
