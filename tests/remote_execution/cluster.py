"""A Buildbarn cluster: storage, scheduler, worker and runner, four processes on the loopback, built from Go modules the first time."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "remote_cache/peers"))
import servers  # noqa: E402

Missing = servers.Missing
PROGRAMS = ("bb_scheduler", "bb_worker", "bb_runner")


def fetch(module, environment):
    found = subprocess.run(["go", "mod", "download", "-json", module], cwd=HERE / "buildbarn", env={**environment, "GOFLAGS": "-mod=readonly"},
                           capture_output=True, text=True)
    if found.returncode != 0:
        raise Missing(f"its module cannot be fetched: {found.stdout[-300:]}{found.stderr[-300:]}")
    return pathlib.Path(json.loads(found.stdout)["Dir"])


def build(tools):
    """The programs, out of the Go modules that go.mod pins; what their own build adds with patches and generates is added here."""
    tools = pathlib.Path(tools)
    tools.mkdir(parents=True, exist_ok=True)
    if all((tools / name).exists() for name in PROGRAMS):
        return
    if not shutil.which("go"):
        raise Missing("it is built with go, which is not installed")
    environment = {**os.environ, "GONOSUMDB": "*", "GOFLAGS": "-mod=mod"}
    if not shutil.which("patch"):
        raise Missing("it is patched with patch, which is not installed")
    for module in ("github.com/buildbarn/bb-storage", "github.com/buildbarn/bb-remote-execution", "github.com/hanwen/go-fuse/v2"):
        source = tools / f"execution-{module.split('/')[2]}"
        shutil.rmtree(source, ignore_errors=True)
        shutil.copytree(fetch(module, environment), source)
        subprocess.run(["chmod", "-R", "u+w", str(source)], check=True)
    source = tools / "execution-bb-remote-execution"
    patches = source / "patches/com_github_hanwen_go_fuse_v2"
    for name in ("direntrylist-offsets-and-testability", "notify-testability", "writeback-cache"):
        subprocess.run(["patch", "-s", "-p0", "-i", str(patches / f"{name}.diff")], cwd=tools / "execution-go-fuse", check=True)
    (tools / "execution-bb-storage/pkg/otel/stylesheet.css").write_text("")
    (source / "cmd/bb_scheduler/stylesheet.css").write_text("")
    for main in source.glob("cmd/*/main.go"):
        main.write_text(re.sub(r"((?:remoteexecution|bytestream)\.Register\w+\(\s*)s,", r"\1s.(*grpc.Server),", main.read_text()))
    with open(source / "go.sum", "a") as sums:
        sums.write((HERE / "buildbarn/go.sum").read_text())
    subprocess.run(["go", "mod", "edit", "-require=golang.org/x/sys@v0.28.0", "-replace=github.com/buildbarn/bb-storage=../execution-bb-storage",
                    "-replace=github.com/hanwen/go-fuse/v2=../execution-go-fuse"],
                   cwd=source, env=environment, check=True)
    for name in PROGRAMS:
        done = subprocess.run(["go", "build", "-o", str(tools / name), f"./cmd/{name}"], cwd=source, env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            raise Missing(f"{name} cannot be built: {done.stderr[-800:]}")


class Process:
    """One of the four; may be killed and started again."""

    def __init__(self, folder, program, config, values, port):
        self.folder = folder
        self.port = port
        text = pathlib.Path(config).read_text()
        for name, value in values.items():
            text = text.replace(f"std.extVar('{name}')", json.dumps(str(value)))
        self.config = folder / f"{program.name}.jsonnet"
        self.config.write_text(text)
        self.command = [str(program), str(self.config)]
        self.log = folder / f"{program.name}.log"
        self.process = None

    def start(self):
        with open(self.log, "a") as out:
            self.process = subprocess.Popen(self.command, stdout=out, stderr=out, cwd=self.folder, start_new_session=True)
        if self.port:
            servers.wait_for(self.port, self.process, self.log)
        else:
            time.sleep(0.5)
            if self.process.poll() is not None:
                raise Missing(f"it does not start: {self.log.read_text(errors='replace')[-800:]}")

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None


class Cluster:
    """`flags`: for cow."""

    def __init__(self, folder, tools):
        build(tools)
        storage = servers.build_buildbarn(tools)
        tools = pathlib.Path(tools)
        self.folder = pathlib.Path(folder) / "buildbarn"
        for part in ("cas", "ac", "build", "cache"):
            (self.folder / part).mkdir(parents=True)
        front, clients, workers = (servers.free_port() for _ in range(3))
        values = {"FOLDER": self.folder, "STORAGE": front, "CLIENTS": clients, "WORKERS": workers, "POOL": "test", "PORT": front}
        self.storage = Process(self.folder, storage, HERE.parent / "remote_cache/peers/buildbarn/storage.jsonnet", values, front)
        # The door of the cluster: it passes executions on.
        text = self.storage.config.read_text().rstrip()
        assert text.endswith("}")
        self.storage.config.write_text(
            f"{text[:-1]}  schedulers: {{ '': {{ endpoint: {{ address: '127.0.0.1:{clients}' }} }} }},\n  executeAuthorizer: allow,\n}}\n")
        self.scheduler = Process(self.folder, tools / "bb_scheduler", HERE / "buildbarn/scheduler.jsonnet", values, clients)
        self.runner = Process(self.folder, tools / "bb_runner", HERE / "buildbarn/runner.jsonnet", values, 0)
        self.worker = Process(self.folder, tools / "bb_worker", HERE / "buildbarn/worker.jsonnet", values, 0)
        self.flags = [f"--remote_executor=grpc://127.0.0.1:{front}", "--remote_default_exec_properties=pool=test"]

    def __enter__(self):
        self.all = [self.storage, self.scheduler, self.runner, self.worker]
        for process in self.all:
            process.start()
        return self

    def __exit__(self, *_):
        for process in reversed(self.all):
            process.kill()
