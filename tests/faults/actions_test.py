#!/usr/bin/env python3
"""Actions that misbehave: what they may not do fails with a reason, is not kept, and leaves nothing.

    tests/faults/actions_test.py [--cow PATH] [--runs N] [--only NAME,...]

Rows 40, 41, 42, 43, 44, 49, 50, 52, 53, 54, 55, 56, 57, 58. Genrules in the shell of this machine.
"""
import json
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import tempfile
import time

import scene
import cowtest

# name: (command, None if it succeeds, else what the message says). $$OUT is the output.
COMMANDS = {
    # Row 41
    "nothing": ("true", "did not"),
    "more": ("echo x > $@; echo x > $(@D)/more.extra", "undeclared file"),
    "directory": ("mkdir $@", "directory"),
    "fifo": ("mkfifo $@", "neither a regular file"),
    "socket_dangling": ("ln -s nowhere $@", "nowhere"),
    "link_outside": ("ln -s /etc/passwd $@", "passwd"),
    "link_up": ("ln -s ../../../../../../../../etc/hostname $@", "hostname"),
    "setuid": ("echo x > $@; chmod u+s $@", ""),
    "hard_link_to_input": ("ln $< $@", ""),
    "half_and_failed": ("echo half > $@; false", "exit code 1"),
    "killed": ("echo half > $@; kill -9 $$$$", "signal 9"),
    "unreadable": ("echo x > $@; chmod 0 $@", None),
    "empty": (": > $@", None),
    # Row 44
    "writes_input": ("chmod u+w $< ; echo spoiled > $<; cp $< $@", "Read-only|denied"),
    "appends_input": ("cp $< $@; echo spoiled >> $<", "Read-only|denied"),
    "truncates_input": ("cp $< $@; truncate -s 0 $<", "Read-only|denied"),
    "renames_input": ("cp $< $@; mv $< $<.moved", "Read-only|denied"),
    "removes_input": ("cp $< $@; rm -f $<", "Read-only|denied"),
    "writes_by_descriptor": ("cp $< $@; exec 3< $<; echo spoiled > /proc/self/fd/3", "Read-only|denied"),
    # Rows 49, 50: what is left behind dies, and writes nothing any more.
    "daemon": ("echo right > $@; (setsid bash -c 'trap \"\" TERM HUP; sleep 0.6; echo late > $@' > /dev/null 2>&1 &)", None),
    "double_fork": ("echo right > $@; ( ( sleep 600 & ) & ); true", None),
    "stopped_child": ("echo right > $@; (sleep 600 & kill -STOP $$!); true", None),
    # Row 53
    "much_output": ("head -c 300000000 /dev/zero | tr '\\000' a; echo x > $@", None),
    "strange_output": ("printf '\\033[31mred\\033[2J\\377\\376\\000\\r\\n\\001' >&2; echo x > $@", None),
}
SURE = {"setuid", "hard_link_to_input"}  # refused, or made plain: never kept as they are


def rule(name, command):
    return f"genrule(name = {json.dumps(name)}, srcs = [\"in.txt\"], outs = [{json.dumps(name + '.out')}], cmd = {json.dumps(command)})\n"


class Place:
    def __init__(self, cow):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="cow-actions-", dir="/var/tmp"))
        self.cow = cowtest.Cow(pathlib.Path(cow).resolve().parent, self.root / "cache")
        self.work = self.root / "work"
        self.work.mkdir()
        (self.work / "WORKSPACE.cow").write_text('workspace(name = "actions")\n')
        (self.work / "BUILD.cow").touch()
        (self.work / "in.txt").write_text("input\n")

    def build(self, *arguments, build=None, prefix=()):
        if build is not None:
            (self.work / "BUILD.cow").write_text(build)
        self.cow.prefix = list(prefix)
        done = subprocess.run(self.cow.command("build", "--progress=no", *arguments), cwd=self.work, env=self.cow.env, stdin=subprocess.DEVNULL,
                              capture_output=True)
        done.stdout, done.stderr = done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "surrogateescape")
        return done

    def output(self, name):
        return self.work / "cow-bin" / name

    def nothing_left(self, what):
        left = cowtest.leftovers(self.cow.cache)
        if left:
            self.fail(f"{what}: left behind {left}")

    def fail(self, text):
        sys.exit(f"FAILED actions: {text}\n(kept: {self.root})")

    def must_build(self, what, *arguments, **how):
        done = self.build(*arguments, **how)
        if done.returncode != 0:
            self.fail(f"{what}: ended with {done.returncode}: {done.stderr[-2000:]}")
        return done


def commands(place, runs):
    place.must_build("the shell", "//:x", build=rule("x", "cp $< $@"))
    blobs = cowtest.file_digests(place.root / "cache/cas")
    (place.work / "BUILD.cow").write_text("".join(rule(name, command) for name, (command, _) in COMMANDS.items()))
    for name, (_, says) in COMMANDS.items():
        for attempt in range(2):  # what failed is not kept
            done = place.build(f"//:{name}", "-s")
            place.nothing_left(name)
            if says is None or name in SURE and done.returncode == 0:
                if done.returncode != 0:
                    place.fail(f"{name}: {done.stderr[:700]} ... {done.stderr[-700:]}")
                info = place.output(f"{name}.out").lstat()
                if info.st_mode & 0o7000 or not info.st_mode & 0o400 or info.st_nlink != 1 or not os.path.isfile(place.output(f"{name}.out")):
                    place.fail(f"{name}: the output has mode {oct(info.st_mode)}, {info.st_nlink} names")
            elif done.returncode != 1 or not re.search(says, done.stderr):
                place.fail(f"{name}: ended with {done.returncode} and does not say '{says}': {done.stderr[-1500:]}")
            elif f"# //:{name} [" not in done.stderr:
                place.fail(f"{name}: the failure was kept")
            if len(done.stderr) > 20_000_000 or re.search("[\0\1]|\033\\[2J", done.stderr):
                place.fail(f"{name}: {len(done.stderr)} bytes printed, or control characters")
    for name in ("daemon", "double_fork", "stopped_child"):
        if place.output(f"{name}.out").read_text() != "right\n":
            place.fail(f"{name}: {place.output(f'{name}.out').read_text()!r}")
    time.sleep(0.7)
    now = cowtest.file_digests(place.root / "cache/cas")
    if (place.work / "in.txt").read_text() != "input\n" or any(now.get(path) != digest for path, digest in blobs.items()):
        place.fail("an action changed its inputs or the cache")
    if any(pathlib.PurePath(path).name != digest for path, digest in now.items()):
        place.fail("a blob is not what its name says")
    return f"{len(COMMANDS)} commands"


def stale_outputs(place, runs):
    """Row 42, 43: trees hold what the last version of the action wrote, in whatever order it wrote."""
    defs = """
def _tree(ctx):
    out = ctx.actions.declare_directory(ctx.label.name)
    ctx.actions.run_shell(outputs = [out], inputs = ctx.files.srcs, command = ctx.attr.command.replace("OUT", out.path))
    return [DefaultInfo(files = depset([out]))]
tree = rule(implementation = _tree, attrs = {"command": attr.string(), "srcs": attr.label_list(allow_files = True)})
"""
    (place.work / "defs.cow").write_text(defs)
    names = [f"d{i % 7}/n{i}" for i in range(400)] + ["-dash", "with space", "quote'\"", "uml\u00e4ut", "e\u0301", "\u00e9", "a" * 255, "new\nline", "tab\t", "back\\slash", "*", "[x]"]
    listing = place.work / "names.txt"
    results = []
    rng = random.Random(1)
    head = 'load("//:defs.cow", "tree")\n'
    loop = "mkdir -p OUT/d0 OUT/d1 OUT/d2 OUT/d3 OUT/d4 OUT/d5 OUT/d6 OUT/empty; while IFS= read -r -d $'\\\\0' n; do echo x > OUT/\"$n\"; done < names.txt"
    for _ in range(3):
        rng.shuffle(names)
        listing.write_bytes("\0".join(names).encode() + b"\0")
        place.must_build("a tree", "//:t", build=head + f'tree(name = "t", srcs = ["names.txt"], command = """{loop}""")\n'
                         'genrule(name = "sum", srcs = [":t"], outs = ["sum.txt"], cmd = "tar --sort=name -cf - -C $(SRCS) . | sha256sum > $@")\n')
        on_disk = sorted(os.path.relpath(os.path.join(folder, name), place.output("t")) for folder, _, found in os.walk(place.output("t")) for name in found)
        if on_disk != sorted(names):
            place.fail(f"the tree holds {len(on_disk)} files: {sorted(set(on_disk) ^ set(names))[:5]}")
        place.must_build("a tree as input", "//:sum")
        results.append(place.output("sum.txt").read_text())
    if len(set(results)) != 1:
        place.fail(f"the order of writing shows: {results}")
    place.must_build("a smaller tree", "//:t", build=head + 'tree(name = "t", command = "echo y > OUT/only")\n')
    if os.listdir(place.output("t")) != ["only"]:
        place.fail(f"old files stay in the tree: {os.listdir(place.output('t'))[:5]}")
    return "4 trees"


def large_files(place, runs):
    """Row 57: sizes beyond 31 and 32 bits; with --runs 1 or more, as hashing takes its time."""
    sizes = [0, 1, (1 << 31) - 1, 1 << 31, (1 << 32) + 1] if runs else [0, 1, 100 << 20]
    for size in sizes:
        place.must_build(f"a file of {size} bytes", "//:large", build=rule("large", f"truncate -s {size} $@"))
        if place.output("large.out").stat().st_size != size:
            place.fail(f"a file of {size} bytes has {place.output('large.out').stat().st_size}")
    return f"{len(sizes)} sizes"


def archives(place, runs):
    """Row 40: equal inputs are no hard links."""
    (place.work / "in2.txt").write_text("input\n")
    place.must_build("tar", "//:t", build='genrule(name = "t", srcs = ["in.txt", "in2.txt"], outs = ["t.tar"], cmd = "tar -cf $@ $(SRCS)")\n')
    listing = subprocess.run(["tar", "-tvf", str(place.output("t.tar"))], capture_output=True, text=True, check=True).stdout
    if "link to" in listing or len(listing.splitlines()) != 2:
        place.fail(f"the archive has links: {listing}")
    return "1 archive"


def interrupted(place, runs):
    """Row 52: a build ends soon, whoever ends it and however often, and leaves no process."""
    build = "".join(f'genrule(name = "s{i}", outs = ["s{i}.out"], cmd = "trap \'\' TERM INT; sleep 20; echo x > $@")\n' for i in range(4))
    (place.work / "BUILD.cow").write_text(build + rule("x", "cp $< $@"))
    longest = 0
    for signals in ([signal.SIGINT], [signal.SIGTERM], [signal.SIGHUP], [signal.SIGINT] * 2, [signal.SIGINT] * 3, [signal.SIGKILL]):
        process = place.cow.start(place.work, "build", "//:all", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        time.sleep(0.8)
        begin = time.monotonic()
        for one in signals:
            process.send_signal(one)
            time.sleep(0.05)
        try:
            process.communicate(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            place.fail(f"{signals}: not ended after 15 s")
        took = time.monotonic() - begin
        longest = max(longest, took)
        deadline = time.monotonic() + 3
        while cowtest.leftovers(place.cow.cache) and time.monotonic() < deadline and (signal.SIGKILL in signals or len(signals) == 3):
            time.sleep(0.05)
            place.build("//:x")  # takes away what one left that had no time to
        place.nothing_left(f"{signals}")
    # The shell that started it is gone, and so is its terminal's process group.
    shell = subprocess.Popen(["bash", "-c", f'"{place.cow.bin}" build //:all; true'], cwd=place.work, env=place.cow.env, start_new_session=True,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(0.8)
    os.killpg(shell.pid, signal.SIGHUP)
    shell.wait()
    deadline = time.monotonic() + 5
    while cowtest.leftovers(place.cow.cache) and time.monotonic() < deadline:
        time.sleep(0.05)
    place.nothing_left("hang-up")
    if longest > 8:
        place.fail(f"it took {longest:.1f} s to end")
    return f"7 ends, at most {longest:.1f} s"


def text_busy(place, runs):
    """Row 54: programs are run right after they were written, by many."""
    count = runs or 60
    lines = []
    for i in range(count):
        lines.append(f'genrule(name = "w{i}", outs = ["w{i}.sh"], executable = True, cmd = "printf \'#!/bin/sh\\necho {i}\\n\' > $@; chmod +x $@; for i in 1 2 3; do cp $@ t.sh; ./t.sh > /dev/null; done || true")\n'.replace("cp $@ t.sh; ./t.sh", "$@"))
        lines.append(f'genrule(name = "u{i}", outs = ["u{i}.out"], tools = [":w{i}"], cmd = "$(location :w{i}) > $@")\n')
    place.must_build("programs that were just written", "-j4", "//:all", build="".join(lines))
    return f"{count} programs"


def names_and_arguments(place, runs):
    """Rows 55, 56: names and arguments of all kinds and lengths work, or fail with a reason."""
    folder = place.work / "odd"
    for name in ["-dash", "with space", "uml\u00e4ut", "e\u0301", "\u00e9", "b" * 255, "quote'", "semi;colon", "dollar$x", "plus+", "hash#", "percent%41", "at@"]:
        (folder / "f").mkdir(parents=True, exist_ok=True)
        (folder / "f" / name).write_text(name)
    (folder / "BUILD.cow").write_text('load("//:odd.cow", "odd")\nodd(name = "t", srcs = glob(["f/**"]))\n')
    (place.work / "odd.cow").write_text('def _odd(ctx):\n    out = ctx.actions.declare_file("odd.out")\n    args = ctx.actions.args()\n    args.add(out)\n'
                                        "    args.add_all(ctx.files.srcs)\n    ctx.actions.run_shell(outputs = [out], inputs = ctx.files.srcs, arguments = [args],\n"
                                        "        command = 'out=$1; shift; for f in \"$@\"; do cat -- \"$f\" || exit 1; echo; done > $out')\n"
                                        "    return [DefaultInfo(files = depset([out]))]\nodd = rule(implementation = _odd, attrs = {\"srcs\": attr.label_list(allow_files = True)})\n")
    place.must_build("odd names", "//odd:t")
    said = place.output("odd/odd.out").read_text().splitlines()
    if sorted(said) != sorted(path.name for path in (folder / "f").iterdir()):
        place.fail(f"odd names: {said}")
    for depth, works in ((40, True), (400, None)):
        deep = place.work / "deep" / "/".join(["d" * 20] * depth)
        try:
            subprocess.run(["mkdir", "-p", str(deep)], check=True, capture_output=True)
        except subprocess.CalledProcessError:
            continue
        here = os.getcwd()
        try:
            os.chdir(deep) if len(str(deep)) < 4000 else None
            if len(str(deep)) < 4000:
                pathlib.Path("f.txt").write_text("deep\n")
        finally:
            os.chdir(here)
        done = place.build("//:deep", build='genrule(name = "deep", srcs = glob(["deep/**"], allow_empty = True), outs = ["deep.out"], cmd = "cat /dev/null $(SRCS) > $@")\n')
        if done.returncode not in ((0,) if works else (0, 1, 36)) or "internal error" in done.stderr:
            place.fail(f"{depth} directories: ended with {done.returncode}: {done.stderr[-500:]}")
        subprocess.run(["rm", "-rf", str(place.work / "deep")], check=False)
    for size, count in ((100_000, 1), (140_000, 1), (1000, 1500), (1000, 4000)):
        (place.work / "args.cow").write_text('def _args(ctx):\n    out = ctx.actions.declare_file("args.out")\n    args = ctx.actions.args()\n'
                                             "    args.add(out)\n    for i in range(ctx.attr.count):\n        args.add(\"x\" * ctx.attr.size)\n"
                                             "    ctx.actions.run_shell(outputs = [out], arguments = [args], command = 'echo $# > $1')\n"
                                             "    return [DefaultInfo(files = depset([out]))]\nargs = rule(implementation = _args, attrs = {\"size\": attr.int(), \"count\": attr.int()})\n")
        done = place.build("//:a", build=f'load("//:args.cow", "args")\nargs(name = "a", size = {size}, count = {count})\n')
        if done.returncode == 0 and place.output("args.out").read_text() != f"{count + 1}\n":
            place.fail(f"{count} arguments of {size} bytes: {place.output('args.out').read_text()}")
        if done.returncode not in (0, 1) or done.returncode == 1 and not re.search("long|E2BIG|arguments|128", done.stderr[:3000] + done.stderr[-3000:]):
            place.fail(f"{count} arguments of {size} bytes: ended with {done.returncode}: {done.stderr[:500]} ... {done.stderr[-800:]}")
    return "13 names, 2 depths, 4 lists of arguments"


def large_graphs(place, runs):
    """Row 58, with a stack of 256 KiB: chains, fans, wide globs, cycles. A sanitizer's frames are larger, and its own."""
    kilobytes = 4096 if os.environ.get("COW_SANITIZER") else 256
    stack = ["prlimit", f"--stack={kilobytes * 1024}", "--"]
    scale = max(1, runs)
    chain = 3000 * scale
    lines = ['filegroup(name = "c0", srcs = ["in.txt"])\n'] + [f'filegroup(name = "c{i}", srcs = [":c{i - 1}"])\n' for i in range(1, chain)]
    place.must_build(f"a chain of {chain}", f"//:c{chain - 1}", build="".join(lines), prefix=stack)
    fan = 5000 * scale
    lines = [f'filegroup(name = "f{i}", srcs = ["in.txt"])\n' for i in range(fan)]
    lines.append('genrule(name = "all", srcs = [' + ", ".join(f'":f{i}"' for i in range(fan)) + '], outs = ["all.out"], cmd = "cat $(SRCS) > $@")\n')
    place.must_build(f"a fan of {fan}", "//:all", build="".join(lines), prefix=stack)
    many = place.work / "many"
    many.mkdir()
    for i in range(10_000 * scale):
        (many / f"f{i}").touch()
    place.must_build("a wide glob", "//:g", build='filegroup(name = "g", srcs = glob(["many/*"]))\n', prefix=stack)
    subprocess.run(["rm", "-rf", str(many)], check=False)
    for length in (1, 2, 1000):
        lines = [f'filegroup(name = "y{i}", srcs = [":y{(i + 1) % length}"])\n' for i in range(length)]
        done = place.build("//:y0", build="".join(lines), prefix=stack)
        if done.returncode != 1 or "cycle" not in done.stderr or done.stderr.count("//:y") < length:
            place.fail(f"a cycle of {length}: ended with {done.returncode}: {done.stderr[-800:]}")
    return f"a chain of {chain}, a fan of {fan}, a glob of {10_000 * scale}, cycles of 1, 2, 1000"


CHECKS = [commands, stale_outputs, archives, large_files, interrupted, text_busy, names_and_arguments, large_graphs]


def main():
    options = scene.arguments(__doc__)
    place = Place(options.cow)
    for check in CHECKS:
        if options.only and check.__name__ not in options.only.split(","):
            continue
        begin = time.monotonic()
        print(f"{check.__name__}: {check(place, max(0, options.runs))} ({time.monotonic() - begin:.0f} s)", flush=True)
    subprocess.run(["rm", "-rf", str(place.root)], check=False)


main()
