"""Caches of others, to be asked what cow-cache is asked: each is started on a free port of the loopback, in a folder of its own."""
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent


class Missing(Exception):
    """This server cannot be had here; str() says why."""


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait_for(port, process, log):
    end = time.monotonic() + 60
    while True:
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None or time.monotonic() > end:
            raise Missing(f"it does not start: {log.read_text(errors='replace')[-800:]}")
        time.sleep(0.05)


class Server:
    """Running while used with `with`. `grpc` and `http` are HOST:PORT, or "" where it does not speak that."""
    grpc = http = ""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder) / self.name
        self.folder.mkdir(parents=True)

    def __enter__(self):
        port = free_port()
        self.start(port)
        return self

    def __exit__(self, *_):
        self.stop()

    def launch(self, port, command, environment=None):
        log = self.folder / "log"
        with open(log, "a") as out:
            self.process = subprocess.Popen(command, stdout=out, stderr=out, cwd=self.folder, env={**os.environ, **(environment or {})})
        wait_for(port, self.process, log)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class CowCache(Server):
    name = "cow-cache"

    def __init__(self, folder, program):
        super().__init__(folder)
        self.program = str(program)

    def start(self, port):
        other = free_port()
        self.launch(port, [self.program, "--dir", str(self.folder / "data"), f"--grpc=127.0.0.1:{port}", f"--http=127.0.0.1:{other}",
                           "--anonymous=writer"])
        wait_for(other, self.process, self.folder / "log")
        self.grpc, self.http = f"127.0.0.1:{port}", f"127.0.0.1:{other}"


def build_buildbarn(folder):
    """bb_storage out of the Go module that go.mod pins; what its own build adds with patches is added here."""
    program = pathlib.Path(folder) / "bb_storage"
    if program.exists():
        return program
    if not shutil.which("go"):
        raise Missing("it is built with go, which is not installed")
    environment = {**os.environ, "GONOSUMDB": "*", "GOFLAGS": "-mod=mod"}
    found = subprocess.run(["go", "mod", "download", "-json", "github.com/buildbarn/bb-storage"], cwd=HERE / "buildbarn",
                           env={**environment, "GOFLAGS": "-mod=readonly"}, capture_output=True, text=True)
    if found.returncode != 0:
        raise Missing(f"its module cannot be fetched: {found.stdout[-300:]}{found.stderr[-300:]}")
    source = pathlib.Path(folder) / "bb-storage"
    shutil.rmtree(source, ignore_errors=True)
    shutil.copytree(json.loads(found.stdout)["Dir"], source)
    subprocess.run(["chmod", "-R", "u+w", str(source)], check=True)
    (source / "pkg/otel/stylesheet.css").write_text("")
    main = source / "cmd/bb_storage/main.go"
    main.write_text(re.sub(r"((?:remoteexecution|bytestream)\.Register\w+\(\s*)s,", r"\1s.(*grpc.Server),", main.read_text()))
    with open(source / "go.sum", "a") as sums:
        sums.write((HERE / "buildbarn/go.sum").read_text())
    subprocess.run(["go", "mod", "edit", "-require=golang.org/x/sys@v0.28.0"], cwd=source, env=environment, check=True)
    done = subprocess.run(["go", "build", "-o", str(program), "./cmd/bb_storage"], cwd=source, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise Missing(f"it cannot be built: {done.stderr[-600:]}")
    return program


class Buildbarn(Server):
    name = "buildbarn"

    def __init__(self, folder, tools):
        super().__init__(folder)
        self.program = str(build_buildbarn(tools))
        for part in ("cas", "ac"):
            (self.folder / part).mkdir()

    def start(self, port):
        config = self.folder / "storage.jsonnet"
        text = (HERE / "buildbarn/storage.jsonnet").read_text()
        config.write_text(text.replace("std.extVar('FOLDER')", json.dumps(str(self.folder))).replace("std.extVar('PORT')", f"'{port}'"))
        self.launch(port, [self.program, str(config)])
        self.grpc = f"127.0.0.1:{port}"


class Nginx(Server):
    """nginx with its WebDAV module, as Bazel's documentation describes it."""
    name = "nginx"

    def __init__(self, folder, tools):
        super().__init__(folder)
        self.program = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
        if not self.program:
            raise Missing("nginx is not installed (apt install nginx-light)")

    def start(self, port):
        (self.folder / "data").mkdir(exist_ok=True)
        (self.folder / "data").chmod(0o777)
        self.folder.chmod(0o755)
        config = self.folder / "nginx.conf"
        config.write_text(
            f"{'user root; ' if os.geteuid() == 0 else ''}daemon off; pid {self.folder}/pid; error_log {self.folder}/error.log; worker_processes 2;\n"
            "events { worker_connections 1024; }\n"
            f"http {{ access_log off; client_body_temp_path {self.folder}/body;\n"
            f"  server {{ listen 127.0.0.1:{port}; client_max_body_size 0;\n"
            f"    location / {{ root {self.folder}/data; dav_methods PUT; create_full_put_path on; }} }} }}\n")
        self.launch(port, [self.program, "-c", str(config), "-p", str(self.folder)])
        self.http = f"127.0.0.1:{port}"


PEERS = {"buildbarn": Buildbarn, "nginx": Nginx}
