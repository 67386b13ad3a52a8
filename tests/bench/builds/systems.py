"""The build systems: how each is set up, run, emptied and asked how many actions it ran."""
import contextlib
import os
import pathlib
import re
import shutil
import subprocess

import bazel_repositories
import buildfiles
import workload as workloads
from measure import end_of


class Missing(Exception):
    """The system cannot be measured here, or not on this workload; says why."""


def find_program(name, given=None):
    program = given or shutil.which(name)
    if not program or not shutil.which(str(program)):
        raise Missing(f"{given or name}: no such program" + ("" if given else " on PATH"))
    return str(program)


def delete(path):
    """A file, a link or a folder, or nothing."""
    path = pathlib.Path(path)
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


class CallFailed(Exception):
    """A command that is not measured failed."""


class System:
    """One build system in its own copy of one workload. `bench` has the options and tools that all share."""
    has_cache = False
    has_server = False
    builds = True
    outputs = ["out"]
    state = []

    def __init__(self, name, workload, bench):
        self.name = name
        self.workload = workload
        self.bench = bench
        self.base = pathlib.Path(bench.work, f"{workload.name}-{name}")
        self.folder = self.base / "src"
        self.log = self.base / "log.txt"
        self.launcher = bench.launcher
        self.compiler = f"{bench.fake_tools}/gcc" if workload.fake else "gcc"
        self.archiver = f"{bench.fake_tools}/ar" if workload.fake else "ar"
        self.environment = {key: value for key, value in os.environ.items()
                            if key not in ("MAKEFLAGS", "NINJA_STATUS", "MAKELEVEL")}

    def set_up(self, project):
        """Writes the sources and the build files."""
        delete(self.base)
        self.folder.mkdir(parents=True)
        workloads.write_sources(project, self.folder)
        self.write_build_files(project)

    def write_build_files(self, project):
        raise NotImplementedError

    def find_out_about_machine(self):
        """What is done once and no measurement counts: the compiler is looked at, a server loads what it is made of."""

    def description(self, source):
        """The build file with the target of that source; comments in it begin with #. None if it has none."""
        return None

    def command(self):
        raise NotImplementedError

    def count_actions(self):
        """Of the last run, as the tool itself reports them."""
        raise NotImplementedError

    def delete_outputs(self):
        """Outputs and what the tool remembers of them; not a cache."""
        for path in self.outputs + self.state:
            delete(self.folder / path)

    def drop_cache(self):
        """Afterwards nothing of an earlier build of this workload helps."""

    def forget_everything(self):
        """Also what was found out about the machine and its compiler."""
        self.drop_cache()

    def server(self):
        """Process id of a server that works for the command, or None."""
        return None

    def stop_server(self):
        """Returns when it is gone."""

    def call(self, command, folder=None):
        """A command that is not measured; what it prints."""
        done = subprocess.run([str(word) for word in command], cwd=folder or self.folder, env=self.environment,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode:
            words = " ".join(str(word) for word in command[:8])
            raise CallFailed(f"{words}: exit code {done.returncode}\n{(done.stderr or done.stdout)[-2000:]}")
        return done.stdout


class Ninja(System):
    state = [".ninja_log", ".ninja_deps"]

    def __init__(self, name, workload, bench):
        super().__init__(name, workload, bench)
        self.program = find_program("ninja", bench.programs.get("ninja"))

    def write_build_files(self, project):
        buildfiles.write_ninja(project, self.folder, self.compiler, self.archiver)

    def description(self, source):
        return "build.ninja"

    def command(self):
        return [self.program, f"-j{self.bench.jobs}"]

    def count_actions(self):
        numbers = re.findall(r"^\[(\d+)/\d+\]", end_of(self.log), re.MULTILINE)
        return int(numbers[-1]) if numbers else 0


class Ccache(Ninja):
    has_cache = True

    def __init__(self, name, workload, bench):
        super().__init__(name, workload, bench)
        self.ccache = find_program("ccache", bench.programs.get("ccache"))
        if workload.fake:
            raise Missing("ccache has the real compiler preprocess for it, so fakecc's workloads say nothing about it")
        self.compiler = f"{self.ccache} {self.compiler}"
        self.cache = self.base / "cache"
        self.environment.update(CCACHE_DIR=str(self.cache), CCACHE_MAXSIZE="20G")

    def drop_cache(self):
        delete(self.cache)


class Make(System):
    outputs = []

    def __init__(self, name, workload, bench):
        super().__init__(name, workload, bench)
        self.program = find_program("make", bench.programs.get("make"))

    def write_build_files(self, project):
        buildfiles.write_make(project, self.folder, self.compiler, self.archiver)

    def description(self, source):
        return "Makefile"

    def command(self):
        return [self.program, f"-j{self.bench.jobs}"]

    def delete_outputs(self):
        for folder, _, files in os.walk(self.folder / "out"):
            for file in files:
                os.remove(os.path.join(folder, file))

    def count_actions(self):
        with open(self.log) as file:
            return sum(1 for line in file if not line.startswith("make"))


def build_file(root, source):
    """Of the package of `source`."""
    folder = pathlib.Path(source).parent
    while True:
        for name in ("BUILD.bazel", "BUILD"):
            if pathlib.Path(root, folder, name).exists():
                return str(folder / name)
        if folder == folder.parent:
            return None
        folder = folder.parent


class Bazel(System):
    """bazel: in its linux-sandbox; bazel-local: without a sandbox; bazel-disk: sandbox and disk cache."""
    has_server = True

    def __init__(self, name, workload, bench):
        super().__init__(name, workload, bench)
        self.program = find_program("bazel", bench.programs.get("bazel"))
        self.has_cache = name == "bazel-disk"
        self.cache = self.base / "disk"
        self.root = self.base / "root"
        self.targets = ["//..."]
        overrides = {**bazel_repositories.overrides(bench.repositories, self.program), **bench.overrides}
        self.repository_flags = [f"--override_repository={name}={path}" for name, path in overrides.items()]
        if workload.fake:
            self.environment["PATH"] = f"{bench.fake_tools}:{self.environment['PATH']}"
            self.environment["CC"] = self.compiler

    def write_build_files(self, project):
        buildfiles.write_bazel(project, self.folder)

    def description(self, source):
        return build_file(self.folder, source)

    def start(self):
        return [self.program, "--nohome_rc", "--noworkspace_rc", f"--output_user_root={self.root}"]

    def find_out_about_machine(self):
        self.call(self.command(["--nobuild"]))
        self.call(self.start() + ["clean"])

    def query(self, expression):
        return self.call(self.start() + ["query"] + self.repository_flags + [expression])

    def command(self, more_flags=()):
        strategy = "local" if self.name == "bazel-local" else "linux-sandbox"
        # The same actions as the others: an archive per library and no shared one. Debian's rc file debugs the sandbox.
        flags = [f"--spawn_strategy={strategy}", f"--strategy=CppCompile={strategy}", f"--jobs={self.bench.jobs}",
                  "--features=-supports_dynamic_linker", "--features=-supports_start_end_lib", "--nosandbox_debug",
                  "--curses=no", "--color=no", "--noshow_progress", "--nolegacy_external_runfiles"]
        if self.has_cache:
            flags.append(f"--disk_cache={self.cache}")
        flags += [*self.repository_flags, *self.bench.bazel_flags, *more_flags]
        return self.start() + ["build"] + flags + ["--"] + self.targets

    def count_actions(self):
        match = re.search(r"INFO: (\d+) process(?:es)?: ?([^\n]*)\.", end_of(self.log))
        if not match:
            return 0
        not_run = re.findall(r"(\d+) (?:internal|disk cache hit|remote cache hit)", match[2])
        return int(match[1]) - sum(int(number) for number in not_run)

    def delete_outputs(self):
        self.call(self.start() + ["clean"])

    def drop_cache(self):
        delete(self.cache)

    def server(self):
        for file in self.root.glob("*/server/server.pid.txt"):
            with contextlib.suppress(OSError, ValueError):
                pid = int(file.read_text())
                if os.path.exists(f"/proc/{pid}"):
                    return pid
        return None

    def stop_server(self):
        if self.server():
            self.call(self.start() + ["shutdown"])


class Cow(System):
    """In its sandbox, with a cache of its own."""
    has_cache = True
    outputs = ["cow-out", "cow-bin"]

    def __init__(self, name, workload, bench):
        super().__init__(name, workload, bench)
        self.program = find_program("cow", bench.programs.get("cow"))
        self.cache = self.base / "cache"
        self.targets = ["//..."]
        self.environment["COW_CACHE_DIR"] = str(self.cache)

    def write_build_files(self, project):
        buildfiles.write_bazel(project, self.folder)
        self.write_workspace(self.folder)

    def write_workspace(self, folder):
        buildfiles.write_cow(folder, self.bench.fake_tools if self.workload.fake else None)

    def description(self, source):
        return build_file(self.folder, source)

    def query(self, expression):
        return self.call([self.program, "query", expression])

    def command(self):
        return [self.program, "build", "--min_sandbox=S3", f"-j{self.bench.jobs}", "--"] + self.targets

    def count_actions(self):
        match = re.search(r"^build finished: .*?(\d+) actions? run", end_of(self.log), re.MULTILINE)
        if not match:
            raise CallFailed(f"cow does not say how many actions it ran:\n{end_of(self.log, 600)}")
        return int(match[1])

    def forget_everything(self):
        delete(self.cache)

    def drop_cache(self):
        """What is known of the compiler is brought back: no other system counts its installation either."""
        delete(self.cache)
        if self.workload.fake:
            return
        machine = self.base / "machine"
        workloads.write(machine, "machine.c", "int machine;\n")
        workloads.write(machine, "BUILD", 'cc_library(\n    name = "machine",\n    srcs = ["machine.c"],\n)\n')
        self.write_workspace(machine)
        for path in self.outputs:
            delete(machine / path)
        self.call([self.program, "build", "//..."], machine)


class CowLocked(Cow):
    """The same gcc, but out of a lock: no file of the machine is part of any action."""

    def __init__(self, name, workload, bench):
        super().__init__(name, workload, bench)
        if workload.fake:
            raise Missing("it is for workloads with gcc")

    def write_workspace(self, folder):
        buildfiles.write_cow_locked(folder)


class StatSweep(System):
    """No build system: a stat of every file of the project, the floor of a build in which nothing changed."""
    builds = False

    def write_build_files(self, project):
        buildfiles.write_bazel(project, self.folder)

    def command(self):
        files = self.base / "files"
        if not files.exists():
            names = [os.path.relpath(os.path.join(folder, name), self.folder)
                     for folder, _, contained in os.walk(self.folder) for name in contained]
            files.write_text("".join(f"{name}\n" for name in sorted(names)))
        return [self.bench.stat_sweep, self.bench.jobs, files]

    def count_actions(self):
        return 0


KINDS = {"cow": Cow, "cow-locked": CowLocked, "ninja": Ninja, "ccache": Ccache, "make": Make, "stat": StatSweep,
         "bazel": Bazel, "bazel-local": Bazel, "bazel-disk": Bazel}
