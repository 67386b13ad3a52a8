"""A machine for a test: a home, a cache and a workspace of their own."""
import hashlib
import json
import os
import pathlib
import subprocess
import tempfile
import time


class Machine:
    def __init__(self, cow, files, top, name, user=0, prefix=()):
        self.program = cow
        self.home = pathlib.Path(tempfile.mkdtemp(prefix=f"cow-{name}-", dir=top))
        self.workspace = self.home / name / "source"
        self.workspace.mkdir(parents=True)
        for file, text in files.items():
            (self.workspace / file).write_text(text)
        self.user = user
        self.prefix = list(prefix)
        if user:
            subprocess.run(["chown", "-R", f"{user}:{user}", self.home], check=True)

    def cow(self, *words, fails=False):
        command = [*self.prefix, self.program, *words, "--norc"]
        if self.user:
            command = ["setpriv", f"--reuid={self.user}", f"--regid={self.user}", "--clear-groups", *command]
        env = dict(os.environ, HOME=str(self.home), COW_CACHE_DIR=str(self.home / "cache"))
        began = time.monotonic()
        done = subprocess.run(command, cwd=self.workspace, env=env, capture_output=True, text=True, timeout=300)
        self.seconds = time.monotonic() - began
        self.errors = done.stderr
        assert (done.returncode != 0) == fails, done.stderr[-3000:]
        return done.stdout

    def begin(self, *words):
        """The command running, in a process group of its own."""
        env = dict(os.environ, HOME=str(self.home), COW_CACHE_DIR=str(self.home / "cache"))
        return subprocess.Popen([self.program, *words, "--norc"], cwd=self.workspace, env=env, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL, start_new_session=True)

    def build(self, cache, *flags, command="build", targets="//..."):
        """(actions run, from the local cache, from the remote one)"""
        flags = [*flags, f"--remote_cache=grpc://{cache}"] if cache else [*flags]
        self.result = json.loads(self.cow(command, targets, "--json", *flags))
        actions = self.result["actions"]
        return actions["run"], actions["cached"] - actions["remote_cache_hits"], actions["remote_cache_hits"]

    def digests(self):
        out = (self.workspace / "cow-out").resolve()
        files = [path for path in out.rglob("*") if path.is_file() and not path.is_symlink() and path.name != ".lock"]
        assert files
        return {str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}

    def warnings(self):
        return [line for line in self.errors.splitlines() if line.startswith("warning")]
