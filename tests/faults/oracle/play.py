"""One script played against cow: a workspace in two places, edits, builds, and the comparison of each with the naive builder."""
import copy
import hashlib
import json
import os
import pathlib
import random
import re
import signal
import subprocess
import time

import disk
import edits
import generate
import model
import naive

TIMEOUT = 300
RUN_LINE = re.compile(r"^# (//\S*) \[", re.MULTILINE)


class Wrong(Exception):
    """cow did something it must not do."""


class Built:
    """How one command of cow ended."""

    def __init__(self, code, out, err):
        self.code, self.err = code, err
        self.result = json.loads(out) if out.strip() else {}
        self.ran = {}
        for label in RUN_LINE.findall(err):
            self.ran[label] = self.ran.get(label, 0) + 1

    def files(self):
        """{short path: (path, sha256)} of all targets that were built."""
        return {file["path"].partition("/bin/")[2] if file["path"].startswith("cow-out/") else file["path"]: (file["path"], file["sha256"])
                for target in self.result.get("targets", []) if target["ok"] for file in target["files"]}


class Play:
    """The workspaces, the cache and what is known of it while a script is played."""

    def __init__(self, folder, cow, weave, state):
        self.folder, self.cow = pathlib.Path(folder), cow
        self.tools = self.folder / "bin-of-tools"
        self.tools.mkdir(parents=True)
        self.weave = pathlib.Path(weave).read_bytes()
        self.states = [copy.deepcopy(state), copy.deepcopy(state)]
        self.disks = [disk.Disk(self.folder / f"tree{i}", str(self.tools), self.weave) for i in range(2)]
        self.origin = copy.deepcopy(state)
        self.history = [self.origin]
        self.seen = set()
        self.counts = {"steps": 0, "failures": 0, "unchanged": 0, "actions": 0, "raced": 0, "killed": 0}
        self.versions = [None, None, None]
        for i in range(2):
            self.write(i, "write")

    def write(self, tree, how):
        state = self.states[tree]
        if self.versions[tree] != state["tool"]:
            self.disks[tree].set_tool(state["tool"])
            self.versions[tree] = state["tool"]
        if self.versions[2] != state["compiler"]:
            for name in ("gcc", "ar", "weave"):
                disk.write_tool(self.tools / name, self.weave, state["compiler"])
            self.versions[2] = state["compiler"]
            self.states[1 - tree]["compiler"] = state["compiler"]
        self.disks[tree].sync(state, how)

    def apply(self, tree, edit):
        edits.apply(edit, self.states[tree], self.disks[tree], [*self.history, self.origin])
        self.write(tree, edit["how"])

    # --- a step

    def command(self, step):
        configuration = model.CONFIGURATIONS[step["configuration"]]
        flags = ["--json", "-s", "--progress=no", "--color=no", "-c", configuration["mode"]]
        flags += [f"--define=which={configuration['define']}"] if configuration["define"] else []
        flags += [f"--copt={configuration['copt']}"] if configuration["copt"] else []
        flags += ["-k"] if step["keep_going"] else []
        return [self.cow, "build", *flags, *step["patterns"]]

    def start(self, tree, step):
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(self.folder), "COW_CACHE_DIR": str(self.folder / "cache")}
        return subprocess.Popen(self.command(step), cwd=self.disks[tree].root, env=environment, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def finish(self, process):
        try:
            out, err = process.communicate(timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise Wrong(f"cow did not end within {TIMEOUT} s") from None
        return Built(process.returncode, out.decode(), err.decode("utf-8", "replace"))

    def step(self, step):
        """Edits, builds, compares. Raises Wrong."""
        self.counts["steps"] += 1
        tree = step["tree"]
        for edit in step["edits"]:
            self.apply(tree, edit)
        time.sleep(step["pause"] / 1000)
        if step["during"]:
            self.race(tree, step)
        built = [(tree, self.start(tree, step))]
        if step["both"]:
            built.append((1 - tree, self.start(1 - tree, step)))
        built = [(which, self.finish(process)) for which, process in built]
        for which, result in built:
            self.judge(which, step, result, alone=len(built) == 1)
        self.history.append(copy.deepcopy(self.states[tree]))
        del self.history[:-8]

    def race(self, tree, step):
        """A build during which something changes, or which is killed: only what comes after it is judged."""
        before = self.naive(tree, step)
        process = self.start(tree, step)
        time.sleep(step["delay"] / 1000)
        if step["during"] == "kill":
            self.counts["killed"] += process.poll() is None
            process.send_signal(signal.SIGKILL)
            self.finish(process)
            return
        self.counts["raced"] += process.poll() is None
        self.apply(tree, step["during"])
        built = self.finish(process)
        if built.code not in (0, 1):
            raise Wrong(f"exit code {built.code} when files changed during the build:\n{built.err}")
        atomic = step["during"]["kind"] == "content" and step["during"]["how"].startswith("replace")
        if built.code == 0 and atomic:
            # One file was replaced at one moment: what came out is what one of its two contents gives.
            candidates = [one.digests for one in (before, self.naive(tree, step)) if not one.failed]
            found = {path: digest for path, (_, digest) in built.files().items()}
            if not any({**found, **{path: None for path in one if one[path] is None}} == one for one in candidates):
                raise Wrong(f"a build during which {step['during']['path']} was replaced gave the outputs of neither content")

    def naive(self, tree, step):
        return Expected(naive.Naive(str(self.disks[tree].root), self.states[tree], model.CONFIGURATIONS[step["configuration"]],
                                    str(self.tools)), step["patterns"])

    def judge(self, tree, step, built, alone):
        expected = self.naive(tree, step)
        self.counts["failures"] += bool(expected.failed)
        self.counts["unchanged"] += built.result.get("unchanged", False)
        self.counts["actions"] += sum(built.ran.values())
        if built.code != (1 if expected.failed else 0):
            why = "; ".join(sorted(expected.failed)[:5]) or "nothing"
            raise Wrong(f"exit code {built.code}; what cannot be built: {why}\n{built.err[-3000:]}")
        if not expected.failed or step["keep_going"]:
            self.compare(tree, expected, built)
        if alone:
            self.count_actions(expected, built)
        self.remember(expected, built)

    def remember(self, expected, built):
        """What certainly lies in the cache now: what ran or was asked for. Headers nobody includes are not made."""
        for label, keys in expected.keys.items():
            if label not in expected.broken and (label in expected.asked and not expected.failed or built.ran.get(label) == len(keys)):
                self.seen.update(keys)

    def compare(self, tree, expected, built):
        """What was reported, and what lies below cow-out."""
        reported = {path: digest for path, (_, digest) in built.files().items()}
        if set(reported) != set(expected.digests):
            raise Wrong(f"outputs reported: only cow {sorted(set(reported) - set(expected.digests))}, "
                        f"missing {sorted(set(expected.digests) - set(reported))}\n{built.err[-3000:]}")
        root = self.disks[tree].root
        for path, art in sorted(expected.arts.items()):
            place = root / built.files()[path][0]
            if art.tree is None and reported[path] != expected.digests[path]:
                raise Wrong(f"{path}: reported sha256 {reported[path]}, expected that of {art.data!r}, "
                            f"on disk {place.read_bytes()[:4000]!r}")
            if art.tree is not None:
                self.compare_tree(place, art)
            elif not place.is_file() or place.read_bytes() != art.data:
                raise Wrong(f"{path} on disk differs: expected {art.data!r}, is "
                            f"{place.read_bytes()[:4000] if place.is_file() else 'absent'!r}")
            elif not art.source and bool(place.stat().st_mode & 0o100) != art.executable:
                raise Wrong(f"{path}: executable is {not art.executable}, expected {art.executable}")

    def compare_tree(self, place, art):
        found = {}
        for folder, _, names in os.walk(place):
            for name in names:
                full = os.path.join(folder, name)
                with open(full, "rb") as file:
                    found[os.path.relpath(full, place)] = (file.read(), bool(os.stat(full).st_mode & 0o100))
        if found != art.tree:
            differing = sorted(name for name in found.keys() | art.tree.keys() if found.get(name) != art.tree.get(name))
            raise Wrong(f"tree {art.path} differs in {differing}: is {[found.get(n) for n in differing][:3]}, "
                        f"expected {[art.tree.get(n) for n in differing][:3]}")

    def count_actions(self, expected, built):
        """Nothing runs but actions whose inputs or commands have never been seen."""
        for label, count in built.ran.items():
            fresh = sum(key not in self.seen for key in expected.keys.get(label, []))
            if count > fresh:
                raise Wrong(f"{label}: {count} actions ran, {fresh} had inputs never seen before\n{built.err[-2000:]}")
        if sum(built.ran.values()) != built.result.get("actions", {}).get("run", 0):
            failed = built.result.get("actions", {}).get("failed", 0)
            if sum(built.ran.values()) > built.result["actions"]["run"] + failed + 16:
                raise Wrong("the number of actions reported is not the number of those shown")


class Expected:
    """What the naive builder says of some patterns."""

    def __init__(self, builder, patterns):
        self.arts, self.failed, self.asked = {}, {}, set()
        for pattern in patterns:
            for label, name in builder.labels(pattern):
                self.asked.add(label)
                try:
                    if name is None:
                        raise naive.Broken(f"{label} does not load")
                    files = builder.evaluate(label)["files"]
                    failures = [art.failure for art in files if art.failure]
                    if failures:
                        raise naive.Broken(failures[0])
                    self.arts.update((art.path, art) for art in files)
                except naive.Broken as error:
                    self.failed[f"{label}: {error}"] = label
        self.digests = {path: hashlib.sha256(art.data).hexdigest() if art.tree is None else None for path, art in self.arts.items()}
        self.keys = builder.keys
        self.broken = {label for label, result in builder.results.items()
                       if isinstance(result, naive.Broken) or any(art.failure for art in result["files"])}


def random_step(rng, state, history):
    """A step that fits the state as it is."""
    names = [f"//{package}:{name}" for package, declared in state["packages"].items()
             for name, target in declared["targets"].items() if target["kind"] != "macro"]
    packages = [f"//{package}:all" for package, declared in state["packages"].items() if declared["targets"]]
    patterns = ["//..."]
    if names and rng.random() < 0.25:
        patterns = rng.sample(names, min(len(names), rng.randrange(1, 4)))
    elif packages and rng.random() < 0.1:
        patterns = [rng.choice(packages)]
    during = None
    if rng.random() < 0.06:
        during = edits.choose(rng, state, history)
        if rng.random() < 0.25:
            during = "kill"
        elif rng.random() < 0.5:
            texts = sorted(path for path, file in state["files"].items() if file[0] == "file")
            during.update(kind="content", path=rng.choice(texts), how="replace")
    return {"tree": int(rng.random() < 0.25), "edits": [], "pause": rng.choice([0, 0, 0, 1, 5, 20]), "patterns": patterns,
            "configuration": 0 if rng.random() < 0.6 else rng.randrange(len(model.CONFIGURATIONS)),
            "keep_going": rng.random() < 0.3, "during": during, "delay": rng.random() * 40, "both": rng.random() < 0.05}


def random_script(seed, steps, folder, cow, weave):
    """Plays a script while it is made up. Returns (script, counts, what was wrong or None)."""
    rng = random.Random(seed)
    state = generate.Generator(rng).state()
    script = {"seed": seed, "state": copy.deepcopy(state), "steps": []}
    play = Play(folder, cow, weave, state)
    for _ in range(steps):
        step = random_step(rng, state, play.history)
        tree = step["tree"]
        if len(script["steps"]) and rng.random() < 0.9:
            count = rng.choice([1, 1, 1, 2, 3])
            step["edits"] = [edits.choose(rng, play.states[tree], play.history) for _ in range(count)]
        script["steps"].append(step)
        try:
            play.step(step)
        except Wrong as error:
            return script, play.counts, str(error)
        # A broken state is put right soon, or nothing else would be tried.
        if rng.random() < 0.5 and _broken(play, step):
            repair = {"kind": "revert", "seed": 0, "how": "write", "to": -1}  # to the state at the beginning
            script["steps"].append({**step, "edits": [repair], "during": None, "patterns": ["//..."], "both": False})
            try:
                play.step(script["steps"][-1])
            except Wrong as error:
                return script, play.counts, str(error)
    return script, play.counts, None


def _broken(play, step):
    return bool(play.naive(step["tree"], step).failed)


def replay(script, folder, cow, weave):
    """Plays a recorded script. Returns what was wrong, or None."""
    play = Play(folder, cow, weave, script["state"])
    for step in script["steps"]:
        try:
            play.step(step)
        except Wrong as error:
            return str(error)
    return None
