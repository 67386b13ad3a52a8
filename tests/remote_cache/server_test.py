#!/usr/bin/env python3
"""cow-cache as a process: the conformance suite, who may do what, kill -9 under load, eviction, drain, idle connections.

usage: server_test.py BUILD_DIR
"""
import base64
import concurrent.futures
import hashlib
import http.client
import json
import os
import pathlib
import random
import resource
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

from cache_server import CacheServer

BUILD = pathlib.Path(sys.argv[1]).resolve()
PROGRAM = BUILD / "bin/cow-cache"


def blob(seed, size):
    return random.Random(seed).randbytes(size)


def cas(data):
    return "/cas/" + hashlib.sha256(data).hexdigest()


def check_conformance(top):
    with CacheServer(PROGRAM, top / "cache") as server:
        done = subprocess.run([BUILD / "tests/remote_cache_conformance", f"--grpc={server.grpc}", f"--http={server.http}"],
                              capture_output=True, text=True)
    print((done.stdout.splitlines()[-1] if done.returncode == 0 else done.stdout), flush=True)
    assert done.returncode == 0


def check_roles(top):
    secrets = {"reader": "r-secret", "cas-writer": "c-secret", "writer": "w-secret"}
    lines = [f"{role} {role}-name {hashlib.sha256(secret.encode()).hexdigest()}" for role, secret in secrets.items()]
    lines.append(f"writer pull-request {hashlib.sha256(b'p-secret').hexdigest()} pr/* raw/pr/*")
    access = top / "access"
    access.write_text("# who\n" + "\n".join(lines) + "\n")
    data = blob("roles", 3000)
    key = hashlib.sha256(b"some action").hexdigest()
    with CacheServer(PROGRAM, top / "cache", f"--access_file={access}") as server:
        def ask(secret, method, path, body=None):
            headers = {"Authorization": f"Bearer {secret}"} if secret else {}
            return server.ask(method, path, body, headers)[0]
        assert ask("", "GET", cas(data)) == 401
        assert ask("wrong", "GET", cas(data)) == 401
        assert ask("r-secret", "GET", cas(data)) == 404
        assert ask("r-secret", "PUT", cas(data), data) == 403
        assert ask("r-secret", "PUT", f"/ac/{key}", b"") == 403
        assert ask("c-secret", "PUT", cas(data), data) == 200
        assert ask("c-secret", "PUT", f"/ac/{key}", b"") == 403
        assert ask("c-secret", "PUT", f"/raw/ac/{key}", b"any") == 403
        assert ask("p-secret", "PUT", f"/ac/{key}", b"") == 403, "a pull request wrote what main reads"
        assert ask("p-secret", "PUT", f"/pr/../ac/{key}", b"") == 405, "no such place"
        assert ask("p-secret", "PUT", f"/prx/ac/{key}", b"") == 403
        assert ask("p-secret", "PUT", f"/pr/7/ac/{key}", b"") == 200
        assert ask("r-secret", "GET", f"/ac/{key}") == 404
        assert ask("r-secret", "GET", f"/pr/7/ac/{key}") == 200
        assert ask("w-secret", "PUT", f"/ac/{key}", b"") == 200
        assert ask("r-secret", "GET", f"/pr/8/ac/{key}") == 200, "pull requests fall back on main"
        assert ask("p-secret", "PUT", f"/raw/ac/{key}", b"any") == 403
        assert ask("p-secret", "PUT", f"/raw/pr/7/ac/{key}", b"any") == 200
        assert ask("r-secret", "GET", f"/raw/pr/7/ac/{key}") == 200
        for other in (f"/raw/ac/{key}", f"/raw/pr/8/ac/{key}", f"/raw/pr/7/cas/{key}"):
            assert ask("r-secret", "GET", other) == 404, "a pull request wrote what others read in the raw space"
        basic = base64.b64encode(b"reader-name:r-secret").decode()
        assert server.ask("GET", cas(data), None, {"Authorization": f"Basic {basic}"})[0] == 200
        basic = base64.b64encode(b"writer-name:r-secret").decode()
        assert server.ask("GET", cas(data), None, {"Authorization": f"Basic {basic}"})[0] == 401
        assert server.ask("GET", "/healthz")[0] == 200
        assert server.ask("GET", "/metrics")[0] == 401
    for flags, message in ((["--http=0.0.0.0:0"], "others than this machine"), (["--dri=/x"], "did you mean --dir?"),
                           (["--http=0.0.0.0:0", "--anonymous=writer", "--tls_certificate=x", "--tls_key=x", f"--access_file={access}"],
                            "nobody may write without a name"), (["--grpc=127.evil.example:1"], "others than this machine"), ([], "nothing to serve")):
        done = subprocess.run([PROGRAM, f"--dir={top}/cache", *flags], capture_output=True, text=True)
        assert done.returncode == 2 and message in done.stderr, done.stderr
    access.write_text("writer somebody nohash\n")
    done = subprocess.run([PROGRAM, f"--dir={top}/cache", "--http=127.0.0.1:0", f"--access_file={access}"], capture_output=True, text=True)
    assert done.returncode == 36 and f"{access}:1:1: error:" in done.stderr, done.stderr
    print("roles: reader, cas-writer, writer, pull request, nobody")


class Load:
    """Threads that put and get until they are told to stop; what was answered with success is remembered."""

    def __init__(self, server, threads=4):
        self.server = server
        self.stopping = threading.Event()
        self.stored = {}
        self.wrong = []
        self.threads = [threading.Thread(target=self.run, args=(number,)) for number in range(threads)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join()

    def run(self, number):
        rng = random.Random(f"{number}-{time.monotonic()}")
        while not self.stopping.is_set():
            try:
                data = rng.randbytes(rng.choice([10, 1500, 5000, 200_000]))
                code, _ = self.server.ask("PUT", cas(data), data)
                if code == 200:
                    self.stored[cas(data)] = time.monotonic()
                path = rng.choice(list(self.stored) or [cas(data)])
                code, got = self.server.ask("GET", path)
                if code == 200 and "/cas/" + hashlib.sha256(got).hexdigest() != path:
                    self.wrong.append(path)
            except (OSError, http.client.HTTPException):
                self.stopping.wait(0.01)  # it was killed just now


def check_kill(top):
    server = CacheServer(PROGRAM, top / "cache", "--max_size=2G")
    evicting = CacheServer(PROGRAM, top / "evicting", "--max_size=10M", "--min_retention=0s")
    rng = random.Random(7)
    for _ in range(8):
        evicting.start()
        with Load(evicting) as load:
            time.sleep(rng.uniform(0.5, 1))
            evicting.kill()
        evicting.start()
        lost = [path for path in load.stored if evicting.ask("GET", path)[0] not in (200, 404)]
        status = json.loads(evicting.ask("GET", "/status")[1])
        assert not lost and not load.wrong and status["damagedBlobs"] == 0 and status["vanishedBlobs"] == 0, (lost, status)
        evicting.kill()
        server.start()
        with Load(server) as load:
            time.sleep(rng.uniform(0.2, 0.8))
            began = time.monotonic()
            server.kill()
        assert not load.wrong, load.wrong
        server.start()
        # The last moments before the end may be lost, nothing else, and nothing may be wrong.
        for path, when in load.stored.items():
            code, got = server.ask("GET", path)
            assert code == 200 or when > began - 1, f"{path} was lost, {began - when:.3f} s before the end"
            assert code != 200 or "/cas/" + hashlib.sha256(got).hexdigest() == path
        status = json.loads(server.ask("GET", "/status")[1])
        assert status["damagedBlobs"] == 0 and status["vanishedBlobs"] == 0, status
        server.kill()
    done = subprocess.run([PROGRAM, "check", f"--dir={top}/cache"], capture_output=True, text=True)
    assert done.returncode == 0, done
    print(f"8 kills under load and 8 while it evicted; {done.stdout.strip()}")


def check_eviction(top):
    limit = 20_000_000
    with CacheServer(PROGRAM, top / "cache", f"--max_size={limit}", "--min_retention=0s") as server:
        with Load(server, threads=3) as load:
            end = time.monotonic() + 20
            while json.loads(server.ask("GET", "/status")[1])["evictedBlobs"] < 200 and time.monotonic() < end:
                time.sleep(0.1)
        assert not load.wrong, load.wrong
        status = json.loads(server.ask("GET", "/status")[1])
        assert status["evictedBlobs"] >= 200, status
        assert status["usedBytes"] <= limit * 1.05 + 1_000_000, status
        assert status["damagedBlobs"] == 0 and status["vanishedBlobs"] == 0, status
        used = sum(path.stat().st_size for path in (top / "cache/cas").rglob("*") if path.is_file())
        assert used <= limit * 1.06 + 1_000_000, used
    print(f"eviction under load: {status['evictedBlobs']} blobs went, {used} bytes on disk")


def check_idle_connections(top):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    count = min(10_000, hard // 2 - 200)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    data = blob("idle", 1000)
    with CacheServer(PROGRAM, top / "cache") as server:
        host, port = server.http.split(":")
        idle = []
        for _ in range(count):
            idle.append(socket.create_connection((host, int(port))))
        for connection in idle[::10]:
            connection.sendall(b"GET /cas/")  # and never more
        began = time.monotonic()
        assert server.ask("PUT", cas(data), data)[0] == 200
        assert server.ask("GET", cas(data))[1] == data
        took = time.monotonic() - began
        memory = int(next(line for line in pathlib.Path(f"/proc/{server.process.pid}/status").read_text().splitlines()
                          if line.startswith("VmRSS")).split()[1])
        for connection in idle:
            connection.close()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    print(f"{count} connections, a tenth of them in the middle of a request: a put and a get took {took:.2f} s; {memory} kB")


def check_drain(top):
    server = CacheServer(PROGRAM, top / "cache", "--drain=1s")
    server.start()
    data = blob("drain", 4_000_000)
    host, port = server.http.split(":")
    slow = socket.create_connection((host, int(port)))
    slow.sendall(f"PUT {cas(data)} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(data)}\r\n\r\n".encode() + data[:100_000])
    time.sleep(0.2)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        ended = pool.submit(server.stop)
        time.sleep(0.4)
        assert server.ask("GET", "/readyz")[0] == 503
        assert server.ask("GET", "/healthz")[0] == 200
        slow.sendall(data[100_000:])
        assert b" 200 " in slow.recv(1000)
        ended.result(60)
    with CacheServer(PROGRAM, top / "cache") as again:
        assert again.ask("GET", cas(data))[1] == data
        second = subprocess.run([PROGRAM, f"--dir={top}/cache", "--http=127.0.0.1:0"], capture_output=True, text=True)
        assert second.returncode == 36 and "another cow-cache uses" in second.stderr
    print("drain: what was under way was finished")


def make_certificate(top, name, signer=None):
    key, request, certificate = (top / f"{name}.{end}" for end in ("key", "csr", "pem"))
    subprocess.run(["openssl", "req", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-subj", f"/CN={name}", "-out", request]
                   + (["-x509"] if signer is None else []), check=True, capture_output=True)
    if signer is None:
        request.rename(certificate)
        return key, certificate
    names = top / f"{name}.names"
    names.write_text("subjectAltName=IP:127.0.0.1\n")
    subprocess.run(["openssl", "x509", "-req", "-in", request, "-CA", signer[1], "-CAkey", signer[0], "-CAcreateserial",
                    "-extfile", names, "-out", certificate], check=True, capture_output=True)
    return key, certificate


def check_tls(top):
    authority = make_certificate(top, "authority")
    key, certificate = make_certificate(top, "server", authority)
    client = make_certificate(top, "builder", authority)
    stranger = make_certificate(top, "stranger", make_certificate(top, "nobody"))
    access = top / "access"
    access.write_text("writer builder certificate\n")
    data = blob("tls", 5000)
    flags = [f"--tls_certificate={certificate}", f"--tls_key={key}", f"--tls_client_ca={authority[1]}", f"--access_file={access}"]
    with CacheServer(PROGRAM, top / "cache", *flags) as server:
        def ask(method, body=None, shown=None):
            context = ssl.create_default_context(cafile=authority[1])
            if shown:
                context.load_cert_chain(shown[1], shown[0])
            connection = http.client.HTTPSConnection(*server.http.split(":"), context=context, timeout=20)
            connection.request(method, cas(data), body)
            return connection.getresponse().status
        assert ask("PUT", data) == 401
        assert ask("PUT", data, client) == 200
        assert ask("GET", None, client) == 200
        try:
            assert ask("GET", None, stranger) == 401, "a certificate that nobody signed was believed"
        except (ssl.SSLError, OSError):
            pass  # refused in the handshake
        host, port = server.http.split(":")
        plain = socket.create_connection((host, int(port)), timeout=20)
        plain.sendall(f"GET {cas(data)} HTTP/1.1\r\n\r\n".encode())
        try:
            assert b"HTTP/1.1 200" not in plain.recv(1000), "plain text was answered on a TLS port"
        except ConnectionResetError:
            pass
        assert ask("GET", None, client) == 200
    print("TLS: certificates of clients; strangers and plain text refused")


def check_pages(top):
    with CacheServer(PROGRAM, top / "cache") as server:
        key = "/ac/" + hashlib.sha256(b"page").hexdigest()
        server.ask("GET", key)
        server.ask("PUT", key, b"")
        server.ask("GET", key)
        page = server.ask("GET", "/")[1].decode()
        assert "<svg" in page and "1 (50.0 %)" in page and "<script" not in page, page
        metrics = server.ask("GET", "/metrics")[1].decode()
        assert 'cow_cache_results_total{found="yes"} 1' in metrics, metrics
        assert metrics.count("# TYPE cow_cache_requests_total counter") == 1
    print("pages: status, metrics")


def main():
    checks = [check_conformance, check_roles, check_tls, check_pages, check_kill, check_eviction, check_drain, check_idle_connections]
    for check in checks:
        with tempfile.TemporaryDirectory(dir=os.environ.get("COW_TEST_TMP")) as folder:
            check(pathlib.Path(folder))
    print(f"{len(checks)} passed, 0 failed")


main()
