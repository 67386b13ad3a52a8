#!/usr/bin/env python3
"""Rules of the tree that a machine can check: READMEs, file sizes, names, marks of unfinished work, host names."""
import pathlib
import re
import subprocess
import sys

root = pathlib.Path(sys.argv[1])
CODE = {".h", ".cc", ".cow", ".py", ".sh", ".star"}
MAX_LINES = 600
# Assembled from parts, so that this file does not trip over itself.
REGISTRIES = "|".join(["(deb|security|snapshot|ftp[a-z.]*)\\.debian\\." + "org", "registry\\." + "npmjs", "proxy\\." + "golang", "py" + "pi\\.org",
                       "python" + "hosted", "crates\\." + "io", "maven\\." + "org"])
MARKS = "|".join(["TO" + "DO", "FIX" + "ME", "X" + "XX\\b"])


def tracked():
    """Files git knows, or, outside a repository, everything that is not built."""
    listing = subprocess.run(["git", "-C", str(root), "ls-files", "--cached", "--others", "--exclude-standard"],
                             capture_output=True, text=True)
    if listing.returncode == 0:
        return [root / line for line in listing.stdout.splitlines() if (root / line).is_file()]
    return [p for p in root.rglob("*") if p.is_file() and "build" not in p.relative_to(root).parts]


def errors():
    files = tracked()
    for path in files:
        relative = path.relative_to(root)
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        if path.suffix in CODE and text.count("\n") > MAX_LINES:
            yield f"{relative}: {text.count(chr(10))} lines, at most {MAX_LINES}"
        for number, line in enumerate(text.splitlines(), 1):
            if re.search(REGISTRIES, line) and "bugs." not in line:
                yield f"{relative}:{number}: names a package registry"
            if path.suffix in CODE and re.search(r"\b(" + MARKS + ")", line):
                yield f"{relative}:{number}: mark of unfinished work"
    for bad in ("common", "util", "utils"):
        for path in files:
            # The folders of rules/compat have the names that projects load them by.
            if bad in path.relative_to(root).parts[:-1] and path.relative_to(root).parts[:2] != ("rules", "compat"):
                yield f"{path.relative_to(root)}: no folder may be called '{bad}'"
    for folder in sorted({p.parent for p in files if p.suffix in (".cc", ".cow") and p.parent != root}):
        top = folder.relative_to(root).parts
        if top[0] in ("engine", "rules") and len(top) == 2 and not (folder / "README.md").exists():
            yield f"{folder.relative_to(root)}: no README.md"


found = list(errors())
print("\n".join(found) or "no violation")
sys.exit(1 if found else 0)
