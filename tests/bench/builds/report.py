"""From runs to tables."""
import dataclasses
import statistics

import goals
import workload as workloads

REFERENCES = ("ninja", "bazel")
COWS = ("cow", "cow-locked")


@dataclasses.dataclass
class Figures:
    """One scenario of one system on one workload."""
    runs: int
    noisy: bool  # no run was quiet: these are the noisy ones
    median: float
    least: float
    most: float
    cpu_s: float
    peak_mb: float
    actions: int
    compilations: int | None


def summarize(runs, compilations):
    """Noisy runs count only if there is nothing better; None if none succeeded."""
    good = [run for run in runs if run.exit_code == 0]
    chosen = [run for run in good if not run.noisy] or good
    if not chosen:
        return None
    walls = [run.wall_s for run in chosen]
    return Figures(len(chosen), chosen[0].noisy, statistics.median(walls), min(walls), max(walls),
                   statistics.median(run.cpu_s for run in chosen), max(run.peak_mb for run in chosen),
                   max(run.actions for run in chosen), compilations)


def seconds(value):
    return f"{value * 1e3:.1f} ms" if value < 1 else f"{value:.2f} s"


def ratio(own, other):
    return goals.times(own.median / other.median) if other else ""


def goal_cell(workload, scenario, own, others):
    parts = []
    for goal in goals.goals_of(workload, scenario):
        text, figure, met = goal.check(own, others)
        parts.append(f"{text}: {figure}" + {True: ", met", False: ", MISSED", None: ""}[met])
    return "; ".join(parts)


def goal_lines(cow, workload, scenario, systems):
    for goal in goals.goals_of(workload, scenario):
        text, figure, met = goal.check(systems[cow], systems)
        if met is not None:
            compared = [systems[name] for name in (cow, goal.other) if name in systems]
            noisy = "~" if goal.timed and any(own.noisy for own in compared) else ""
            yield f"| {cow} | {scenario} | {workload} | {text} | {figure}{noisy} | {'met' if met else 'MISSED'} |"


def all_goals(results):
    """Lines with what has a goal and figures to check it by; `results` is workload -> scenario -> system -> Figures."""
    lines = []
    for workload, scenarios in results.items():
        for scenario, systems in scenarios.items():
            for cow in (name for name in COWS if name in systems):
                lines += goal_lines(cow, workload, scenario, systems)
    head = ["| system | scenario | workload | goal | figure | |", "|---|---|---|---|--:|---|"]
    return head + lines if lines else []


def table(workload, figures):
    """Lines of one workload; `figures` is scenario -> system -> Figures."""
    references = [name for name in REFERENCES if any(name in systems for systems in figures.values())]
    yield ("| scenario | system | runs | median | min | max | CPU s | peak MB | actions | "
           + "".join(f"/ {name} | " for name in references) + "goal: figure |")
    yield "|---|---" + "|--:" * (7 + len(references)) + "|---|"
    for scenario, systems in figures.items():
        for name, own in systems.items():
            cells = [scenario, name, f"{own.runs}{'~' if own.noisy else ''}", seconds(own.median), seconds(own.least),
                     seconds(own.most), f"{own.cpu_s:.2f}", f"{own.peak_mb:.0f}", str(own.actions),
                     *(ratio(own, systems.get(reference)) for reference in references),
                     goal_cell(workload, scenario, own, systems) if name in COWS else ""]
            yield "| " + " | ".join(cells) + " |"


def comparable(small, large, scenario):
    """More of the same: the compiler is the same one, or no compiler runs."""
    one, other = workloads.find(small), workloads.find(large)
    same = one.fake == other.fake or scenario == "noop"
    return same and one.files == other.files and 0 < one.libraries < other.libraries


def growth(results):
    """Lines about cow between workloads of different size; `results` is workload -> scenario -> system -> Figures."""
    lines = []
    for small in results:
        for large in results:
            for scenario in results[small]:
                own = results[small][scenario].get("cow")
                grown = results[large].get(scenario, {}).get("cow")
                if not own or not grown or not comparable(small, large, scenario):
                    continue
                size = workloads.find(large).libraries / workloads.find(small).libraries
                time = grown.median / own.median
                memory = grown.peak_mb / own.peak_mb
                lines.append(f"| {small} → {large} | {scenario} | {size:.0f}× | {time:.1f}× | {memory:.1f}× | "
                             f"{'met' if max(time, memory) <= size else 'MISSED'} |")
    head = ["| cow | scenario | size | time | peak MB | no worse than linear |", "|---|---|--:|--:|--:|---|"]
    return head + lines if lines else []


def merged(documents):
    """The results of several runs; of a scenario that several measured, those of the last, so that ratios are of one run."""
    results = {}
    for document in documents:
        for workload, scenarios in from_json(document).items():
            results.setdefault(workload, {}).update(scenarios)
    return results


def from_json(results):
    return {workload: {scenario: {system: Figures(**own) for system, own in systems.items()}
                       for scenario, systems in scenarios.items()} for workload, scenarios in results.items()}


def as_json(results):
    return {workload: {scenario: {system: dataclasses.asdict(own) for system, own in systems.items()}
                       for scenario, systems in scenarios.items()} for workload, scenarios in results.items()}
