"""A Redis of the tests' own, which can be stopped and started."""

import shutil
import socket
import subprocess

PROGRAM = shutil.which("redis-server") or shutil.which("valkey-server")


class Server:
    """Listens on the loopback, at `url`, and keeps nothing when it is stopped."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Returns once it listens."""
        options = f"--port {self.port} --bind 127.0.0.1 --appendonly no --daemonize no --dir /"
        self.process = subprocess.Popen(
            [PROGRAM, *options.split(), "--save", ""], stdout=subprocess.PIPE, text=True
        )
        for line in self.process.stdout:
            if "Ready to accept connections" in line:
                return
        raise RuntimeError("Redis did not start")

    def stop(self) -> None:
        if self.process:
            self.process.kill()
            self.process.communicate()
        self.process = None
