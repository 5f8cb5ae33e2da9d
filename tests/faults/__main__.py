"""Breaks what the site stands on, and looks whether anything is lost or comes by halves.

    python -m tests.faults [NAME...]            on SQLite
    python tests/postgres.py python -m tests.faults [NAME...]

    kill-load, kill-note, kill-import, kill-migrate, kill-backup, kill-restore, kill-copy: SIGKILL,
        by the clock and before the database's steps
    kill-upgrade: SIGKILL before the steps of a migration
    busy: backups are made while people write and files are loaded
    disk: it is full
    locked: another process keeps everybody from writing
    gone: PostgreSQL ends, and is back
    redis: Redis ends, and is back
    clock: it is set back an hour

Prints what was done, what was seen and whether that is right. The exit code is 1 if something is
not. What cannot be played here is skipped, and it is said why. After each fault, the search index
has to agree with the catalogue, and everything that was acknowledged has to be there.

SEED chooses other random points; LOCKED says for how many seconds the database is locked, and PAUSE
how many a writer waits while backups are made.
"""

import os
import shutil
import sys
import time
from collections.abc import Callable

from django.db import connection

from tests.faults.base import FOLDER, Seen, Skipped, fill
from tests.faults.busy import busy
from tests.faults.disk import disk
from tests.faults.kills import (
    kill_backup,
    kill_copy,
    kill_import,
    kill_load,
    kill_migrate,
    kill_note,
    kill_restore,
    kill_upgrade,
)
from tests.faults.servers import clock, gone, locked, redis

FAULTS: dict[str, Callable[[Seen], None]] = {
    "kill-load": kill_load,
    "kill-note": kill_note,
    "kill-import": kill_import,
    "kill-migrate": kill_migrate,
    "kill-backup": kill_backup,
    "kill-restore": kill_restore,
    "kill-copy": kill_copy,
    "kill-upgrade": kill_upgrade,
    "busy": busy,
    "disk": disk,
    "locked": locked,
    "gone": gone,
    "redis": redis,
    "clock": clock,
}


def main(names: list[str]) -> int:
    if unknown := {*names} - {*FAULTS}:
        print(f"there is no {', '.join(sorted(unknown))}: say one of {', '.join(FAULTS)}")
        return 2
    load_average = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    print(f"on {connection.display_name}; load average {load_average}")
    fill()
    connection.close()
    results = []
    for name in names or FAULTS:
        meaning = " ".join((FAULTS[name].__doc__ or "").split())
        print(f"\n{name}: {meaning}", flush=True)
        seen, begun = Seen(), time.monotonic()
        try:
            FAULTS[name](seen)
            result = "WRONG" if seen.wrong else "ok"
        except Skipped as skipped:
            seen.say(f"skipped: {skipped}")
            result = "skipped"
        results.append((name, result, time.monotonic() - begun))
    print(f"\non {connection.display_name}:")
    for name, result, seconds in results:
        print(f"  {name:12}{result:9}{seconds:5.0f} s")
    return int(any(result == "WRONG" for _, result, _ in results))


if __name__ == "__main__":
    try:
        code = main(sys.argv[1:])
    finally:
        connection.close()
        shutil.rmtree(FOLDER)
    sys.exit(code)
