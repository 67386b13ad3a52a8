#!/usr/bin/env python3
"""Builds without the bytes: results come from cow-cache, outputs stay there until somebody needs them; and whatever becomes of them there,
builds end well, with the bytes that a clean build makes.

usage: cow_outputs_test.py BUILD_DIR [CHECK...]
"""
import functools
import hashlib
import json
import os
import pathlib
import random
import signal
import sys
import tempfile
import time

from cache_server import CacheServer
from fault_proxy import FaultProxy
from machine import Machine as AnyMachine

BUILD = pathlib.Path(sys.argv[1]).resolve()
GROUPS, PARTS = 3, 4
LINES = 6000
# Leaves are large, groups of them too, what is asked for is small.
FILES = {
    "WORKSPACE.cow": 'workspace(name = "lazy")\n',
    "pages.cow": """
def _pages(ctx):
    tree = ctx.actions.declare_directory(ctx.label.name)
    ctx.actions.run_shell(outputs = [tree], inputs = ctx.files.srcs, mnemonic = "Pages", command =
        "mkdir -p %s/sub && cat %s > %s/sub/page && echo first page > %s/index" % (tree.path, " ".join([f.path for f in ctx.files.srcs]), tree.path, tree.path))
    return [DefaultInfo(files = depset([tree]))]

pages = rule(implementation = _pages, attrs = {"srcs": attr.label_list(allow_files = True)})

def _count(ctx):
    out = ctx.actions.declare_file(ctx.label.name)
    tree = ctx.files.tree[0]
    ctx.actions.run_shell(outputs = [out], inputs = ctx.files.tree + ctx.files.srcs, mnemonic = "Count", command =
        "find %s -type f | sort | xargs cat | cat - %s | sha256sum > %s" % (tree.path, " ".join([f.path for f in ctx.files.srcs]), out.path))
    return [DefaultInfo(files = depset([out]))]

count = rule(implementation = _count, attrs = {"tree": attr.label(), "srcs": attr.label_list(allow_files = True)})
""",
    "BUILD.cow": f"""
load(":pages.cow", "count", "pages")

[genrule(
    name = "part%d" % number,
    srcs = ["leaf%d" % number],
    outs = ["part%d.txt" % number],
    cmd = "for i in $$(seq {LINES}); do echo line $$i of part %d; done | cat - $< > $@" % number,
) for number in range({GROUPS * PARTS})]

[genrule(
    name = "group%d" % group,
    srcs = [":part%d" % (group * {PARTS} + number) for number in range({PARTS})],
    outs = ["group%d.txt" % group],
    cmd = "cat $(SRCS) > $@",
) for group in range({GROUPS})]

genrule(
    name = "sum",
    srcs = [":group%d" % group for group in range({GROUPS})],
    outs = ["sum.txt"],
    cmd = "cat $(SRCS) | sha256sum > $@",
)

pages(name = "tree", srcs = [":part0", ":part1"])
count(name = "count", tree = ":tree", srcs = ["leaf11"])

sh_binary(name = "tool", srcs = ["tool.sh"], data = [":group1"])
sh_test(name = "sum_test", srcs = ["sum_test.sh"], data = [":sum", ":group0"])
""",
    "tool.sh": "#!/bin/sh\nhead -n 1 group1.txt\n",
    "sum_test.sh": '#!/bin/sh\ngrep -q "line 5 of part 1" group0.txt && test -s sum.txt && echo summed up\n',
    **{f"leaf{number}": f"leaf {number}\n" for number in range(GROUPS * PARTS)},
}
Machine = functools.partial(AnyMachine, BUILD / "bin/cow", FILES)
TOP = ["//:sum", "//:count"]
ACTIONS = GROUPS * PARTS + GROUPS + 3


def wanted(machine, cache, *flags, **words):
    """Builds what is asked for in these tests. (actions run, from here, from there)"""
    return machine.build(cache, TOP[1], *flags, targets=TOP[0], **words)


def fetched(machine):
    return machine.result["remote_cache_bytes"]


def text_of_part(number):
    return "".join(f"line {i} of part {number}\n" for i in range(1, LINES + 1)) + f"leaf {number}\n"


def clean_digests(top, edit=lambda machine: None):
    """What a build without any cache makes."""
    machine = Machine(top, "clean")
    edit(machine)
    wanted(machine, None)
    return machine.digests()


def filled(top, server):
    """A server that knows all results."""
    first = Machine(top, "first")
    assert wanted(first, server.grpc, "--remote_upload_local_results")[0] == ACTIONS
    assert first.build(server.grpc, "--remote_upload_local_results", command="test")[0] >= 1
    return first


def blob_files(server, digest=""):
    """Of the blobs that are not in its index."""
    return [path for path in pathlib.Path(server.folder).rglob(f"cas/??/{digest}*") if path.is_file()]


def edit_leaf(machine, number=3, text="another leaf\n"):
    (machine.workspace / f"leaf{number}").write_text(text)


def check_modes(top):
    with CacheServer(BUILD / "bin/cow-cache", top / "cache") as server:
        first = filled(top, server)
        expected = clean_digests(top)
        bytes_of = {}
        for mode in ("all", "toplevel", "minimal"):
            machine = Machine(top, mode)
            assert wanted(machine, server.grpc, f"--remote_download_outputs={mode}") == (0, 0, ACTIONS), machine.errors
            bytes_of[mode] = fetched(machine)
            if mode != "minimal":
                assert machine.digests() == expected
                continue
            assert not list((machine.workspace / "cow-out").rglob("*.txt")), "absent, not stale"
            files = [file for target in machine.result["targets"] for file in target["files"]]
            assert len(files) == 2 and all(file["downloaded"] is False for file in files), files
            assert {file["sha256"] for file in files} == set(expected.values()), (files, expected)
            # Nothing changed: nothing is asked.
            assert wanted(machine, server.grpc, "--remote_download_outputs=minimal")[0] == 0 and machine.result["unchanged"]
            assert fetched(machine) == 0
            # What somebody puts there goes.
            stale = next((machine.workspace / "cow-out").rglob("bin")) / "sum.txt"
            stale.write_text("stale\n")
            wanted(machine, server.grpc, "--remote_download_outputs=minimal")
            assert not stale.exists()
        assert bytes_of["minimal"] < bytes_of["toplevel"] < 2000 and bytes_of["all"] > 1_000_000, bytes_of
        assert first.digests().items() >= expected.items()
        # A program and a test need bytes, whatever the flag says.
        machine = Machine(top, "tests")
        assert machine.build(server.grpc, "--remote_download_outputs=minimal", command="test")[2] > 0, machine.errors
        (machine.workspace / "sum_test.sh").write_text(FILES["sum_test.sh"] + "# changed\n")
        assert machine.build(server.grpc, "--remote_download_outputs=minimal", command="test")[0] == 1, machine.errors
        assert machine.result["tests"][0]["passed"]
        cache = f"--remote_cache=grpc://{server.grpc}"
        assert Machine(top, "runs").cow("run", "//:tool", "--remote_download_outputs=minimal", cache) == "line 1 of part 4\n"
        told = Machine(top, "told")
        told.cow("test", "//:sum_test", "--remote_download_outputs=minimal", "--test_output=all", cache)
        assert "(cached) PASSED" in told.errors and "summed up" in told.errors, told.errors
    print(f"modes: {ACTIONS} hits, and " + ", ".join(f"{bytes_of[mode]} bytes for {mode}" for mode in bytes_of))


def check_edit(top):
    with CacheServer(BUILD / "bin/cow-cache", top / "cache") as server:
        filled(top, server)
        expected = clean_digests(top, edit_leaf)
        needed = sum(len(text_of_part(number)) for number in range(PARTS) if number != 3)
        needed += sum(len(text_of_part(number)) for number in range(PARTS, GROUPS * PARTS))
        for mode in ("toplevel", "minimal"):
            for reload in (False, True):
                machine = Machine(top, "edits")
                wanted(machine, server.grpc, f"--remote_download_outputs={mode}")
                edit_leaf(machine)
                if reload:  # a build that starts from the BUILD files again
                    (machine.workspace / "BUILD.cow").write_text(FILES["BUILD.cow"] + "# changed\n")
                run, _, _ = wanted(machine, server.grpc, f"--remote_download_outputs={mode}")
                assert run == 3, (run, "a part, its group, and the sum")
                assert fetched(machine) == needed, (fetched(machine), needed)
                wanted(machine, server.grpc, "--remote_download_outputs=toplevel")
                assert machine.result["actions"]["run"] == 0
                assert machine.digests() == expected, mode
        # A tree comes with all its files, when it is read.
        edit_leaf(machine, 11)
        assert wanted(machine, server.grpc)[0] == 4, "a part, its group, the sum, and what counts the tree"
        assert machine.digests() == clean_digests(top, lambda other: (edit_leaf(other), edit_leaf(other, 11)))
    print(f"edit: 3 actions ran, and the {needed} bytes came that they read")


def check_flags(top):
    with CacheServer(BUILD / "bin/cow-cache", top / "cache") as server:
        filled(top, server)
        expected = clean_digests(top)
        machine = Machine(top, "flags")
        wanted(machine, server.grpc, "--remote_download_outputs=minimal")
        # Another machine would have to make everything; this one has what it fetched.
        alone = Machine(top, "alone")
        wanted(alone, server.grpc, "--remote_download_outputs=minimal")
        assert wanted(alone, None)[0] == ACTIONS and alone.digests() == expected
        assert wanted(machine, server.grpc, "--remote_download_outputs=all")[0] == 0
        assert fetched(machine) > 1_000_000 and machine.digests() == expected
        (machine.workspace / "BUILD.cow").write_text(FILES["BUILD.cow"] + "# changed\n")
        assert wanted(machine, None)[0] == 0, "all is here"
        # Only the top is here: the rest is made when it is needed.
        machine = Machine(top, "train")
        wanted(machine, server.grpc)
        assert wanted(machine, None)[0] == 0 and machine.result["unchanged"]
        edit_leaf(machine)
        assert wanted(machine, None)[0] > 3
        assert machine.digests() == clean_digests(top, edit_leaf)
    print("flags: what minimal left, all brings; without the cache it is made")


def check_evicted(top):
    """What is gone at the server is made, whether the server knows that it is gone or finds out when it is asked."""
    expected = clean_digests(top, edit_leaf)
    for restart in (False, True):
        for all_of_them in (False, True):
            with CacheServer(BUILD / "bin/cow-cache", top / f"cache{restart}{all_of_them}") as server:
                filled(top, server)
                machine = Machine(top, "evicted")
                wanted(machine, server.grpc)
                part = hashlib.sha256(text_of_part(1).encode()).hexdigest()
                gone = blob_files(server, "" if all_of_them else part)
                assert len(gone) >= (10 if all_of_them else 1), gone
                for path in gone:
                    path.unlink()
                if restart:
                    server.stop()
                    server.start()
                edit_leaf(machine)
                run, _, _ = wanted(machine, server.grpc)
                # The new part ran before the old one was found to be gone, and is known by then.
                assert run > ACTIONS // 2 if all_of_them else run == 3, run
                assert machine.digests() == expected
                fresh = Machine(top, "fresh")
                edit_leaf(fresh)
                wanted(fresh, server.grpc, "--remote_download_outputs=minimal")
                wanted(fresh, server.grpc)
                assert fresh.digests() == expected
    print("evicted: one blob or all of them: what lacks them runs again, and the result is right")


def check_corrupt(top):
    expected = clean_digests(top, edit_leaf)
    with CacheServer(BUILD / "bin/cow-cache", top / "cache") as server, FaultProxy(server.grpc) as proxy:
        filled(top, server)
        machine = Machine(top, "deceived")
        flags = ["--noremote_cache_compression"]
        wanted(machine, proxy.address, *flags)
        proxy.replace = (b"line 7 of part 1\n", b"line 8 of part 1\n")
        edit_leaf(machine)
        run, _, _ = wanted(machine, proxy.address, *flags)
        assert proxy.replaced > 0, "nothing was corrupted: the test shows nothing"
        # The new part ran before the wrong one came, and is known by then.
        assert run == 3, (run, "that part, its group, and the sum")
        assert machine.digests() == expected
        assert len(machine.warnings()) == 1 and "wrong bytes" in machine.errors, machine.errors
        # Also in the build that has looked it up.
        other = Machine(top, "other")
        edit_leaf(other)
        assert wanted(other, proxy.address, *flags)[0] == 4 and other.digests() == expected
        # And if the cache goes away in the midst.
        third = Machine(top, "third")
        wanted(third, proxy.address, *flags)
        edit_leaf(third)
        proxy.mode = "hole"
        assert wanted(third, proxy.address, *flags)[0] > 4 and third.digests() == expected
    print("wrong bytes: the part was made again, and the result is right; so it is when the cache goes away")


def check_killed(top):
    expected = clean_digests(top, edit_leaf)
    dice = random.Random(6)
    with CacheServer(BUILD / "bin/cow-cache", top / "cache") as server:
        filled(top, server)
        killed = 0
        for round_ in range(6):
            machine = Machine(top, "killed")
            mode = f"--remote_download_outputs={('minimal', 'toplevel', 'all')[round_ % 3]}"
            if round_ % 2:
                wanted(machine, server.grpc, mode)
            edit_leaf(machine)
            building = machine.begin("build", *TOP, f"--remote_cache=grpc://{server.grpc}", mode)
            time.sleep(dice.uniform(0.05, 0.6))
            if building.poll() is None:
                os.killpg(building.pid, signal.SIGKILL)
                killed += 1
            building.wait()
            wanted(machine, server.grpc, mode)
            wanted(machine, server.grpc)
            assert machine.digests() == expected
            (machine.workspace / "BUILD.cow").write_text(FILES["BUILD.cow"] + "# changed\n")
            wanted(machine, None)
            assert machine.digests() == expected
        assert killed > 0
    print(f"killed {killed} times: the next build is right")


def main(names):
    for check in (check_modes, check_edit, check_flags, check_evicted, check_corrupt, check_killed):
        if names and check.__name__ not in names:
            continue
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            check(pathlib.Path(folder))


main(sys.argv[2:])
