"""Systems in turns on one workload."""
import sys
import time

import measure
import report
import scenarios
from systems import CallFailed


def say(text):
    print(text, file=sys.stderr, flush=True)


class Session:
    """Measures the systems on one workload in turns, and keeps the runs: scenario -> system -> [Run]."""

    def __init__(self, workload, project, ready, args):
        self.workload = workload
        self.compilations = project.compilations
        self.args = args
        self.quiet = measure.Quiet(0 if args.quick else args.quiet, args.max_wait, args.noise)
        self.editors = {system: scenarios.Editor(system, project) for system in ready}
        self.runs = {}
        self.failed = False

    def measure_all(self):
        """All scenarios of the command line, in its order."""
        first = self.args.scenarios[0]
        if first not in ("clean", "first"):
            self.settle(system for system in list(self.editors) if system.builds)
        for number, scenario in enumerate(self.args.scenarios):
            if self.out_of_time():
                say(f"SKIPPED {', '.join(self.args.scenarios[number:])} on {self.workload.name}: out of time")
                return
            self.measure_scenario(scenario)

    def measure_scenario(self, scenario):
        pending = [system for system in self.editors if scenarios.applies(scenario, system)]
        if scenario == "noop":
            self.settle(pending)
        own = self.runs[scenario] = {system.name: [] for system in pending}
        while pending:
            for system in list(pending):
                if not self.measure_once(scenario, system, own[system.name]) or self.enough(own[system.name]):
                    pending.remove(system)

    def measure_once(self, scenario, system, runs):
        """Appends to `runs`. False if there is no time left, and, never again for this system, if a build failed."""
        if system not in self.editors:
            return False
        if self.out_of_time():
            say(f"SKIPPED {system.name} on {self.workload.name}, {scenario} #{len(runs) + 1}: out of time")
            return False
        try:
            self.editors[system].prepare(scenario)
            run = measure.measure(system, self.quiet)
        except CallFailed as failure:
            self.give_up(system, failure)
            return False
        runs.append(run)
        self.tell(scenario, system, run, len(runs))
        if run.exit_code:
            self.give_up(system, f"exit code {run.exit_code}\n{run.tail}")
        return run.exit_code == 0

    def settle(self, systems):
        """A build that is not measured."""
        for system in systems:
            if self.out_of_time():
                return
            try:
                system.call(system.command())
            except CallFailed as failure:
                self.give_up(system, failure)

    def out_of_time(self):
        return time.monotonic() > self.args.deadline

    def enough(self, runs):
        """So many quiet runs, too many noisy ones, or too much time."""
        if self.args.quick:
            return True
        noisy = sum(run.noisy for run in runs)
        spent = sum(run.wall_s for run in runs)
        wanted = self.args.runs * (3 if runs[-1].wall_s < 2 else 1)
        return (len(runs) - noisy >= wanted or noisy > self.args.retries
                or spent * (len(runs) + 1) / len(runs) > self.args.cap)

    def give_up(self, system, reason):
        say(f"FAILED {system.name} on {self.workload.name}: {reason}")
        self.failed = True
        del self.editors[system]

    def tell(self, scenario, system, run, number):
        say(f"{self.workload.name} {scenario:8} {system.name:11} #{number} {run.wall_s:9.4f} s, CPU {run.cpu_s:8.3f}, "
            f"others {run.others_cpu_s:6.2f}{'!' if run.noisy else ' '}, {run.peak_mb:6.1f} MB, {run.actions} actions")

    def figures(self):
        """scenario -> system -> Figures, of what succeeded."""
        chosen = {}
        for scenario, by_system in self.runs.items():
            found = {name: report.summarize(runs, self.compilations) for name, runs in by_system.items()}
            found = {name: own for name, own in found.items() if own}
            if found:
                chosen[scenario] = found
        return chosen
