"""What cow is to reach, as checks of medians of one run. `timed`: a figure of noisy runs says little about it."""
import dataclasses


def times(value):
    """A ratio, small ones to two digits."""
    return f"{value:.2f}" if value >= 0.1 else f"{value:.2g}"


@dataclasses.dataclass
class Ratio:
    """At most `limit` times the median of another system in the same scenario."""
    other: str
    limit: float
    timed = True

    def check(self, own, others):
        other = others.get(self.other)
        text = f"≤ {self.limit:g}× {self.other}"
        if not other:
            return text, "no figure", None
        ratio = own.median / other.median
        return text, f"{times(ratio)}×", ratio <= self.limit


@dataclasses.dataclass
class Margin:
    """At most so many seconds above the other system."""
    other: str
    seconds: float
    timed = True

    def check(self, own, others):
        other = others.get(self.other)
        text = f"≤ {self.other} + {self.seconds * 1e3:g} ms"
        if not other:
            return text, "no figure", None
        above = own.median - other.median
        return text, f"{above * 1e3:+.1f} ms", above <= self.seconds


@dataclasses.dataclass
class Seconds:
    limit: float
    other = None
    timed = True

    def check(self, own, others):
        return f"≤ {self.limit * 1e3:g} ms", f"{own.median * 1e3:.1f} ms", own.median <= self.limit


@dataclasses.dataclass
class Actions:
    """At most so many actions; None: as many as there are compilations, so that nothing behind an object runs."""
    limit: int | None
    other = None
    timed = False

    def check(self, own, others):
        limit = own.compilations if self.limit is None else self.limit
        if limit is None:
            return "compilations only", f"{own.actions} actions", None
        return f"≤ {limit} actions", f"{own.actions}", own.actions <= limit


@dataclasses.dataclass
class Memory:
    """No more than the other system, or than so many MB."""
    other: str = ""
    limit_mb: float = 0.0
    timed = False

    def check(self, own, others):
        other = others.get(self.other)
        text = f"peak ≤ {self.other or f'{self.limit_mb:g} MB'}"
        if self.other and not other:
            return text, "no figure", None
        return text, f"{own.peak_mb:.0f} MB", own.peak_mb <= (other.peak_mb if other else self.limit_mb)


# Per scenario: the workloads, and what holds there.
GOALS = {
    "noop": [("tiny", Seconds(0.005)), ("W1", Ratio("ninja", 0.6)), ("W2", Ratio("ninja", 0.25)),
             ("W3", Ratio("ninja", 0.15)), ("W3", Ratio("stat", 2)), ("W3", Memory(other="ninja")),
             *((name, Ratio("bazel", 0.1)) for name in ("tiny", "W1", "W2", "W3", "abseil"))],
    "leaf": [("W1", Margin("ninja", 0.015)), ("W2", Ratio("ninja", 1)), ("W3", Ratio("ninja", 1))],
    "clean": [("W1", Ratio("ninja", 1.08)), ("abseil", Ratio("ninja", 1.08)),
              *((name, Ratio(*most)) for name in ("W1f", "W2f", "W3") for most in (("ninja", 1.6), ("bazel", 0.2))),
              ("W3", Memory(limit_mb=2048))],
    "warm": [("W1", Ratio("ccache", 0.05))],
    "comment": [(name, Actions(None)) for name in ("tiny", "W1", "W1f", "W2", "W2f", "W3", "abseil")],
    **{scenario: [(name, Actions(0)) for name in ("tiny", "W1", "W1f", "W2", "W2f", "W3", "abseil")]
       for scenario in ("undo", "branch")},
}


def goals_of(workload, scenario):
    """W1f and W2f share what is said of W1 and W2 about builds in which no compiler runs."""
    names = {workload}
    if scenario == "noop" and workload in ("W1f", "W2f"):
        names.add(workload[:-1])
    return [goal for name, goal in GOALS.get(scenario, []) if name in names]
