"""Source packages from the Debian archives that this machine's apt is configured for, by apt's own means: its proxies,
its credentials, its certificates. A list names them, a line each: name, path below an archive, sha256; the .dsc last."""
import glob
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import tempfile


class Unavailable(Exception):
    """No archive has the file."""


def deb822_archives(text):
    for stanza in re.split(r"\n\s*\n", text):
        fields = {}
        name = None
        for line in stanza.splitlines():
            if line.startswith("#"):
                continue
            if line[:1] in (" ", "\t") and name:
                fields[name] += " " + line.strip()
            elif ":" in line:
                name, value = line.split(":", 1)
                name = name.lower()
                fields[name] = value.strip()
        if fields.get("enabled", "yes").lower() != "no":
            yield from fields.get("uris", "").split()


def list_archives(text):
    for line in text.splitlines():
        match = re.match(r"deb(?:-src)?\s+(?:\[[^]]*\]\s+)?(\S+)", line.strip())
        if match:
            yield match.group(1)


def archives():
    """The archives of this machine's apt, each once."""
    found = []
    for path in sorted(glob.glob("/etc/apt/sources.list.d/*.sources")):
        found += deb822_archives(pathlib.Path(path).read_text())
    for path in ["/etc/apt/sources.list"] + sorted(glob.glob("/etc/apt/sources.list.d/*.list")):
        if os.path.exists(path):
            found += list_archives(pathlib.Path(path).read_text())
    return list(dict.fromkeys(uri.rstrip("/") for uri in found))


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def download(path, digest, target):
    """Leaves the file of that sha256 at `target`."""
    if target.exists() and sha256(target) == digest:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="cow-apt-") as root:
        # apt's own folders stay as they are.
        options = ["-o", f"Dir::State={root}", "-o", f"Dir::Cache={root}", "-o", "APT::Sandbox::User="]
        for uri in archives():
            scratch = pathlib.Path(root) / target.name
            subprocess.run(["/usr/lib/apt/apt-helper", *options, "download-file", f"{uri}/{path}", str(scratch),
                            f"SHA256:{digest}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
            if scratch.exists() and sha256(scratch) == digest:
                shutil.move(scratch, target)
                return
    raise Unavailable("\n  ".join([f"{path}: none of this machine's archives has it with sha256 {digest}:", *archives()]))


def fetch(listing, names, pool):
    """Downloads what `listing` has under `names` to the folder `pool`. The last .dsc, or None."""
    description = None
    for line in pathlib.Path(listing).read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        name, path, digest = line.split()
        if name not in names:
            continue
        target = pathlib.Path(pool, path.rpartition("/")[2])
        download(path, digest, target)
        if target.suffix == ".dsc":
            description = target
    return description


def unpack(description, place):
    """The patched source of a .dsc, at `place`."""
    subprocess.run(["dpkg-source", "--no-check", "--no-copy", "-x", str(description), str(place)], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
