#!/usr/bin/env python3
"""Clients that others wrote, with cow-cache: Debian's Bazel over gRPC and HTTP, ccache. What they built once is not built again.

usage: clients_test.py BUILD_DIR
"""
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from cache_server import CacheServer

BUILD = pathlib.Path(sys.argv[1]).resolve()
PROGRAM = BUILD / "bin/cow-cache"
GENRULES = 12
BUILD_FILE = f"""
[genrule(
    name = "part%d" % number,
    outs = ["part%d.txt" % number],
    cmd = "for i in $$(seq %d); do echo line $$i of part {{}}; done > $@".format(number) % (number * 2000),
) for number in range({GENRULES})]

genrule(
    name = "sum",
    srcs = [":part%d" % number for number in range({GENRULES})],
    outs = ["sum.txt"],
    cmd = "cat $(SRCS) | sha256sum > $@; echo printed; echo complained >&2",
)
"""


class Bazel:
    def __init__(self, top):
        self.workspace = top / "workspace"
        self.output = top / "output"
        self.workspace.mkdir()
        (self.workspace / "WORKSPACE").write_text('workspace(name = "clients")\n')
        (self.workspace / "BUILD").write_text(BUILD_FILE)

    def call(self, *words):
        command = ["bazel", f"--output_user_root={self.output}", "--max_idle_secs=60", *words]
        done = subprocess.run(command, cwd=self.workspace, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stderr

    def build(self, cache, *flags):
        """(actions run, actions taken from the cache, bytes of the result)"""
        self.call("clean")
        said = self.call("build", "//:sum", "--spawn_strategy=local", f"--remote_cache={cache}", *flags)
        assert "WARNING" not in said, said
        run = re.search(r"(\d+) local", said)
        taken = re.search(r"(\d+) remote cache hit", said)
        result = (self.workspace / "bazel-bin/sum.txt").read_bytes()
        return int(run[1]) if run else 0, int(taken[1]) if taken else 0, result


def check_bazel(top):
    bazel = Bazel(top)
    expected = GENRULES + 1
    try:
        with CacheServer(PROGRAM, top / "cache") as server:
            for cache, flags in ((f"grpc://{server.grpc}", ["--remote_instance_name=main"]), (f"http://{server.http}", [])):
                cold = bazel.build(cache, *flags)
                hot = bazel.build(cache, *flags)
                assert cold[:2] == (expected, 0), (cache, cold)
                assert hot == (0, expected, cold[2]), (cache, hot)
            # What one protocol brought, the other gives: results of Bazel have the same keys on both.
            assert bazel.build(f"grpc://{server.grpc}")[:2] == (0, expected)
            # An instance of its own falls back on the one above.
            assert bazel.build(f"http://{server.http}/some/instance")[:2] == (0, expected)
        access = top / "access"
        access.write_text(f"reader laptop {hashlib.sha256(b'open').hexdigest()}\n")
        with CacheServer(PROGRAM, top / "cache", f"--access_file={access}") as server:
            # A reader builds with what is there, and what it may not write does not fail its build.
            assert bazel.build(f"grpc://{server.grpc}", "--remote_header=authorization=Bearer open", "--remote_instance_name=main")[:2] == (0, expected)
    finally:
        bazel.call("shutdown")
    print(f"bazel: {expected} actions cold, 0 hot, over gRPC and HTTP, also with the credentials of a reader")


def check_ccache(top):
    (top / "source.c").write_text("int main(void) { return 0; }\n")
    with CacheServer(PROGRAM, top / "cache") as server:
        for machine, expected in (("first", 0), ("second", 1)):
            env = dict(os.environ, CCACHE_DIR=str(top / machine), CCACHE_REMOTE_STORAGE=f"http://{server.http}/raw|layout=bazel")
            subprocess.run(["ccache", "gcc", "-c", "source.c", "-o", f"{machine}.o"], cwd=top, env=env, check=True)
            statistics = subprocess.run(["ccache", "--print-stats"], env=env, check=True, capture_output=True, text=True).stdout
            counts = dict(line.split("\t") for line in statistics.splitlines())
            hits = int(counts.get("remote_storage_hit", 0)) + int(counts.get("secondary_storage_hit", 0))
            assert hits >= expected and (expected or not hits), statistics
        assert (top / "first.o").read_bytes() == (top / "second.o").read_bytes()
    print("ccache: what one machine compiled, another takes")


def main():
    skipped = 0
    for tool, check in (("bazel", check_bazel), ("ccache", check_ccache)):
        if not shutil.which(tool):
            print(f"SKIPPED: {tool} is not installed: it was not tried as a client of cow-cache")
            skipped += 1
            continue
        with tempfile.TemporaryDirectory() as folder:
            check(pathlib.Path(folder))
    sys.exit(1 if skipped and os.environ.get("COW_REQUIRE_TOOLS") == "1" else 0)


main()
