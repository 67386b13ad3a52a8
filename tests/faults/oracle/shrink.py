"""Makes a failing script smaller: fewer steps, fewer edits, fewer targets and files, as long as it still fails."""
import copy
import tempfile
import time

import play


def fails(script, cow, weave):
    with tempfile.TemporaryDirectory(prefix="cow-shrink-", dir="/var/tmp") as folder:
        try:
            return play.replay(script, folder + "/w", cow, weave)
        except (KeyError, IndexError, ValueError, OSError):
            return None  # what is left makes no sense


def _without(items, fails_with, deadline):
    """Delta debugging of a list."""
    size = max(1, len(items) // 2)
    while True:
        at = 0
        while at < len(items):
            if time.monotonic() > deadline:
                return items
            fewer = items[:at] + items[at + size:]
            if fails_with(fewer):
                items = fewer
            else:
                at += size
        if size == 1:
            return items
        size = max(1, size // 2)


def shrink(script, cow, weave, seconds):
    deadline = time.monotonic() + seconds

    def try_steps(steps):
        return fails({**script, "steps": steps}, cow, weave)

    script = {**script, "steps": _without(script["steps"], try_steps, deadline)}
    for i, step in enumerate(script["steps"]):
        def try_edits(edits, i=i, step=step):
            steps = list(script["steps"])
            steps[i] = {**step, "edits": edits}
            return fails({**script, "steps": steps}, cow, weave)
        if step["edits"]:
            script["steps"][i] = {**step, "edits": _without(step["edits"], try_edits, deadline)}

    targets = [(package, name) for package, declared in script["state"]["packages"].items() for name in declared["targets"]]

    def with_targets(kept):
        state = copy.deepcopy(script["state"])
        for package, declared in state["packages"].items():
            declared["targets"] = {name: target for name, target in declared["targets"].items() if (package, name) in kept}
        return {**script, "state": state}

    script = with_targets(_without(targets, lambda kept: fails(with_targets(kept), cow, weave), deadline))

    def with_files(kept):
        state = copy.deepcopy(script["state"])
        state["files"] = {path: file for path, file in state["files"].items() if path in kept}
        return {**script, "state": state}

    return with_files(_without(sorted(script["state"]["files"]), lambda kept: fails(with_files(kept), cow, weave), deadline))
