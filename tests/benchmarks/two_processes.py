"""Two processes of the site, as on two hosts, behind a balancer: whether all is right, how many
requests they answer beside one process, and what is lost when one of them is killed.

    python tests/postgres.py python tests/benchmarks/two_processes.py FOLDER [--seconds N]

Loads the digests of a folder into PostgreSQL, and serves them at 127.0.0.1 and 127.0.0.2, with one
Redis and one SECRET_KEY. The balancer is a small one of this script: each new connection goes to
the next process, and to the other one if that does not listen. Needs redis-server. Prints what is
right and what is not, and the rates. The exit code is 1 if something is not right.

Clients, balancer, database and both processes share the cores of this machine. How busy each was is
printed in seconds of the processor.
"""

import argparse
import asyncio
import multiprocessing
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from time import monotonic, sleep
from typing import Any

FOLDER = Path(tempfile.mkdtemp(prefix="benchmark-"))
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
KEY = secrets.token_urlsafe(64)
os.environ |= {
    "DEBUG": "off",
    "ALLOWED_HOSTS": "localhost",
    "SECRET_KEY": KEY,
    "EMAIL_URL": f"file://{FOLDER}/mail",
    "API_RATE_ANONYMOUS": "30",
    "DJANGO_SETTINGS_MODULE": "digest.settings",
}

import django  # noqa: E402

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from accounts.models import Bookmark, User  # noqa: E402
from digest.catalogue.load import find_files, load_files  # noqa: E402
from digest.models import Digest, Paper, Source  # noqa: E402
from tests.redis import PROGRAM, Server  # noqa: E402
from tests.samples import digest, row  # noqa: E402
from tests.served import Browser  # noqa: E402

ADDRESSES = ("127.0.0.1", "127.0.0.2")
PASSWORD = "correct horse battery"
PEOPLE = 8
wrong: list[str] = []


def check(right: object, line: str) -> None:
    if not right:
        wrong.append(line)
    print(("ok     " if right else "WRONG  ") + line, flush=True)


# The processes


class Site:
    """One process of the site, with four threads, at an address of this machine."""

    def __init__(self, address: str, redis: str) -> None:
        self.address, self.redis = address, redis
        with socket.create_server((address, 0)) as free:
            self.port = free.getsockname()[1]
        self.start()

    def start(self) -> None:
        command = f"-m gunicorn digest.wsgi --bind {self.address}:{self.port} --workers 1"
        command += " --worker-class gthread --threads 4 --no-control-socket --log-level warning"
        self.process = subprocess.Popen(
            [sys.executable, *command.split()],
            cwd=ROOT,
            env={**os.environ, "CACHE_URL": self.redis},
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        while True:
            with suppress(OSError), socket.create_connection((self.address, self.port), 1):
                return
            sleep(0.1)

    def kill(self) -> None:
        """As if its host had lost power."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def processor(self) -> float:
        """Seconds of the processor until now."""
        found = subprocess.run(
            ["ps", "-o", "cputimes=", "-g", str(self.process.pid)], capture_output=True, text=True
        )
        return sum(map(float, found.stdout.split()))


def balance(listener: socket.socket, places: list[tuple[str, int]], used: Any) -> None:
    """The balancer: never returns. used: how many connections each place got."""

    async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while some := await reader.read(65_536):
                writer.write(some)
                await writer.drain()
        writer.close()

    turn = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal turn
        turn += 1
        for number in (turn % len(places), (turn + 1) % len(places)):
            try:
                there = await asyncio.open_connection(*places[number])
            except OSError:
                continue
            used[number] += 1
            await asyncio.gather(pipe(reader, there[1]), pipe(there[0], writer))
            return
        writer.close()

    async def run() -> None:
        server = await asyncio.start_server(serve, sock=listener)
        await server.serve_forever()

    asyncio.run(run())


class Balancer:
    def __init__(self, sites: list[Site]) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port = listener.getsockname()[1]
            self.used = multiprocessing.Array("i", len(sites))
            places = [(site.address, site.port) for site in sites]
            self.process = multiprocessing.Process(
                target=balance, args=(listener, places, self.used), daemon=True
            )
            self.process.start()

    def stop(self) -> None:
        self.process.kill()
        self.process.join()


def at(site: Site, cookies: dict[str, str] | None = None) -> Browser:
    """A browser that asks one process alone."""
    browser = Browser(site.port, site.address)
    browser.cookies = dict(cookies or {})
    return browser


# Whether all is right


def sessions(one: Site, other: Site) -> dict[str, str]:
    """The cookies of somebody who is logged in."""
    browser = at(one)
    browser.log_in("person0", PASSWORD)
    found = [at(site, browser.cookies).ask("GET", "/library/").status for site in (one, other)]
    check(found == [200, 200], f"who logs in at one is logged in at the other: {found}")
    elsewhere = at(other, browser.cookies)
    marked = elsewhere.ask("POST", "/library/mark/", {"paper": slug(0), "do": "read"})
    check(marked.status == 302, f"a form of one is taken by the other: {marked.status}")
    leaving = at(one)
    leaving.log_in("person1", PASSWORD)
    at(other, leaving.cookies).ask("POST", "/account/logout/", {})
    left = at(one, leaving.cookies).ask("GET", "/library/").status
    check(left == 302, f"who logs out at one is logged out at the other: {left}")
    return browser.cookies


def limits(one: Site, other: Site) -> None:
    wrong_form = {"login": "person2", "password": "wrong"}
    said = []
    for number in range(8):
        browser = at((one, other)[number % 2])
        browser.ask("GET", "/account/login/")
        said.append("too many" in browser.ask("POST", "/account/login/", wrong_form).text.lower())
    check(said == [False] * 5 + [True] * 3, f"five wrong passwords, at both together: {said}")
    calls = [at((one, other)[n % 2]).ask("GET", "/api/v1/papers/").status for n in range(40)]
    check(
        calls.count(200) == 30 and calls.count(429) == 10,
        f"the API answers 30 calls a minute, at both together: {calls.count(200)}",
    )


def caches(one: Site, other: Site) -> None:
    path = "/digests/2020-01-01/"
    before = [at(site).ask("GET", path).status for site in (one, other)]
    file = FOLDER / "2020-01-01.json"
    file.write_bytes(digest(*(row(n, date="2020-01-01") for n in range(90_001, 90_006))))
    command = [sys.executable, "manage.py", "load_digest", str(file)]
    both = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    said = [process.communicate()[1].decode() for process in both]
    sources = Source.objects.filter(name=str(file)).count()
    right = (sources, said, [process.returncode for process in both]) == (1, ["", ""], [0, 0])
    check(right, f"two loads of a file at once are one: {sources} {''.join(said)}")
    for _ in range(2):
        after = [at(site).ask("GET", path) for site in (one, other)]
        counts = [answer.text.count("<article") for answer in after]
        check(counts == [5, 5], f"both show at once what was loaded: {before}, then {counts}")


def slug(number: int) -> str:
    return str(Paper.objects.visible().order_by("pk").values_list("slug", flat=True)[number])


# How many, and what is lost


def client(port: int, cookies: dict[str, str], paths: list[str], until: float, told: Any) -> None:
    """Ask one page after the other on connections that stay. Tells of each request when it began,
    when it ended, and its status, 0 being none."""
    answers = []

    def ask(number: int) -> None:
        browser = Browser(port)
        browser.cookies = dict(cookies)
        while monotonic() < until:
            number += 1
            begun, status = monotonic(), 0
            with suppress(OSError, HTTPException):
                status = browser.ask("GET", paths[number % len(paths)]).status
            answers.append((begun, monotonic(), status))
        browser.close()

    threads = [threading.Thread(target=ask, args=(7 * n,)) for n in range(PEOPLE // 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told.send(answers)


def asked(
    port: int, cookies: dict[str, str], paths: list[str], seconds: float, meanwhile: Any = None
) -> list[tuple[float, float, int]]:
    """All requests that people made in so many seconds. meanwhile: is called at half of them."""
    until = monotonic() + seconds
    ends = []
    for _ in range(2):
        reading, writing = multiprocessing.Pipe(duplex=False)
        process = multiprocessing.Process(
            target=client, args=(port, cookies, paths, until, writing)
        )
        process.start()
        ends.append((process, reading))
    if meanwhile:
        sleep(seconds / 2)
        meanwhile()
    found = [answer for _, reading in ends for answer in reading.recv()]
    for process, _ in ends:
        process.join()
    return found


def rates(sites: list[Site], cookies: dict[str, str], paths: list[str], seconds: float) -> float:
    """Requests a second through the balancer, which is given only these processes."""
    balancer = Balancer(sites)
    try:
        asked(balancer.port, cookies, paths, 3)  # each process has answered everything once
        before = [site.processor() for site in sites]
        answers = asked(balancer.port, cookies, paths, seconds)
        busy = sum(site.processor() for site in sites) - sum(before)
    finally:
        balancer.stop()
    failed = [status for *_, status in answers if status != 200]
    rate = len(answers) / seconds
    times = sorted(end - begun for begun, end, _ in answers)
    check(not failed, f"{len(sites)} of them: {rate:.1f} requests a second, {len(failed)} failed")
    print(
        f"       median {times[len(times) // 2] * 1000:.0f} ms, 99 % within"
        f" {times[len(times) * 99 // 100] * 1000:.0f} ms;"
        f" {busy / len(answers) * 1000:.0f} ms of the processes' processor each"
    )
    return rate


def killed(sites: list[Site], cookies: dict[str, str], paths: list[str], seconds: float) -> None:
    """One process is killed in the middle, and started again."""
    balancer, moment = Balancer(sites), 0.0

    def kill() -> None:
        nonlocal moment
        moment = monotonic()
        sites[0].kill()

    try:
        answers = asked(balancer.port, cookies, paths, seconds, kill)
        failed = [(begun, status) for begun, _, status in answers if status != 200]
        late = [begun - moment for begun, _ in failed if begun > moment + 0.05]
        after = sum(begun > moment for begun, *_ in answers)
        check(failed and not late, f"killed: {len(failed)} of {len(answers)} requests failed")
        check(not late, f"all of them were under way at that moment; of {after} after it, none")
        sites[0].start()
        before = balancer.used[0]
        answers = asked(balancer.port, cookies, paths, 3)
        failed = [status for *_, status in answers if status != 200]
        share = balancer.used[0] - before
        check(not failed and share, f"started again: it has {share} of {PEOPLE} connections again")
    finally:
        balancer.stop()


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=float, default=20)
    options = parser.parse_args()
    if connection.vendor != "postgresql" or PROGRAM is None:
        parser.error("needs PostgreSQL and redis-server: see above")
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    for _ in load_files(find_files(options.folder).files):
        pass
    for number in range(PEOPLE):
        User.objects.create_user(f"person{number}", f"person{number}@example.org", PASSWORD)
    print(f"{Paper.objects.count()} papers; load average {os.getloadavg()[0]:.1f}")
    days = Digest.objects.order_by("-date").values_list("date", flat=True)[:20]
    paths = [f"/papers/?page={n}" for n in range(1, 20)] + [f"/digests/{day}/" for day in days]
    connection.close()
    redis = Server()
    redis.start()
    sites = [Site(address, redis.url) for address in ADDRESSES]
    try:
        cookies = sessions(*sites)
        limits(*sites)
        caches(*sites)
        one = rates(sites[:1], cookies, paths, options.seconds)
        two = rates(sites, cookies, paths, options.seconds)
        print(f"two processes beside one: {two / one:.2f} times as many")
        killed(sites, cookies, paths, options.seconds)
        connection.close()
        check(Bookmark.objects.count() == 1, "what was acknowledged is there")
    finally:
        for site in sites:
            site.kill()
        redis.stop()
        connection.close()
    return int(bool(wrong))


if __name__ == "__main__":
    try:
        code = main()
    finally:
        shutil.rmtree(FOLDER)
    sys.exit(code)
