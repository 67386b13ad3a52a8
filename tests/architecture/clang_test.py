#!/usr/bin/env python3
"""clang 14 accepts every source without a warning, thread-safety analysis included. Checks syntax only, so that it is quick.

usage: clang_test.py SOURCE_DIR BUILD_DIR
"""
import concurrent.futures
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys

root, build = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
CLANG = shutil.which("clang++-14")


def command(entry):
    words = shlex.split(entry["command"])
    kept = [w for w in words if w.startswith(("-I", "-D", "-std=", "-W"))]
    return [CLANG, "-fsyntax-only", "-Wthread-safety", *kept, entry["file"]]


def check(entry):
    run = subprocess.run(command(entry), cwd=entry["directory"], capture_output=True, text=True)
    return run.returncode, entry["file"], run.stderr


def main():
    if CLANG is None:
        print("SKIPPED: clang++-14 is not installed: its warnings were not checked")
        sys.exit(1 if os.environ.get("COW_REQUIRE_TOOLS") == "1" else 0)
    entries = {e["file"]: e for e in json.loads((build / "compile_commands.json").read_text()) if "/generated/" not in e["file"]}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(check, entries.values()))
    failed = [(file, err) for code, file, err in results if code != 0]
    for file, err in failed:
        print(f"{file}:\n{err[:3000]}")
    print(f"{len(results)} sources, {len(failed)} with complaints")
    sys.exit(1 if failed or not results else 0)


main()
