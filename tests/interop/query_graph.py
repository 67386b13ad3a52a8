#!/usr/bin/env python3
"""The graph that `cow query --output=graph` prints is one that Graphviz draws; without Graphviz, its grammar is checked here.

usage: query_graph.py DIR_OF_COW
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

BUILD = """
filegroup(name = "top", srcs = [":mid", "a b.txt"])
filegroup(name = "mid", srcs = ["quote+~.txt"])
"""
NAME = r'"(?:[^"\\]|\\.)*"'
STATEMENT = re.compile(rf"  (?:node \[shape=box\];|{NAME}|{NAME} -> {NAME})")


def ask(cow, top):
    env = dict(os.environ, COW_CACHE_DIR=str(top / "cache"))
    return subprocess.run([cow, "query", "--output=graph", "deps(//:all)"], cwd=top / "ws", env=env, check=True,
                          capture_output=True, text=True).stdout


def main():
    cow = pathlib.Path(sys.argv[1]).resolve() / "cow"
    with tempfile.TemporaryDirectory() as folder:
        top = pathlib.Path(folder)
        (top / "ws").mkdir()
        for name, text in {"WORKSPACE.cow": "", "BUILD.cow": BUILD, "a b.txt": "", "quote+~.txt": ""}.items():
            (top / "ws" / name).write_text(text)
        graph = ask(cow, top)
    lines = graph.splitlines()
    assert lines[0] == "digraph query {" and lines[-1] == "}", graph
    for line in lines[1:-1]:
        assert STATEMENT.fullmatch(line), line
    assert '  "//:top" -> "//:mid"' in lines, graph
    if shutil.which("dot"):
        svg = subprocess.run(["dot", "-Tsvg"], input=graph, capture_output=True, text=True)
        assert svg.returncode == 0 and "//:top" in svg.stdout, svg.stderr
        print("drawn by dot")
    else:
        print("SKIPPED: dot is not installed: only the grammar was checked")
        sys.exit(1 if os.environ.get("COW_REQUIRE_TOOLS") == "1" else 0)


main()
