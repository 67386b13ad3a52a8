"""One run of a command: its time, its memory, and what the rest of the machine did meanwhile."""
import contextlib
import dataclasses
import os
import pathlib
import subprocess
import time

TICKS = os.sysconf("SC_CLK_TCK")
PROCESSORS = len(os.sched_getaffinity(0))


@dataclasses.dataclass
class Run:
    """cpu_s is user and system time of the command and everything it waited for, and of a server that worked for it."""
    wall_s: float
    cpu_s: float
    peak_mb: float  # of the tool itself, or of its server
    exit_code: int
    others_cpu_s: float = 0.0
    noisy: bool = False
    actions: int = 0
    tail: str = ""  # end of the output of a run that failed


@dataclasses.dataclass
class Quiet:
    """When to start and what to accept; shares are of all processors."""
    start_below: float = 0.10
    longest_wait_s: float = 240.0
    accept_below: float = 0.10

    def wait(self):
        """Waits until the rest of the machine uses less than `start_below`, but not for ever."""
        begin = time.monotonic()
        while self.start_below and time.monotonic() - begin < self.longest_wait_s:
            before = machine_cpu_s()
            time.sleep(0.4)
            if (machine_cpu_s() - before) / 0.4 / PROCESSORS < self.start_below:
                return
            time.sleep(0.6)

    def disturbed(self, run):
        """Below a quarter of a second the kernel's clock ticks say nothing."""
        return run.wall_s > 0.25 and run.others_cpu_s / run.wall_s / PROCESSORS > self.accept_below


def machine_cpu_s():
    """Processor seconds that any process used since the machine started."""
    with open("/proc/stat") as file:
        user, nice, system, _, _, irq, softirq = (int(field) / TICKS for field in file.readline().split()[1:8])
    return user + nice + system + irq + softirq


def process_cpu_s(pid):
    """Of a process and the children it waited for; 0 if it is gone."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return sum(int(field) for field in fields[11:15]) / TICKS


def process_peak_mb(pid):
    with contextlib.suppress(OSError):
        for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return 0.0


def end_of(path, size=1 << 16):
    with open(path, "rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(0, file.tell() - size))
        return file.read().decode("utf-8", "replace")


def run_command(launcher, command, folder, environment, log):
    """Runs it with its output in `log`. KeyboardInterrupt leaves nothing running: Ctrl-C reached the command too."""
    result = pathlib.Path(f"{log}.figures")
    result.unlink(missing_ok=True)
    with open(log, "wb") as output:
        process = subprocess.Popen([str(launcher), str(result)] + [str(word) for word in command], cwd=folder,
                                   env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
        try:
            process.wait()
        except BaseException:
            process.wait()
            raise
    if not result.exists():
        raise RuntimeError(f"{command[0]}: {end_of(log, 600).strip()}")
    wall_ns, cpu_us, sampled_kib, waited_kib, code = (int(word) for word in result.read_text().split())
    return Run(wall_ns / 1e9, cpu_us / 1e6, (sampled_kib or waited_kib) / 1024, code), waited_kib / 1024


def measure(system, quiet):
    """Runs the build of `system` once, when the machine is quiet."""
    quiet.wait()
    server = system.server()
    server_before = process_cpu_s(server) if server else 0.0
    machine_before = machine_cpu_s()
    run, waited_mb = run_command(system.launcher, system.command(), system.folder, system.environment, system.log)
    machine_after = machine_cpu_s()
    now = system.server()
    if now:
        run.cpu_s += process_cpu_s(now) - (server_before if now == server else 0.0)
        run.peak_mb = process_peak_mb(now)
    run.others_cpu_s = max(0.0, machine_after - machine_before - run.cpu_s)
    run.noisy = quiet.disturbed(run)
    if run.exit_code:
        run.tail = end_of(system.log, 2000)
        return run
    run.actions = system.count_actions()
    if run.actions == 0 and not now:
        run.peak_mb = waited_mb  # nothing else ran, and this figure is exact
    return run
