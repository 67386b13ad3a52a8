#!/usr/bin/env python3
"""Runs every program of programs/, made small, and compares what it prints with checksums.txt.

    checksums_test.py COW [--write COMMAND]

A line of checksums.txt: program, the text that sets its size, the smaller text, the last line printed. `--write` takes the
last lines from another interpreter: COMMAND gets a file name appended.
"""
import pathlib
import shlex
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
LIST = HERE / "checksums.txt"


def last_line(command, program, large, small):
    text = (HERE / "programs" / f"{program}.star").read_text()
    if large not in text:
        sys.exit(f"{program}.star has no text {large!r}")
    with tempfile.NamedTemporaryFile("w", suffix=".star") as file:
        file.write(text.replace(large, small))
        file.flush()
        done = subprocess.run(command + [file.name], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            return f"exit code {done.returncode}: {done.stdout.strip()}"
        line = done.stdout.strip().split("\n")[-1]
        return line.split(f"DEBUG: {file.name}:")[-1].split(": ", 1)[-1] if line.startswith("DEBUG: ") else line


def main():
    write = "--write" in sys.argv
    command = shlex.split(sys.argv[sys.argv.index("--write") + 1]) if write else [sys.argv[1], "starlark"]
    rows = [line.split("\t") for line in LIST.read_text().splitlines()]
    listed = {row[0] for row in rows} | {"empty"}
    wrong = [f"{path.stem}.star is not in checksums.txt"
             for path in (HERE / "programs").glob("*.star") if path.stem not in listed]
    for row in rows:
        got = last_line(command, *row[:3])
        if write:
            row[3:] = [got]
        elif got != row[3]:
            wrong.append(f"{row[0]}: want {row[3]!r}, got {got!r}")
    if write:
        LIST.write_text("".join("\t".join(row) + "\n" for row in rows))
    print("\n".join(wrong) or f"{len(rows)} programs agree")
    sys.exit(1 if wrong else 0)


main()
