#!/usr/bin/env python3
"""Runs one .cowt script: a workspace and the commands that are tried in it.

    # What this file verifies, in a sentence.
    # cache: shared            (optional: use one cache for all scripts that say so)
    -- WORKSPACE.cow --
    workspace(name = "t")
    -- BUILD.cow --
    ...
    -- run --
    $ cow build //:x
    expected output, stdout and stderr together
    ? 1                        (expected exit code; 0 if absent)

Commands run in bash in the workspace. In expected output a line `...` stands for any number of lines and
`{{regex}}` for text that matches. The workspace shows as $WORK, the cache as $CACHE, durations as `0.0 s`.
COW_REGENERATE_GOLDEN=1 rewrites the expected output of commands that differ.

usage: cowt.py FILE --bin DIR_OF_COW [--shared-cache DIR] [--keep]
"""
import argparse
import difflib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile


class Step:
    def __init__(self, command):
        self.command = command
        self.expected = []
        self.exit_code = 0


def parse(text):
    """Returns (header lines, {path: content}, steps)."""
    header, files, steps = [], {}, []
    section = None
    for line in text.splitlines():
        match = re.fullmatch(r"-- (\S+) --", line)
        if match and section != "run":
            section = match.group(1)
            if section != "run":
                files[section] = []
        elif section is None:
            header.append(line)
        elif section != "run":
            files[section].append(line)
        elif line.startswith("$ "):
            steps.append(Step(line[2:]))
        elif line.startswith("# ") or (not line and not steps):
            if line:
                steps.append(line)
        elif line.startswith("? "):
            last_step(steps).exit_code = int(line[2:])
        else:
            last_step(steps).expected.append(line)
    for step in steps:
        while isinstance(step, Step) and step.expected and not step.expected[-1]:
            step.expected.pop()
    return header, {k: "\n".join(v) + "\n" for k, v in files.items()}, steps


def last_step(steps):
    return next(step for step in reversed(steps) if isinstance(step, Step))


def normalize(output, replacements):
    for old, new in replacements:
        output = output.replace(old, new)
    output = re.sub(r"\b\d+\.\d+ (m?s)\b", r"0.0 \1", output)
    return [line.rstrip() for line in output.splitlines()]


def line_matches(pattern, line):
    parts = re.split(r"\{\{(.*?)\}\}", pattern)
    regex = "".join(part if i % 2 else re.escape(part) for i, part in enumerate(parts))
    return re.fullmatch(regex, line) is not None


def matches(expected, actual):
    if not expected:
        return not actual
    if expected[0] == "...":
        return any(matches(expected[1:], actual[i:]) for i in range(len(actual) + 1))
    return bool(actual) and line_matches(expected[0], actual[0]) and matches(expected[1:], actual[1:])


def render(header, files, steps, original):
    """The file again, with the steps as they stand now."""
    prefix = original[:original.index("-- run --\n") + len("-- run --\n")]
    lines = []
    for step in steps:
        if isinstance(step, str):
            lines += ["", step] if lines else [step]
            continue
        lines += ["$ " + step.command] + step.expected
        if step.exit_code:
            lines.append(f"? {step.exit_code}")
    return prefix + "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("--bin", required=True)
    parser.add_argument("--shared-cache")
    parser.add_argument("--keep", action="store_true")
    args = parser.parse_args()

    args.bin = os.path.abspath(args.bin)
    original = args.file.read_text()
    header, files, steps = parse(original)
    if not any(isinstance(step, Step) for step in steps):
        sys.exit(f"{args.file}: no command to run")
    root = pathlib.Path(tempfile.mkdtemp(prefix="cowt-"))
    work, home = root / "work", root / "home"
    shared = "# cache: shared" in header and args.shared_cache
    cache = pathlib.Path(args.shared_cache) if shared else root / "cache"
    for folder in (work, home):
        folder.mkdir(parents=True)
    for path, content in files.items():
        (work / path).parent.mkdir(parents=True, exist_ok=True)
        (work / path).write_text(content)
    env = {"PATH": f"{args.bin}:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(home), "COW_CACHE_DIR": str(cache),
           "LANG": "C.UTF-8", "TMPDIR": str(root), "COW_SOURCE_DIR": os.environ.get("COW_SOURCE_DIR", ""), "TERM": "dumb",
           "COW_SANITIZER": os.environ.get("COW_SANITIZER", "")}
    replacements = [(str(work), "$WORK"), (str(cache), "$CACHE"), (str(root), "$ROOT")]

    failures, changed = 0, False
    for step in steps:
        if isinstance(step, str):
            continue
        run = subprocess.run(["bash", "-c", step.command], cwd=work, env=env, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace", timeout=500)
        actual = normalize(run.stdout, replacements)
        if matches(step.expected, actual) and run.returncode == step.exit_code:
            continue
        if os.environ.get("COW_REGENERATE_GOLDEN"):
            step.expected, step.exit_code, changed = actual, run.returncode, True
            continue
        failures += 1
        print(f"{args.file}: $ {step.command}")
        if run.returncode != step.exit_code:
            print(f"  exit code {run.returncode}, expected {step.exit_code}")
        print("\n".join("  " + line for line in difflib.unified_diff(step.expected, actual, "expected", "actual", lineterm="")))
    if changed:
        args.file.write_text(render(header, files, steps, original))
        print(f"{args.file}: rewritten")
    if args.keep:
        print(f"kept: {root}")
    else:
        subprocess.run(["chmod", "-R", "u+w", str(root)], check=False)
        shutil.rmtree(root, ignore_errors=True)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
