"""A cow-cache for a test: started on free ports of the loopback, ended with the test."""
import pathlib
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request


class CacheServer:
    def __init__(self, program, folder, *flags, host="127.0.0.1", prefix=()):
        self.program = str(program)
        self.folder = pathlib.Path(folder)
        self.flags = [str(flag) for flag in flags]
        self.host = host
        self.prefix = list(prefix)  # words before the command, as "ip netns exec NAME"
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        if self.process:
            self.stop()

    def start(self):
        ports = pathlib.Path(tempfile.mkdtemp()) / "ports"
        self.errors = open(self.folder.parent / "server.err", "a+")
        self.process = subprocess.Popen(
            [*self.prefix, self.program, "--dir", self.folder, f"--grpc={self.host}:0", "--http=127.0.0.1:0", f"--port_file={ports}", *self.flags],
            stderr=self.errors, stdout=subprocess.DEVNULL)
        end = time.monotonic() + 30
        while not ports.exists():
            if self.process.poll() is not None or time.monotonic() > end:
                self.errors.seek(0)
                raise RuntimeError(f"cow-cache did not start:\n{self.errors.read()[-2000:]}")
            time.sleep(0.01)
        found = dict(line.split() for line in ports.read_text().splitlines())
        self.grpc = f"{self.host}:{found['grpc']}"
        self.http = f"127.0.0.1:{found['http']}"

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process = None

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(60)
        self.process = None
        assert code == 0, f"cow-cache ended with {code}"

    def ask(self, method, path, body=None, headers=None):
        """(status, body) of one request."""
        request = urllib.request.Request(f"http://{self.http}{path}", data=body, method=method, headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
