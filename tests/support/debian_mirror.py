"""A Debian mirror on the loopback, with packages of its own, a signing key made for the occasion, and faults on request.

    mirror = DebianMirror(directory)
    mirror.add_package("libgreet-dev", "1.0", "amd64", {"usr/include/greet.h": "..."}, depends="libgreet1")
    mirror.publish()
    with mirror.serving() as server:
        server.faults["/pool/..."] = "truncate"     # 404, truncate (once), cut (always), lie, stall
"""

import contextlib
import datetime
import hashlib
import http.server
import os
import subprocess
import threading


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        server = self.server
        path = self.path.replace("%2b", "+").replace("%7e", "~")
        with server.lock:
            server.requests.append((path, self.headers.get("Range", "")))
        file = os.path.join(server.root, path.lstrip("/"))
        fault = server.faults.get(path, server.faults.get("*", ""))
        if fault == "404" or not os.path.isfile(file):
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        with open(file, "rb") as stream:
            data = stream.read()
        if fault == "stall":
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data[:10])
            self.wfile.flush()
            server.stopped.wait(30)
            self.close_connection = True
            return
        if fault == "lie":
            data = bytes(byte ^ 255 for byte in data)
        start = 0
        asked = self.headers.get("Range", "")
        if asked.startswith("bytes=") and asked.endswith("-"):
            start = int(asked[6:-1])
        if 0 < start < len(data):
            self.send_response(206)
            self.send_header("Content-Range", "bytes %d-%d/%d" % (start, len(data) - 1, len(data)))
        else:
            start = 0
            self.send_response(200)
        self.send_header("Content-Length", str(len(data) - start))
        self.send_header("Last-Modified", self.date_time_string(int(os.path.getmtime(file))))
        self.end_headers()
        if fault == "cut" or (fault == "truncate" and not start):
            self.wfile.write(data[start : start + (len(data) - start) // 2])
            self.wfile.flush()
            self.close_connection = True
            return
        self.wfile.write(data[start:])

    def log_message(self, *_):
        pass


class DebianMirror:
    def __init__(self, root, suite="bookworm", origin="Debian"):
        self.root = root
        self.suite = suite
        self.origin = origin
        self.packages = []
        self.home = os.path.join(root, ".gnupg")
        os.makedirs(self.home, mode=0o700)
        self._gpg("--quick-generate-key", "--passphrase", "", "mirror of a test", "rsa2048", "sign", "never")
        self.keyring = os.path.join(root, "keyring.gpg")
        self._gpg("--output", self.keyring, "--export")

    def _gpg(self, *arguments):
        subprocess.run(
            ["gpg", "--homedir", self.home, "--batch", "--yes", "--quiet", *arguments], check=True, capture_output=True
        )

    def close(self):
        subprocess.run(["gpgconf", "--homedir", self.home, "--kill", "all"], check=False, capture_output=True)

    def add_package(self, name, version, architecture, files, depends="", links=None):
        work = os.path.join(self.root, ".work", name + "_" + architecture)
        for path, content in files.items():
            place = os.path.join(work, path)
            os.makedirs(os.path.dirname(place), exist_ok=True)
            with open(place, "wb") as stream:
                stream.write(content if isinstance(content, bytes) else content.encode())
        for path, target in (links or {}).items():
            place = os.path.join(work, path)
            os.makedirs(os.path.dirname(place), exist_ok=True)
            os.symlink(target, place)
        os.makedirs(os.path.join(work, "DEBIAN"), exist_ok=True)
        control = "Package: %s\nVersion: %s\nArchitecture: %s\nMaintainer: test <test@example.org>\n" % (name, version, architecture)
        control += "Depends: %s\n" % depends if depends else ""
        control += "Description: of a test\n"
        with open(os.path.join(work, "DEBIAN", "control"), "w") as stream:
            stream.write(control)
        pool = "pool/main/%s/%s/%s_%s_%s.deb" % (name[0], name, name, version, architecture)
        deb = os.path.join(self.root, pool)
        os.makedirs(os.path.dirname(deb), exist_ok=True)
        subprocess.run(["dpkg-deb", "--root-owner-group", "-b", work, deb], check=True, capture_output=True)
        subprocess.run(["rm", "-rf", work], check=True)
        with open(deb, "rb") as stream:
            data = stream.read()
        stanza = control + "Filename: %s\nSize: %d\nSHA256: %s\n" % (pool, len(data), hashlib.sha256(data).hexdigest())
        self.packages = [p for p in self.packages if p[:2] != (name, architecture)]
        self.packages.append((name, architecture, stanza))
        return pool

    def publish(self, date=None, valid_until=None, signed=True, digest="SHA256", **fields):
        """Writes and signs the indices, as of `date` (default: now)."""
        date = date or datetime.datetime.now(datetime.timezone.utc)
        base = os.path.join(self.root, "dists", self.suite)
        hashes = []
        for architecture in ("amd64", "arm64"):
            text = "\n".join(p[2] for p in self.packages if p[1] in (architecture, "all"))
            path = "main/binary-%s/Packages" % architecture
            os.makedirs(os.path.dirname(os.path.join(base, path)), exist_ok=True)
            with open(os.path.join(base, path), "w") as stream:
                stream.write(text)
            hashes.append(" %s %d %s" % (hashlib.sha256(text.encode()).hexdigest(), len(text), path))
        lines = {"Origin": self.origin, "Suite": "stable", "Codename": self.suite, "Date": self.stamp(date)}
        if valid_until:
            lines["Valid-Until"] = self.stamp(valid_until)
        lines.update({"Architectures": "amd64 arm64", "Components": "main", **fields})
        release = "".join("%s: %s\n" % item for item in lines.items()) + "SHA256:\n" + "\n".join(hashes) + "\n"
        with open(os.path.join(base, "Release"), "w") as stream:
            stream.write(release)
        inrelease = os.path.join(base, "InRelease")
        if signed:
            self._gpg("--digest-algo", digest, "--clearsign", "--output", inrelease, os.path.join(base, "Release"))
        elif os.path.exists(inrelease):
            os.remove(inrelease)
        os.remove(os.path.join(base, "Release"))

    @staticmethod
    def stamp(date):
        return date.strftime("%a, %d %b %Y %H:%M:%S UTC")

    @contextlib.contextmanager
    def serving(self):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        server.root = self.root
        server.faults = {}
        server.requests = []
        server.lock = threading.Lock()
        server.stopped = threading.Event()
        server.url = "http://127.0.0.1:%d" % server.server_port
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server
        finally:
            server.stopped.set()
            server.shutdown()
            thread.join()
            server.server_close()


def apt_environment(directory, urls, keyring, suite="bookworm"):
    """The environment in which apt's only sources are these mirrors."""
    os.makedirs(os.path.join(directory, "state/lists/partial"), exist_ok=True)
    os.makedirs(os.path.join(directory, "cache/archives/partial"), exist_ok=True)
    sources = os.path.join(directory, "sources.list")
    with open(sources, "w") as stream:
        for url in urls:
            stream.write("deb [signed-by=%s] %s %s main\n" % (keyring, url, suite))
    config = os.path.join(directory, "apt.conf")
    with open(config, "w") as stream:
        stream.write('Dir::Etc::sourcelist "%s";\nDir::Etc::sourceparts "/dev/null";\n' % sources)
        stream.write('Dir::State "%s/state";\nDir::Cache "%s/cache";\n' % (directory, directory))
        stream.write('Dir::Etc::parts "/dev/null";\nDir::Etc::main "/dev/null";\n')
        stream.write('APT::Architecture "amd64";\nAcquire::http::Proxy "DIRECT";\n')
    return {**os.environ, "APT_CONFIG": config, "no_proxy": "127.0.0.1"}
