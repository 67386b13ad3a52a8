#!/usr/bin/env python3
"""Compares cow's Starlark with starlark-go on every chunk of tests/conformance.

A chunk must do the same in both: run through, be refused before anything runs, or fail; where it is refused or fails, on the
same line. The texts of errors are not compared: cow words them as Bazel does. Every difference is printed; one without a
reason in tests/conformance/DIFFERENCES.md fails, and so does a reason that explains nothing.

usage: starlark_go.py SOURCE_DIR BIN_DIR [RUNNER]     RUNNER: a program built from starlark_go/main.go before
"""
import glob
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile


def skip(what):
    if os.environ.get("COW_REQUIRE_TOOLS") == "1":
        sys.exit(f"FAILED: {what} and COW_REQUIRE_TOOLS=1")
    print(f"SKIPPED: {what}: cow was not compared with starlark-go")
    sys.exit(0)


def build_runner(source, folder):
    go = shutil.which("go") or ("/usr/local/go/bin/go" if os.path.exists("/usr/local/go/bin/go") else None)
    if go is None:
        skip("go is not installed")
    runner = folder / "starlark_go"
    env = dict(os.environ, GOFLAGS="-buildvcs=false -mod=readonly")
    env.setdefault("HOME", str(folder))
    built = subprocess.run([go, "build", "-o", runner, "."], cwd=source / "tests/interop/starlark_go", env=env,
                           capture_output=True, text=True)
    if built.returncode != 0:
        if re.search(r"dial tcp|no such host|network is unreachable|connection refused|i/o timeout", built.stderr):
            skip("the module go.starlark.net cannot be fetched")
        sys.exit(f"FAILED: go build:\n{built.stderr}")
    return runner


def split_chunks(path):
    """[(line of the first line, text)], the text padded so that lines have their numbers in the file."""
    chunks, number, text = [], 1, []
    for count, line in enumerate(path.read_text().split("\n"), 1):
        if line == "---":
            chunks.append((number, "\n" * (number - 1) + "\n".join(text) + "\n"))
            number, text = count + 1, []
        else:
            text.append(line)
    return chunks + [(number, "\n" * (number - 1) + "\n".join(text) + "\n")]


def read_reasons(path):
    """Rows `| file | text in the chunk | reason |`: DIFFERENCES.md tells what they mean."""
    reasons = []
    for line in path.read_text().splitlines():
        match = re.fullmatch(r"\| (\S+) \| `(.+)` \| (.+) \|", line)
        if match:
            name, text, reason = match.groups()
            reasons.append({"file": name, "text": text.replace("\\|", "|"), "reason": reason, "used": False})
    return reasons


def reason_for(reasons, name, text, error=""):
    for row in reasons:
        if row["file"] in ("*", name) and row["text"] in text:
            return row
        if row["file"] == "error" and error and re.search(row["text"], error):
            return row
    return None


def outcome(errors):
    if not errors:
        return "runs"
    first = min(errors, key=lambda e: e["line"]) if errors[0]["static"] else errors[0]
    return ("is refused" if first["static"] else "fails") + f" in line {first['line']}"


def main():
    source, bin_dir = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    work = pathlib.Path(tempfile.mkdtemp(prefix="starlark-go-"))
    try:
        runner = pathlib.Path(sys.argv[3]) if len(sys.argv) > 3 else build_runner(source, work)
        sys.exit(compare(source, bin_dir, runner))
    finally:
        shutil.rmtree(work, ignore_errors=True)


def compare(source, bin_dir, runner):
    folder = source / "tests/conformance"
    reasons = read_reasons(folder / "DIFFERENCES.md")
    files = sorted(glob.glob(str(folder / "*.star")))
    cow = subprocess.run([bin_dir / "cow", "starlark", "--chunked", "--json", *files], stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL, text=True)
    ours = {(os.path.basename(c["file"]), c["line"]): c["errors"] for c in json.loads(cow.stdout)}
    chunks = [(os.path.basename(f), line, text) for f in files for line, text in split_chunks(pathlib.Path(f))]
    run, kept_away = [], 0
    for name, line, text in chunks:
        row = reason_for(reasons, name, text)
        if row is not None and row["reason"].startswith("not run:"):
            row["used"] = True
            kept_away += 1
        else:
            run.append((name, line, text))
    programs = json.dumps([{"name": f"{name}:{line}", "text": text} for name, line, text in run])
    go = subprocess.run([runner], input=programs, stdout=subprocess.PIPE, text=True)
    theirs = [json.loads(answer) for answer in go.stdout.splitlines()]
    if go.returncode != 0 or len(theirs) != len(run):
        print(f"FAILED: the starlark-go runner ended with {go.returncode} at {run[min(len(theirs), len(run) - 1)][:2]}")
        return 1
    unexplained = differences = 0
    print(f"{'chunk':28} {'cow':26} {'starlark-go':26} reason")
    for (name, line, text), answer in zip(run, theirs):
        mine, other = outcome(ours[name, line]), outcome(answer)
        if mine == other:
            continue
        differences += 1
        told = answer[0]["text"].splitlines()[0] if answer else ""
        row = reason_for(reasons, name, text, told)
        if row is None:
            unexplained += 1
        else:
            row["used"] = True
        print(f"{name + ':' + str(line):28} {mine:26} {other:26} {row['reason'] if row else 'UNEXPLAINED: ' + told}")
    stale = [row for row in reasons if not row["used"]]
    for row in stale:
        print(f"FAILED: the reason for `{row['text']}` in {row['file']} explains no difference")
    print(f"{len(chunks)} chunks: {len(run) - differences} the same, {differences} different ({unexplained} unexplained), "
          f"{kept_away} not run under starlark-go")
    return 1 if unexplained or stale or not run else 0


if __name__ == "__main__":
    main()
