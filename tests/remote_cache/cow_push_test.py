#!/usr/bin/env python3
"""cow cache push: what was built and tested before, another machine finds.

usage: cow_push_test.py BUILD_DIR
"""
import functools
import hashlib
import json
import os
import pathlib
import sys
import tempfile

from cache_server import CacheServer
from machine import Machine as AnyMachine

BUILD = pathlib.Path(sys.argv[1]).resolve()
FILES = {
    "WORKSPACE.cow": 'workspace(name = "pushed")\n',
    "stays.cow": """
def _stays(ctx):
    out = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.run_shell(outputs = [out], command = "echo here > " + out.path, execution_requirements = {"no-remote-cache": ""})
    return [DefaultInfo(files = depset([out]))]

stays = rule(implementation = _stays)
""",
    "BUILD.cow": """
load(":stays.cow", "stays")

genrule(name = "a", srcs = ["a.in"], outs = ["a.txt"], cmd = "cat $< $< > $@")
genrule(name = "b", srcs = [":a"], outs = ["b.txt"], cmd = "cat $< $< > $@")
stays(name = "stays")
cc_library(name = "lib", srcs = ["lib.cc"], hdrs = ["lib.h", "unread.h"])
sh_test(name = "b_test", srcs = ["b_test.sh"], data = [":b"])
""",
    "a.in": "a\n",
    "lib.h": "int lib();\n",
    "unread.h": "#define UNREAD 1\n",
    "lib.cc": '#include "lib.h"\nint lib() { return 1; }\n',
    "b_test.sh": "#!/bin/sh\ntest $(wc -l < b.txt) = 4\n",
}
Machine = functools.partial(AnyMachine, BUILD / "bin/cow", FILES)


def push(machine, server, *words, fails=False, flags=()):
    return json.loads(machine.cow("cache", "push", *words, "--json", f"--remote_cache=grpc://{server}", *flags, fails=fails))


def check_push(top):
    with CacheServer(BUILD / "bin/cow-cache", top / "cache") as server:
        first = Machine(top, "first")
        empty = push(first, server.grpc)
        assert empty["sent"] == 0 and empty["not_here"] > 0, empty
        run, _, _ = first.build(None)
        assert first.build(None, command="test")[0] == 1
        sent = push(first, server.grpc)
        assert sent["not_for_others"] == 1 and sent["not_here"] == 0 and sent["not_sent"] == 0, sent
        assert sent["sent"] == run, (sent, "all but one, and a test")
        second = Machine(top, "second")
        assert second.build(server.grpc) == (1, 0, run - 1), second.errors
        assert second.build(server.grpc, command="test")[2] == 1, second.errors
        assert second.digests() == first.digests()
        # What was read came along.
        (second.workspace / "unread.h").write_text("#define UNREAD 2\n")
        assert second.build(server.grpc)[0] == 0, second.errors
        # What is here only as a record is not sent, and does no harm.
        third = Machine(top, "third")
        third.build(server.grpc, "--remote_download_outputs=minimal", targets="//:b")
        with CacheServer(BUILD / "bin/cow-cache", top / "other") as other:
            assert push(third, other.grpc, "//:b") ["not_here"] == 2
            assert third.build(other.grpc, "--remote_download_outputs=all", targets="//:b")[0] == 2
            assert push(third, other.grpc, "//:a")["sent"] == 1
        text = third.cow("cache", "push", "//:b", f"--remote_cache=grpc://{server.grpc}")
        assert text == "" and "push finished: 2 results sent, 0 not taken" in third.errors, third.errors
    print(f"push: {sent['sent']} results of earlier builds, found by another machine")


def check_failures(top):
    machine = Machine(top, "alone")
    run, _, _ = machine.build(None, targets="//:b")
    gone = push(machine, "127.0.0.1:1", "//:b", fails=True)
    assert gone["exit_code"] == 36 and gone["not_sent"] == run, gone
    assert len(machine.warnings()) == 1, machine.errors
    machine.cow("cache", "push", fails=True)
    assert "--remote_cache" in machine.errors
    machine.cow("cache", "push", "//:none", f"--remote_cache=grpc://127.0.0.1:1", fails=True)
    assert "none" in machine.errors
    access = top / "access"
    access.write_text(f"reader laptop {hashlib.sha256(b'secret').hexdigest()}\n")
    with CacheServer(BUILD / "bin/cow-cache", top / "cache", f"--access_file={access}", "--anonymous=none") as server:
        refused = push(machine, server.grpc, "//:b", fails=True, flags=["--remote_header=authorization=Bearer secret"])
        assert refused["exit_code"] == 36 and refused["sent"] == 0 and refused["not_sent"] == run, refused
        assert "takes no results" in machine.errors and "secret" not in machine.errors, machine.errors
    print("push: who cannot send says so")


def main():
    for check in (check_push, check_failures):
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            check(pathlib.Path(folder))


main()
