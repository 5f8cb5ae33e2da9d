"""The folder in which the workers of a server count for Prometheus together."""

from __future__ import annotations

from contextlib import suppress
from os import getppid, utime
from pathlib import Path
from platform import node
from shutil import rmtree
from time import time

OLD = 24 * 3600
"""Seconds after which a folder that nobody has read is deleted: its server has ended."""


def own_folder(parent: Path) -> Path:
    """The folder of this worker's server, within `parent`: the same for all of its workers, and
    another after a restart, since counters may only begin anew all together. Folders of earlier
    servers are deleted."""
    server = getppid()
    folder = parent / f"{node()}-{server}-{_start_of(server)}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    utime(folder)
    for other in parent.iterdir():
        with suppress(FileNotFoundError):  # another worker deletes, too
            if other.stat().st_mtime < time() - OLD:
                rmtree(other, ignore_errors=True)
    return folder


def _start_of(process: int) -> str:
    """When a process began, as Linux counts it; "" elsewhere. Numbers of processes come again."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return ""
