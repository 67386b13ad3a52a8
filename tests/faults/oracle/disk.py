"""The files of a state on disk, and the ways in which people and programs change them."""
import os
import pathlib
import shutil

import model


def wanted(state, tools):
    files = dict(state["files"])
    for path, content in model.rendered(state, tools).items():
        files[path] = ["file", content, False]
    return files


class Disk:
    """A workspace directory that is brought from one state to the next, touching only what differs."""

    def __init__(self, root, tools, weave):
        self.root, self.tools, self.weave = pathlib.Path(root), tools, weave
        self.now = {}
        self.root.mkdir(parents=True)
        (self.root / "tools").mkdir()

    def set_tool(self, version):
        write_tool(self.root / model.TOOL, self.weave, version)

    def sync(self, state, how="write"):
        """Writes what differs. `how`: write, replace, inplace; with "+keep", files that were there keep their mtime."""
        files = wanted(state, self.tools)
        for path in sorted(set(self.now) - set(files), reverse=True):
            self._remove(self.root / path)
            self._prune(self.root / path)
        for path, file in sorted(files.items()):
            if self.now.get(path) != file:
                self._put(self.root / path, file, self.now.get(path), how)
        self.now = {path: list(file) for path, file in files.items()}

    def _prune(self, path):
        """Directories that hold nothing any more vanish, as in a checkout of git."""
        for parent in path.parents:
            if parent == self.root or not parent.is_dir() or parent.is_symlink() or any(parent.iterdir()):
                return
            parent.rmdir()

    def _remove(self, path):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.is_symlink() or path.exists():
            path.unlink()

    def _put(self, path, file, before, how):
        kind, content, executable = file
        for parent in reversed(path.parents):
            if self.root in parent.parents and (parent.is_file() or parent.is_symlink()):
                parent.unlink()
        path.parent.mkdir(parents=True, exist_ok=True)
        if kind == "link":
            self._remove(path)
            path.symlink_to(content)
            return
        if path.is_symlink() or path.is_dir():
            self._remove(path)
        times = None
        if how.endswith("+keep") and path.exists():
            info = path.stat()
            times = (info.st_atime_ns, info.st_mtime_ns)
        data = content.encode("latin-1")
        mode = 0o755 if executable else 0o644
        if before and before[:2] == file[:2] and path.exists():
            path.chmod(mode)
            return
        if how.startswith("replace"):
            fresh = path.with_name(path.name + ".new~")
            fresh.write_bytes(data)
            fresh.chmod(mode)
            if times:
                os.utime(fresh, ns=times)
            os.replace(fresh, path)
            return
        if how.startswith("inplace") and path.exists():
            with open(path, "r+b") as out:
                out.write(data)
                out.truncate()
        else:
            path.write_bytes(data)
        path.chmod(mode)
        if times:
            os.utime(path, ns=times)

    # --- changes that no difference of states can express

    def touch(self, path, when):
        full = self.root / path
        if not full.exists():
            return
        if when == "now":
            os.utime(full)
        else:
            os.utime(full, (int(when), int(when)))

    def rename(self, old, new):
        if (self.root / old).is_file() and (self.root / new).parent.is_dir() and not (self.root / new).is_dir():
            os.replace(self.root / old, self.root / new)
            self.now[new] = self.now.pop(old, None)

    def swap(self, one, two):
        a, b = self.root / one, self.root / two
        if a.is_file() and b.is_file() and not a.is_symlink() and not b.is_symlink():
            between = a.with_name("swap~")
            os.rename(a, between)
            os.rename(b, a)
            os.rename(between, b)
            self.now[one], self.now[two] = self.now.get(two), self.now.get(one)

    def outputs(self, what, rng):
        """Spoils what cow wrote."""
        out = self.root / "cow-out"
        if what == "all":
            shutil.rmtree(out, ignore_errors=True)
            return
        if what == "link":
            (self.root / "cow-bin").unlink(missing_ok=True)
            return
        files = sorted(path for path in out.rglob("*") if path.is_file() and not path.is_symlink())
        if not files:
            return
        victim = rng.choice(files)
        if what == "delete":
            victim.unlink()
        elif what == "chmod":
            victim.chmod(victim.stat().st_mode ^ 0o111)
        elif what == "edit":
            victim.chmod(0o755 if victim.stat().st_mode & 0o100 else 0o644)
            victim.write_bytes(b"spoiled" + victim.read_bytes()[7:])
        elif what == "extra":
            (victim.parent / "not-an-output").write_text("x")


def write_tool(path, weave, version):
    """A copy of weave that calls itself by a version."""
    fresh = pathlib.Path(f"{path}.new~")
    fresh.write_bytes(weave + f"V={version}\n".rjust(16).encode())
    fresh.chmod(0o755)
    os.replace(fresh, path)
