#!/usr/bin/env python3
"""Builds and tests C++ projects of the Bazel ecosystem with cow, from their own BUILD and .bzl files.

Fetches the Debian source packages named in sources.txt from the archives this machine's apt is configured for,
checks their sha256, unpacks them side by side, lays a WORKSPACE.cow over each, runs cow and prints a table.

usage: run.py [--cow PROGRAM] [--work DIR] [--all | --subset | PROJECT...] [--fetch-only]
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "support"))
sys.dont_write_bytecode = True

import debian_sources  # noqa: E402

# What is built and tested, in order: patterns, flags, and why the flags are there.
PROJECTS = {
    "double-conversion": {},
    "gflags": {},
    "glog": {},
    # gcc >= 11 finds what brotli 1.0.9 declares twice, and brotli asks for -Werror: Bazel needs the same flag.
    "brotli": {"flags": ["--copt=-Wno-vla-parameter"]},
    # Its tests try all expressions up to a length: minutes when optimized, beyond their time limit when not.
    "re2": {"flags": ["--compilation_mode=opt"]},
    "benchmark": {},
    "googletest": {},
    # A test of cow sees nothing of /usr/share/zoneinfo; abseil's source brings its own.
    "abseil": {
        "build": ["//absl/..."],
        "test": ["//absl/..."],
        # Its benchmarks are tests; //absl/container:inlined_vector_benchmark needs more than its 300 s on a slow machine.
        "test_flags": ["--test_env=TZDIR=absl/time/internal/cctz/testdata/zoneinfo", "--test_timeout=900"],
    },
    # The test looks for its files in ../<name of the workspace>: cow's tests start in the execution root.
    "flatbuffers": {"test_flags": ["--test_arg=--test_path", "--test_arg=tests/"]},
    "protobuf": {},
}

# Few minutes on two processors.
SUBSET = {
    "double-conversion": {},
    "gflags": {},
    "re2": {"build": ["//:re2"], "test": ["//:charclass_test", "//:compile_test"]},
    "abseil": {
        "build": ["//absl/strings:strings", "//absl/strings:cord"],
        "test": ["//absl/strings:match_test", "//absl/strings:strip_test"],
    },
}
NEEDS = {"abseil": ["benchmark", "googletest"], "benchmark": ["googletest"], "flatbuffers": [], "glog": ["gflags"],
         "googletest": ["abseil", "re2"], "protobuf": ["benchmark", "googletest", "zlib"]}

# Sources that the source of a project needs.
ALSO = {"re2": "unicode-data"}


def fetch(project, work):
    """Leaves the unpacked, patched source in <work>/src/<project>, with WORKSPACE.cow."""
    place = work / "src" / project
    pool = work / "pool"
    description = debian_sources.fetch(HERE / "sources.txt", (project, ALSO.get(project)), pool)
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        scratch = place.with_name("." + project)
        shutil.rmtree(scratch, ignore_errors=True)
        debian_sources.unpack(description, scratch)
        if project == "re2":
            generate_re2(scratch, pool)
        scratch.rename(place)
    for file in (HERE / project).glob("*"):
        shutil.copy(file, place / file.name)


def generate_re2(place, pool):
    """Debian leaves generated files out of re2's source and makes them while it builds, from its package of the
    Unicode tables; so does this, with re2's own generators."""
    text = subprocess.run(["perl", "re2/make_perl_groups.pl"], cwd=place, check=True, capture_output=True).stdout
    (place / "re2/perl_groups.cc").write_bytes(text)
    with tempfile.TemporaryDirectory(prefix="cow-re2-") as scratch:
        scratch = pathlib.Path(scratch)
        tables = next(pool.glob("unicode-data_*_all.deb"))
        subprocess.run(["dpkg-deb", "-x", str(tables), str(scratch)], check=True)
        for name in ("unicode", "make_unicode_casefold", "make_unicode_groups"):
            source = (place / f"re2/{name}.py").read_text()
            source = re.sub(r'_UNICODE_DIR = "[^"]*"', f'_UNICODE_DIR = "{scratch}/usr/share/unicode"', source)
            source = source.replace("from six.moves import urllib", "import urllib.request").replace("from re2 import", "import")
            (scratch / f"{name}.py").write_text(source)
        for name in ("unicode_casefold", "unicode_groups"):
            made = subprocess.run([sys.executable, f"make_{name}.py"], cwd=scratch, check=True, capture_output=True)
            (place / f"re2/{name}.cc").write_bytes(made.stdout)


def run_cow(cow, verb, place, patterns, flags, cache):
    command = [cow, verb, *patterns, "--keep_going", "--json", "--progress=no", *flags]
    result = subprocess.run(command, cwd=place, capture_output=True, text=True,
                            env={**os.environ, "COW_CACHE_DIR": str(cache)}, check=False)
    (place.parent / f"{place.name}.{verb}.log").write_text(result.stderr)
    lines = result.stdout.strip().splitlines()
    if not lines:
        return {"exit_code": result.returncode, "targets": [], "tests": [], "skipped": []}, result.stderr
    return json.loads(lines[-1]), result.stderr


def check(project, how, cow, work):
    """A row of the table, and whether everything that can be built was built and passed."""
    place = work / "src" / project
    cache = work / "cache"
    flags = how.get("flags", [])
    built, log = run_cow(cow, "build", place, how.get("build", ["//..."]), flags, cache)
    tested, test_log = run_cow(cow, "test", place, how.get("test", ["//..."]), flags + how.get("test_flags", []), cache)
    targets = {target["label"]: target["ok"] for target in built["targets"]}
    ok = sum(targets.values())
    skipped = {target["label"]: target["reason"] for target in built["skipped"]}
    passed = sum(test["passed"] for test in tested["tests"])
    row = [project, f"{ok} / {len(targets) + len(skipped)}", f"{passed} / {len(tested['tests'])}"]
    notes = [f"  {label}: {reason}" for label, reason in skipped.items()]
    notes += [f"  {label}: not built" for label, fine in targets.items() if not fine]
    notes += [f"  {test['label']}: FAILED" for test in tested["tests"] if not test["passed"]]
    if not targets and not skipped:
        notes += ["  " + line for line in (log + test_log).splitlines()[:10]]
    good = bool(targets) and ok == len(targets) and passed == len(tested["tests"])
    return row, notes, good


def print_table(rows):
    rows = [["project", "targets built / that exist", "tests passed / run"]] + rows
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("projects", nargs="*", help="of: " + " ".join(PROJECTS))
    parser.add_argument("--all", action="store_true", help="every project, completely")
    parser.add_argument("--subset", action="store_true", help="what a few minutes suffice for")
    parser.add_argument("--fetch-only", action="store_true")
    parser.add_argument("--cow", default="cow")
    parser.add_argument("--work", type=os.path.abspath, default=os.path.expanduser("~/.cache/cow-bazel-projects"),
                        help="where sources and the cache lie")
    options = parser.parse_args()
    for unknown in set(options.projects) - set(PROJECTS):
        parser.error(f"there is no project '{unknown}'")
    plan = SUBSET if options.subset else {name: PROJECTS[name] for name in options.projects or PROJECTS}
    if not (options.all or options.subset or options.projects):
        parser.error("name projects, or say --all or --subset")
    work = pathlib.Path(options.work).absolute()
    cow = os.path.abspath(shutil.which(options.cow) or options.cow)
    try:
        for project in dict.fromkeys(one for name in plan for one in [name, *NEEDS.get(name, [])]):
            fetch(project, work)
    except debian_sources.Unavailable as reason:
        print(reason)
        return 1 if os.environ.get("COW_REQUIRE_TOOLS") == "1" else 77
    if options.fetch_only:
        return 0
    rows, notes, good = [], [], True
    for project, how in plan.items():
        row, more, fine = check(project, how, cow, work)
        rows.append(row)
        notes += [project + ":"] + more if more else []
        good = good and fine
        print(*row, sep="  ", flush=True)
    print()
    print_table(rows)
    print(*notes, sep="\n")
    return 0 if good else 1


sys.exit(main())
