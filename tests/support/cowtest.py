"""What the Python tests share: a workspace of genrules, running cow, and digests of what it made."""
import hashlib
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile


class Cow:
    """Runs one cow binary with one cache, in one environment."""

    def __init__(self, bin_dir, cache, env=None, prefix=()):
        self.bin = str(pathlib.Path(bin_dir).resolve() / "cow")
        self.cache = str(cache)
        self.env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(cache) + "-home", "COW_CACHE_DIR": self.cache, **(env or {})}
        self.prefix = list(prefix)

    def command(self, *arguments):
        return [*self.prefix, self.bin, *arguments]

    def start(self, workspace, *arguments, **kwargs):
        return subprocess.Popen(self.command(*arguments), cwd=workspace, env=self.env, stdin=subprocess.DEVNULL, **kwargs)

    def run(self, workspace, *arguments, check=True):
        result = subprocess.run(self.command(*arguments), cwd=workspace, env=self.env, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace")
        if check and result.returncode != 0:
            sys.exit(f"cow {' '.join(arguments)} in {workspace} ended with {result.returncode}:\n{result.stderr}")
        return result

    def build(self, workspace, *patterns):
        """Builds and returns the JSON result."""
        return json.loads(self.run(workspace, "build", "--json", "-q", *patterns).stdout)


def digests(result):
    """{path: sha256} of everything a JSON result lists."""
    return {file["path"]: file["sha256"] for target in result["targets"] for file in target["files"]}


def file_digests(folder):
    """{path: sha256} of all regular files below a folder, links not followed."""
    found = {}
    for path in sorted(pathlib.Path(folder).rglob("*")):
        if path.is_file() and not path.is_symlink():
            found[str(path.relative_to(folder))] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def temp_dir(name):
    return pathlib.Path(tempfile.mkdtemp(prefix=f"cow-{name}-"))


def remove(path):
    subprocess.run(["chmod", "-R", "u+rwx", str(path)], check=False, stderr=subprocess.DEVNULL)
    shutil.rmtree(path, ignore_errors=True)


def genrule_workspace(folder, layers=5, width=12, seed=1):
    """A layered graph of genrules: each reads two outputs of the layer below and adds a line."""
    rng = random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "WORKSPACE.cow").write_text('workspace(name = "grid")\n')
    rules = []
    for layer in range(layers):
        for i in range(width):
            if layer == 0:
                (folder / f"in{i}.txt").write_text(f"input {i}\n")
                srcs = [f"in{i}.txt"]
            else:
                srcs = sorted({f":o{layer - 1}_{rng.randrange(width)}.txt" for _ in range(2)})
            rules.append(f'genrule(name = "r{layer}_{i}", srcs = {json.dumps(srcs)}, outs = ["o{layer}_{i}.txt"],\n'
                         f'        cmd = "cat $(SRCS) > $@; echo {layer} {i} >> $@; sleep 0.02")\n')
    (folder / "BUILD.cow").write_text("\n".join(rules))


def is_left_for_next_session(folder):
    """Many empty directories are removed beside the work of the next session; files never wait."""
    return folder.name.startswith("dead-") and all(path.is_dir() and not path.is_symlink() for path in folder.rglob("*"))


def leftovers(cache):
    """Processes that use the cache's folder or a sandbox of it, mounts below it, and scratch directories."""
    found = []
    for proc in pathlib.Path("/proc").iterdir():
        if not proc.name.isdigit() or int(proc.name) == os.getpid():
            continue
        try:
            environ = (proc / "environ").read_bytes()
            name = (proc / "comm").read_text().strip()
        except OSError:
            continue
        if f"COW_CACHE_DIR={cache}".encode() in environ.split(b"\0"):
            found.append(f"process {proc.name} {name}")
    for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines():
        if str(cache) in line:
            found.append(f"mount {line.split()[4]}")
    scratch = pathlib.Path(cache) / "tmp"
    if scratch.is_dir():
        found += [f"scratch {p}" for p in scratch.iterdir() if p.is_dir() and not is_left_for_next_session(p)]
    return found
