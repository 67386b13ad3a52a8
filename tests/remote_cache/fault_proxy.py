"""A TCP proxy on the loopback that can do what networks and broken machines do."""
import socket
import threading
import time


class FaultProxy:
    def __init__(self, target):
        host, port = target.rsplit(":", 1)
        self.target = (host, int(port))
        self.mode = "pass"            # "hole": takes everything, gives nothing; "slow": takes 1 MB a second
        self.replace = (b"", b"")     # in what the server sends; of one length
        self.replaced = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.connect, args=(client,), daemon=True).start()

    def connect(self, client):
        try:
            server = socket.create_connection(self.target)
        except OSError:
            client.close()
            return
        threading.Thread(target=self.pump, args=(client, server, False), daemon=True).start()
        self.pump(server, client, True)

    def pump(self, source, sink, from_server):
        try:
            while data := source.recv(1 << 20):
                while self.mode == "hole":
                    time.sleep(0.02)
                if self.mode == "slow" and not from_server:
                    time.sleep(len(data) / 1e6)
                if from_server and self.replace[0]:
                    self.replaced += data.count(self.replace[0])
                    data = data.replace(*self.replace)
                sink.sendall(data)
        except OSError:
            pass
        for side in (source, sink):
            try:
                side.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
