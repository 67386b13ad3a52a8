#!/usr/bin/env python3
"""cow with an executor: what runs there comes out as it would here, and whatever the executor does, the build is right.

usage: execution_test.py BUILD_DIR [bytes] [strategies] [failures] [faults] [interrupt]
"""
import hashlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "remote_cache"))
from cache_server import CacheServer  # noqa: E402

BUILD = pathlib.Path(sys.argv[1]).resolve()
PARTS = 4
FILES = {
    "WORKSPACE.cow": 'workspace(name = "far")\n',
    "defs.bzl": """
def _tree(ctx):
    out = ctx.actions.declare_directory(ctx.label.name)
    ctx.actions.run_shell(
        outputs = [out],
        mnemonic = "Grow",
        command = "cd %s && mkdir -p a/b empty && echo x > a/b/file && echo '#!/bin/sh' > a/run && chmod 755 a/run && ln -s a/b/file link" % out.path,
    )
    return [DefaultInfo(files = depset([out]))]

tree = rule(implementation = _tree)

def _count(ctx):
    out = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.run_shell(
        outputs = [out],
        inputs = ctx.files.srcs,
        mnemonic = "Count",
        command = "ls -lR --time-style=+ %s | grep -v ^total | sed 's/ [0-9]* cow/ cow/' > %s; id >> %s; pwd >> %s" % (ctx.files.srcs[0].path, out.path, out.path, out.path),
        execution_requirements = {r: "" for r in ctx.attr.requirements},
    )
    return [DefaultInfo(files = depset([out]))]

count = rule(implementation = _count, attrs = {"srcs": attr.label_list(allow_files = True), "requirements": attr.string_list()})
""",
    "BUILD.cow": f"""
load(":defs.bzl", "count", "tree")

exports_files(["greet.cc"])

[genrule(
    name = "part%d" % number,
    outs = ["part%d.txt" % number],
    cmd = "for i in $$(seq %d); do echo line $$i of part {{}}; done > $@".format(number) % (number * 4000 + 10),
) for number in range({PARTS})]

genrule(
    name = "sum",
    srcs = [":part%d" % number for number in range({PARTS})],
    outs = ["sum.txt"],
    cmd = "cat $(SRCS) | sha256sum > $@; echo printed; echo complained >&2",
)

tree(name = "grown")
count(name = "counted", srcs = [":grown"])
cc_library(name = "greet", srcs = ["greet.cc"], hdrs = ["greet.h"])
cc_binary(name = "hello", srcs = ["hello.cc"], deps = [":greet"])
cc_test(name = "hello_test", srcs = ["hello.cc"], deps = [":greet"])
""",
    "greet.h": "int greet();\n",
    "greet.cc": '#include "greet.h"\n#include <cstdio>\nint greet() { return std::puts("hello"); }\n',
    "hello.cc": '#include "greet.h"\nint main() { return greet() < 0; }\n',
    "other/BUILD.cow": """
load("//:defs.bzl", "count")

count(name = "home", srcs = ["//:greet.cc"], requirements = ["no-remote-exec"])
genrule(name = "wrong", outs = ["wrong.txt"], cmd = "echo half > $@; echo why it failed >&2; exit 7")
genrule(name = "long", outs = ["long.txt"], cmd = "sleep 60; echo done > $@")
cc_test(name = "slow_test", srcs = ["slow.cc"])
""",
    "other/slow.cc": "#include <unistd.h>\nint main() { sleep(30); return 0; }\n",
}


class Executor:
    """An execution_server, and the cow-cache behind it."""

    def __init__(self, top, prefix=()):
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="executor-", dir=top))
        self.prefix = [str(word) for word in prefix]

    def __enter__(self):
        self.cache = CacheServer(BUILD / "bin/cow-cache", self.top / "storage").__enter__()
        (self.top / "work").mkdir()
        self.start()
        return self

    def start(self):
        self.log = open(self.top / "log", "a+")
        self.process = subprocess.Popen([BUILD / "tests/execution_server", f"grpc://{self.cache.grpc}", self.top / "work", *self.prefix],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True)
        self.flags = [f"--remote_executor=grpc://127.0.0.1:{self.process.stdout.readline().split()[1]}",
                      f"--remote_cache=grpc://{self.cache.grpc}"]

    def kill(self):
        self.process.kill()
        self.process.wait()

    def __exit__(self, *_):
        self.kill()
        self.cache.__exit__()

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().split()

    def counts(self):
        words = self.say("count")
        return {name: int(number) for name, number in zip(words[::2], words[1::2])}


class Machine:
    def __init__(self, top, name):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix=f"cow-{name}-", dir=top))
        self.workspace = self.home / "source"
        for file, text in FILES.items():
            (self.workspace / file).parent.mkdir(parents=True, exist_ok=True)
            (self.workspace / file).write_text(text)

    def start(self, *words):
        env = dict(os.environ, HOME=str(self.home), COW_CACHE_DIR=str(self.home / "cache"))
        return subprocess.Popen([BUILD / "bin/cow", *words, "--norc"], cwd=self.workspace, env=env, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    def cow(self, *words, code=0):
        process = self.start(*words)
        began = time.monotonic()
        out, self.errors = process.communicate(timeout=600)
        self.seconds = time.monotonic() - began
        assert process.returncode == code, f"{process.returncode}\n{out[-1500:]}\n{self.errors[-3000:]}"
        return out

    def build(self, *flags, targets="//:all", command="build", code=0):
        """(actions run, of these remotely)"""
        self.result = json.loads(self.cow(command, targets, "--json", *flags, code=code))
        return self.result["actions"]["run"], self.result["actions"]["run_remotely"]

    def digests(self):
        out = (self.workspace / "cow-out").resolve()
        found = {}
        for path in sorted(out.rglob("*")):
            what = os.readlink(path) if path.is_symlink() else oct(path.stat().st_mode) if path.is_dir() else (
                oct(path.stat().st_mode), hashlib.sha256(path.read_bytes()).hexdigest())
            found[str(path.relative_to(out))] = what
        assert len(found) > PARTS
        return found

    def warnings(self):
        return [line for line in self.errors.splitlines() if line.startswith("warning")]


def check_same_bytes(top, here):
    with Executor(top) as executor:
        there = Machine(top, "there")
        run, remotely = there.build(*executor.flags)
        tests, tested_remotely = there.build(*executor.flags, command="test")
        assert run == remotely > PARTS and tests == tested_remotely == 1 and not there.warnings(), (run, remotely, there.errors)
        assert there.digests() == here.digests()
        # The executor has kept what it did: another machine sends nothing.
        executor.counts()
        other = Machine(top, "other")
        assert other.build(*executor.flags) == (run, run) and other.build(*executor.flags, command="test") == (1, 1)
        assert executor.counts()["asked"] == 0
        assert other.digests() == here.digests()
        print(f"same bytes: {run} actions and a test on an executor, as here; a second machine takes them from there")


def check_strategies(top):
    with Executor(top) as executor:
        machine = Machine(top, "strategies")
        assert machine.build(*executor.flags, targets="//other:home") == (1, 0)
        run, remotely = machine.build(*executor.flags, "--strategy=Genrule=local")
        assert run - remotely == PARTS + 1, (run, remotely)
        (machine.workspace / "greet.h").write_text("int greet();  // changed\n")
        assert machine.build(*executor.flags, "--spawn_strategy=sandboxed")[1] == 0
        machine.cow("build", "//other:home", *executor.flags, "--spawn_strategy=remote", code=0)
        (machine.workspace / "greet.cc").write_text(FILES["greet.cc"] + "\n")
        machine.cow("build", "//other:home", *executor.flags, "--spawn_strategy=remote", code=1)
        assert "may only be run remotely" in machine.errors and "no-remote-exec" in machine.errors, machine.errors
        machine.cow("build", "//other:home", "--spawn_strategy=remote", code=2)
        machine.cow("build", "//other:home", "--spawn_strategy=distant", code=2)
    print("strategies: by mnemonic, by requirement, and none that fits is an error")


def check_failures(top):
    with Executor(top) as executor:
        machine = Machine(top, "failures")
        machine.cow("build", "//other:wrong", *executor.flags, code=1)
        assert "exit code 7" in machine.errors and "why it failed" in machine.errors, machine.errors
        near = Machine(top, "near")
        near.cow("build", "//other:wrong", code=1)
        strip = lambda text: [line for line in text.splitlines() if not line[:1].isdigit() and " s" not in line[-3:]]  # noqa: E731
        assert strip(near.errors) == strip(machine.errors), (near.errors, machine.errors)
        machine.build(*executor.flags, "--test_timeout=2", command="test", targets="//other:slow_test", code=3)
        assert machine.result["tests"][0]["status"] == "TIMEOUT", machine.result["tests"]
    print("failures: exit code, what was printed, and the deadline of a test")


def check_faults(top, here):
    for fault, number in [("breaks", 3), ("forgets", 2), ("dies", 3), ("loses", 2)]:
        with Executor(top) as executor:
            executor.say(f"{fault} {number}")
            machine = Machine(top, fault)
            run, remotely = machine.build(*executor.flags)
            assert run == remotely and not machine.warnings(), (fault, machine.errors)
            assert machine.build(*executor.flags, command="test") == (1, 1), machine.errors
            counts = executor.counts()
            assert counts["waited"] >= {"breaks": 3, "forgets": 2}.get(fault, 0), counts
            assert machine.digests() == here.digests()
    for fault, number, flags in [("dies", 1000, []), ("refuses", 1000, []), ("silent", 1, ["--remote_timeout=2"]), ("escapes", 1, [])]:
        with Executor(top) as executor:
            executor.say(f"{fault} {number}")
            machine = Machine(top, fault)
            run, remotely = machine.build(*executor.flags, *flags)
            assert len(machine.warnings()) == 1 and remotely < run, (fault, machine.errors)
            machine.build(command="test")
            assert machine.digests() == here.digests()
            assert not list(machine.home.rglob("escaped")), fault
            if fault != "escapes":
                strict = Machine(top, "strict")
                strict.cow("build", "//:part0", *executor.flags, *flags, "--noremote_local_fallback", code=36)
                assert "cannot be run by the remote executor" in strict.errors, strict.errors
    with Executor(top) as executor:
        machine = Machine(top, "gone")
        executor.kill()
        assert machine.build(*executor.flags)[1] == 0
        assert len(machine.warnings()) == 1, machine.errors
        machine.build(command="test")
        assert machine.digests() == here.digests()
    with Executor(top, [BUILD / "tests/deny_namespaces", "EPERM"]) as executor:
        machine = Machine(top, "denied")
        assert machine.build(*executor.flags)[1] == 0
        assert len(machine.warnings()) == 1 and "sandbox" in machine.warnings()[0], machine.errors
        machine.build(command="test")
        assert machine.digests() == here.digests()
    print("faults: broken streams, lost operations, dead workers, lost blobs; and executors that cannot, or lie")


def check_interrupt(top):
    with Executor(top) as executor:
        machine = Machine(top, "interrupt")
        process = machine.start("build", "//other:long", *executor.flags)
        end = time.monotonic() + 60
        while executor.counts()["run"] == 0 and time.monotonic() < end:
            time.sleep(0.05)
        time.sleep(0.5)
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
        seconds = time.monotonic() - began
        assert process.returncode == 8, process.returncode
        assert executor.counts()["cancelled"] == 1
    print(f"interrupted: over after {seconds:.2f} s, and the executor knows")


def main():
    sys.stdout.reconfigure(line_buffering=True)
    with tempfile.TemporaryDirectory() as folder:
        top = pathlib.Path(folder)
        here = Machine(top, "here")
        here.build()
        here.build(command="test")
        checks = {
            "bytes": lambda: check_same_bytes(top, here),
            "strategies": lambda: check_strategies(top),
            "failures": lambda: check_failures(top),
            "faults": lambda: check_faults(top, here),
            "interrupt": lambda: check_interrupt(top),
        }
        for name in sys.argv[2:] or checks:
            checks[name]()


if __name__ == "__main__":
    main()
