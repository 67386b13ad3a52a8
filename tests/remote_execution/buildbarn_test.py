#!/usr/bin/env python3
"""cow on a real Buildbarn: storage, scheduler, worker and runner, four processes on the loopback.

    tests/remote_execution/buildbarn_test.py [--build build/release] [--tools build/peers] [--project examples/cowabunga] [--targets //...]

The project is tested on this machine, on the cluster, and on a cluster whose worker and scheduler are killed on the way: the outputs
are the same, byte for byte. Without go or its module proxy it says SKIPPED and ends with 77.
"""
import argparse
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import cluster

ROOT = pathlib.Path(__file__).resolve().parents[2]
SKIPPED = 77


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=str(ROOT / "build/release"))
    parser.add_argument("--tools", default=str(ROOT / "build/peers"))
    parser.add_argument("--project", default=str(ROOT / "examples/cowabunga"))
    parser.add_argument("--targets", default="//...")
    parser.add_argument("--flag", action="append", default=[], help="given to every cow")
    parser.add_argument("--skip-kills", action="store_true")
    return parser.parse_args()


class Machine:
    def __init__(self, args, top, name):
        self.args = args
        self.home = pathlib.Path(top) / name
        self.workspace = self.home / "source"
        shutil.copytree(args.project, self.workspace, symlinks=True, ignore=shutil.ignore_patterns("cow-*"))

    def test(self, *flags):
        env = dict(os.environ, HOME=str(self.home), COW_CACHE_DIR=str(self.home / "cache"))
        began = time.monotonic()
        done = subprocess.run([f"{self.args.build}/bin/cow", "test", self.args.targets, "--json", "--norc", *self.args.flag, *flags],
                              cwd=self.workspace, env=env, capture_output=True, text=True)
        self.seconds = time.monotonic() - began
        self.errors = done.stderr
        assert done.returncode == 0, f"{done.returncode}\n{done.stdout[-1500:]}\n{done.stderr[-4000:]}"
        self.result = json.loads(done.stdout)
        return self.result["actions"]

    def digests(self):
        """Of all outputs but the logs of tests, which tell times."""
        out = (self.workspace / "cow-out").resolve()
        found = {}
        for path in sorted(out.rglob("*")):
            if path.is_symlink():
                found[str(path.relative_to(out))] = os.readlink(path)
            elif path.is_file() and path.name != "test.log":
                found[str(path.relative_to(out))] = (oct(path.stat().st_mode), hashlib.sha256(path.read_bytes()).hexdigest())
        assert found
        return found

    def results(self):
        return [(test["label"], test["status"]) for test in self.result["tests"]], [target["files"] for target in self.result["targets"]
                                                                                   if not any("test.log" in file["path"] for file in target["files"])]


def compare(here, there):
    mine, other = here.digests(), there.digests()
    differing = sorted(set(mine.items()) ^ set(other.items()))
    assert not differing, f"{len(differing)} outputs differ: {differing[:6]}"
    assert here.results()[0] == there.results()[0]
    return len(mine)


def kill_on_the_way(buildbarn):
    """The worker twice, then the scheduler, each started again after a while."""
    def run():
        for process, after, away in [(buildbarn.worker, 8, 3), (buildbarn.scheduler, 10, 2), (buildbarn.worker, 10, 3)]:
            time.sleep(after)
            process.kill()
            print(f"  killed {process.config.stem}", flush=True)
            time.sleep(away)
            process.start()
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def main():
    args = options()
    with tempfile.TemporaryDirectory(dir=os.environ.get("COW_TEST_DIRECTORY")) as top:
        try:
            cluster.build(args.tools)
            cluster.servers.build_buildbarn(args.tools)
        except cluster.Missing as reason:
            print(f"SKIPPED remote execution on Buildbarn: {reason}")
            return SKIPPED
        here = Machine(args, top, "here")
        actions = here.test()
        print(f"here: {actions['run']} actions in {here.seconds:.0f} s", flush=True)
        with cluster.Cluster(f"{top}/steady", args.tools) as buildbarn:
            there = Machine(args, top, "there")
            actions = there.test(*buildbarn.flags)
            print(f"on Buildbarn: {actions['run']} actions, {actions['run_remotely']} of them there, in {there.seconds:.0f} s", flush=True)
            files = compare(here, there)
            assert actions["run_remotely"] > 0
            print(f"  {files} outputs, the same bytes; {len(there.result['tests'])} tests passed")
            print("".join(f"  {line}\n" for line in there.errors.splitlines() if "warning" in line), end="")
            other = Machine(args, top, "other")
            actions = other.test(*buildbarn.flags)
            print(f"a second machine: {actions['run']} actions, {actions['run_remotely']} there, in {other.seconds:.0f} s")
            compare(here, other)
        if args.skip_kills:
            return 0
        with cluster.Cluster(f"{top}/shaken", args.tools) as buildbarn:
            shaken = Machine(args, top, "shaken-machine")
            kill_on_the_way(buildbarn)
            actions = shaken.test(*buildbarn.flags)
            print(f"with killings: {actions['run']} actions, {actions['run_remotely']} there, in {shaken.seconds:.0f} s")
            compare(here, shaken)
    return 0


if __name__ == "__main__":
    sys.exit(main())
