#!/usr/bin/env python3
"""cow as a client of cow-cache: what one machine built another takes, whatever its paths and user; and whatever the cache does, the build is
right, and late by less than two seconds.

usage: cow_client_test.py BUILD_DIR
"""
import functools
import hashlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

from cache_server import CacheServer
from fault_proxy import FaultProxy
from machine import Machine as AnyMachine

BUILD = pathlib.Path(sys.argv[1]).resolve()
COW = BUILD / "bin/cow"
CACHE = BUILD / "bin/cow-cache"
PARTS = 10
FILES = {
    "WORKSPACE.cow": 'workspace(name = "shared")\n',
    "BUILD.cow": f"""
[genrule(
    name = "part%d" % number,
    outs = ["part%d.txt" % number],
    cmd = "sleep 0.1; for i in $$(seq %d); do echo line $$i of part {{}}; done > $@".format(number) % (number * 4000 + 10),
) for number in range({PARTS})]

genrule(
    name = "sum",
    srcs = [":part%d" % number for number in range({PARTS})],
    outs = ["sum.txt"],
    cmd = "cat $(SRCS) | sha256sum > $@; echo printed; echo complained >&2",
)

cc_library(name = "greet", srcs = ["greet.cc"], hdrs = ["greet.h", "unread.h"])
cc_binary(name = "hello", srcs = ["hello.cc"], deps = [":greet"])
cc_test(name = "hello_test", srcs = ["hello.cc"], deps = [":greet"])
""",
    "greet.h": "int greet();\n",
    "unread.h": "#define UNREAD 1\n",
    "greet.cc": '#include "greet.h"\n#include <cstdio>\nint greet() { return std::puts("hello"); }\n',
    "hello.cc": '#include "greet.h"\nint main() { return greet() < 0; }\n',
}


Machine = functools.partial(AnyMachine, COW, FILES)


def check_two_machines(top):
    with CacheServer(CACHE, top / "cache") as server:
        first = Machine(top, "first")
        run, _, _ = first.build(server.grpc, "--remote_upload_local_results")
        tests, _, _ = first.build(server.grpc, "--remote_upload_local_results", command="test")
        assert run > PARTS and tests == 1 and not first.warnings(), first.errors
        users = [0] + ([4711] if os.geteuid() == 0 and os.access(COW, os.X_OK) and shutil.which("setpriv") else [])
        for user in users:
            second = Machine(top, "second", user)
            assert second.build(server.grpc) == (0, 0, run), second.errors
            assert second.build(server.grpc, command="test")[2] == 1, second.errors
            assert second.digests() == first.digests()
            why = second.cow("why", "//:sum")
            assert "was found in the remote cache" in why, why
        # What an action read came along: a header that nothing reads runs nothing.
        (second.workspace / "unread.h").write_text("#define UNREAD 2\n")
        assert second.build(server.grpc, command="test")[0] == 0, second.errors
        (second.workspace / "greet.h").write_text("int greet();  // changed\n")
        run_again, _, _ = second.build(server.grpc, command="test")
        assert run_again >= 2, "what reads a changed file runs"
        # People read: what they run stays with them.
        third = Machine(top, "third")
        (third.workspace / "greet.h").write_text("int greet();  // changed\n")
        assert third.build(server.grpc, command="test")[0] >= run_again - 1
    print(f"two machines: {run} actions on the first, none on the others, the same bytes, also as another user")


def make_certificate(top, names):
    key, certificate = top / "key.pem", top / "certificate.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "2",
                    "-subj", "/CN=cache", "-addext", f"subjectAltName={names}"], check=True, capture_output=True)
    return key, certificate


class Networks:
    """Namespaces of three machines: a server, and two clients that reach nothing else."""

    def __enter__(self):
        self.names = {machine: f"cow-{os.getpid()}-{machine}" for machine in ("server", "one", "two")}
        for name in self.names.values():
            ip("netns", "add", name)
        for number, client in ((1, "one"), (2, "two")):
            ip("link", "add", f"to{number}", "netns", self.names["server"], "type", "veth", "peer", "name", "out", "netns", self.names[client])
            for machine, link, address in (("server", f"to{number}", 1), (client, "out", 2)):
                ip("-n", self.names[machine], "addr", "add", f"10.77.{number}.{address}/24", "dev", link)
                ip("-n", self.names[machine], "link", "set", link, "up")
        ip("-n", self.names["server"], "link", "set", "lo", "up")
        return self

    def __exit__(self, *_):
        for name in self.names.values():
            subprocess.run(["ip", "netns", "del", name], check=False)

    def inside(self, machine):
        return ["ip", "netns", "exec", self.names[machine]]


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True)


def check_networks(top):
    try:
        with Networks() as networks:
            return check_over(networks, top)
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        assert os.environ.get("COW_REQUIRE_TOOLS") != "1", error
        print("SKIPPED: two networks: this machine makes no network namespaces")


def check_over(networks, top):
    access = top / "access"
    access.write_text(f"writer ci {hashlib.sha256(b'ci-secret').hexdigest()}\nreader laptop {hashlib.sha256(b'laptop-secret').hexdigest()}\n")
    key, certificate = make_certificate(top, "IP:10.77.1.1,IP:10.77.2.1")
    with CacheServer(CACHE, top / "cache", f"--access_file={access}", "--anonymous=none", f"--tls_certificate={certificate}",
                     f"--tls_key={key}", host="0.0.0.0", prefix=networks.inside("server")) as server:
        port = server.grpc.rsplit(":")[-1]

        def build(machine, number, secret, *flags):
            return machine.build(None, f"--remote_cache=grpcs://10.77.{number}.1:{port}", f"--tls_certificate={certificate}",
                                 f"--remote_header=authorization=Bearer {secret}", *flags)
        one = Machine(top, "one", prefix=networks.inside("one"))
        run, _, _ = build(one, 1, "ci-secret", "--remote_upload_local_results")
        assert run > PARTS and not one.warnings(), one.errors
        two = Machine(top, "two", prefix=networks.inside("two"))
        assert build(two, 2, "laptop-secret") == (0, 0, run), two.errors
        assert two.digests() == one.digests()
    print(f"two networks: {run} actions in the one, none in the other, over TLS")


def check_access(top):
    access = top / "access"
    hashes = {secret: hashlib.sha256(secret.encode()).hexdigest() for secret in ("ci-secret", "laptop-secret")}
    access.write_text(f"writer ci {hashes['ci-secret']}\nreader laptop {hashes['laptop-secret']}\n")
    key, certificate = make_certificate(top, "DNS:localhost")
    with CacheServer(CACHE, top / "cache", f"--access_file={access}", "--anonymous=none", f"--tls_certificate={certificate}",
                     f"--tls_key={key}") as server:
        cache = f"--remote_cache=grpcs://localhost:{server.grpc.rsplit(':')[-1]}"

        def flags(secret):
            return [cache, f"--tls_certificate={certificate}", f"--remote_header=authorization=Bearer {secret}", "--remote_upload_local_results"]
        reader = Machine(top, "reader")
        run, _, _ = reader.build(None, *flags("laptop-secret"), targets="//:sum")
        assert run == PARTS + 1 and len(reader.warnings()) == 1 and "takes no results" in reader.errors, reader.errors
        writer = Machine(top, "writer")
        done = writer.build(None, *flags("ci-secret"), targets="//:sum")
        assert done[0] == run and done[2] == 0, (done, "the reader wrote nothing", writer.errors)
        assert not writer.warnings(), writer.errors
        other = Machine(top, "other")
        assert other.build(None, *flags("laptop-secret"), targets="//:sum") == (0, 0, run), other.errors
        stranger = Machine(top, "stranger")
        assert stranger.build(None, *flags("guess"), targets="//:sum")[0] == run
        assert len(stranger.warnings()) == 1, stranger.errors
        # Without the authority the server is not believed.
        assert Machine(top, "careful").build(None, *[flag for flag in flags("ci-secret") if "tls" not in flag], targets="//:sum")[0] == run
    print("access: a reader reads over TLS and writes nothing; strangers build for themselves")


def check_dead(top):
    alone = timed(top, None)
    with CacheServer(CACHE, top / "cache") as server, FaultProxy(server.grpc) as proxy:
        def mid_build():
            proxy.mode = "pass"
            timer = threading.Timer(0.4, setattr, (proxy, "mode", "hole"))
            timer.start()
            seconds = timed(top, proxy.address)
            timer.join()
            return seconds

        proxy.mode = "hole"
        late = {}
        for name, build in (("refused", lambda: timed(top, "127.0.0.1:1")), ("black hole", lambda: timed(top, proxy.address)),
                            ("black hole midway", mid_build)):
            # Another test may be what takes the time.
            for _ in range(4):
                late[name] = build() - alone
                if late[name] < 2:
                    break
                alone = max(alone, timed(top, None))
        assert all(seconds < 2 for seconds in late.values()), (alone, late)
    print(f"dead caches: {alone:.1f} s alone, and " + ", ".join(f"{seconds:+.1f} s {name}" for name, seconds in late.items()))


def timed(top, cache):
    machine = Machine(top, "timed")
    run, _, _ = machine.build(cache, "--remote_upload_local_results", targets="//:sum")
    assert run == PARTS + 1
    assert len(machine.warnings()) == (1 if cache else 0), machine.errors
    return machine.seconds


def check_killed(top):
    expected = Machine(top, "expected")
    expected.build(None, targets="//:sum")
    with CacheServer(CACHE, top / "cache") as server:
        machine = Machine(top, "killed")
        timer = threading.Timer(0.5, server.kill)
        timer.start()
        machine.build(server.grpc, "--remote_upload_local_results", targets="//:sum")
        timer.join()
        assert machine.digests() == expected.digests()
        assert len(machine.warnings()) == 1, machine.errors
    print("killed midway: the build ends, and is right")


def check_interrupted(top):
    """Ctrl-C ends the wait for uploads, when all is built."""
    with CacheServer(CACHE, top / "cache") as server, FaultProxy(server.grpc) as proxy:
        proxy.mode = "slow"
        machine = Machine(top, "interrupted")
        (machine.workspace / "BUILD.cow").write_text('genrule(name = "big", outs = ["big"], cmd = "head -c 50000000 /dev/urandom > $@")\n')
        env = dict(os.environ, HOME=str(machine.home), COW_CACHE_DIR=str(machine.home / "cache"))
        command = [COW, "build", "//:big", "--norc", f"--remote_cache=grpc://{proxy.address}", "--remote_upload_local_results"]
        building = subprocess.Popen(command, cwd=machine.workspace, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 60
        while not list(machine.workspace.glob("cow-out/**/big")) and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(1.5)
        assert building.poll() is None, "it waits for nothing: the test shows nothing"
        began = time.monotonic()
        building.send_signal(signal.SIGINT)
        _, errors = building.communicate(timeout=100)
        seconds = time.monotonic() - began
        assert building.returncode != 0 and seconds < 3, (building.returncode, seconds, errors)
    print(f"Ctrl-C while uploads are waited for: {seconds:.1f} s")


def check_corrupt(top):
    with CacheServer(CACHE, top / "cache") as server, FaultProxy(server.grpc) as proxy:
        first = Machine(top, "honest")
        flags = ["--noremote_cache_compression", "--remote_download_outputs=all"]
        run, _, _ = first.build(server.grpc, "--remote_upload_local_results", *flags, targets="//:sum")
        proxy.replace = (b"line 7 of part", b"line 8 of part")
        second = Machine(top, "deceived")
        ran, _, taken = second.build(proxy.address, *flags, targets="//:sum")
        assert proxy.replaced > 0, "nothing was corrupted: the test shows nothing"
        assert ran > 0 and ran + taken == run, (ran, taken)
        assert second.digests() == first.digests()
        assert len(second.warnings()) == 1 and "wrong bytes" in second.errors, second.errors
    print(f"wrong bytes: {ran} of {run} actions ran again, and the result is right")


def main():
    for check in (check_two_machines, check_networks, check_access, check_dead, check_killed, check_interrupted, check_corrupt):
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            check(pathlib.Path(folder))


main()
