"""How the site is served: gunicorn, the units of systemd, nginx and the container."""

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from configparser import ConfigParser
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest
import yaml
from django.core.management import get_commands

from digest.pages.middleware import MAX_BODY

pytestmark = [pytest.mark.sqlite, pytest.mark.slow]

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "digest" / "deployment"
PYTHON = "/srv/paper-digest/.venv/bin/python"


def unit(name: str) -> ConfigParser:
    found = ConfigParser(strict=False, interpolation=None, delimiters=["="])
    found.optionxform = str  # type: ignore[assignment, method-assign]
    found.read_string((FOLDER / name).read_text())
    return found


UNITS = sorted(file.name for file in FOLDER.glob("paper-digest*"))
SERVICES = [name for name in UNITS if name.endswith(".service")]


def commands(name: str) -> list[list[str]]:
    """What a unit runs, word by word."""
    lines = re.findall(r"^ExecStart(?:Pre)?=(.+)$", (FOLDER / name).read_text(), re.MULTILINE)
    return [shlex.split(line) for line in lines]


def test_the_units() -> None:
    assert [
        *("paper-digest-backup.service", "paper-digest-backup.timer"),
        *("paper-digest-daily.service", "paper-digest-daily.timer"),
        *("paper-digest-mails.service", "paper-digest-mails.timer"),
        *("paper-digest.service", "paper-digest.socket"),
    ] == UNITS
    manual = (ROOT / "OPERATING.md").read_text()
    enabled = " ".join(re.findall(r"^# systemctl enable --now (.+)$", manual, re.MULTILINE))
    wanted = [name for name in UNITS if unit(name).has_section("Install")]
    assert sorted(enabled.split()) == wanted


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_runs_what_is_there_and_writes_to_var_alone(name: str) -> None:
    service = unit(name)["Service"]
    assert service["User"] == "paper-digest"
    assert service["WorkingDirectory"] == "/srv/paper-digest"
    assert service["ProtectSystem"] == "strict"
    assert service["ReadWritePaths"].split()[0] == "/srv/paper-digest/var"
    for python, *words in commands(name):
        assert python == PYTHON
        if words[0] == "manage.py":
            assert words[1] in get_commands()
        else:
            assert words == ["-m", "gunicorn"]


@pytest.mark.parametrize("name", [name for name in UNITS if name.endswith(".timer")])
def test_a_timer_has_a_service(name: str) -> None:
    assert f"{Path(name).stem}.service" in SERVICES
    assert unit(name)["Timer"]["Persistent"] == "true"


def test_a_service_has_longer_to_end_than_its_requests() -> None:
    seconds = int(unit("paper-digest.service")["Service"]["TimeoutStopSec"])
    assert seconds > gunicorn_settings()["graceful_timeout"]
    grace = yaml.safe_load((ROOT / "compose.yml").read_text())["services"]["web"]
    assert int(grace["stop_grace_period"].removesuffix("s")) == seconds


def test_systemd_reads_the_units(tmp_path: Path) -> None:
    """Where systemd is: it knows each word in them."""
    program = shutil.which("systemd-analyze")
    if program is None:
        return
    for name in UNITS:
        text = (FOLDER / name).read_text()
        (tmp_path / name).write_text(text.replace(PYTHON, sys.executable))
    done = subprocess.run(
        [program, "verify", "--man=no", *(str(tmp_path / name) for name in UNITS)],
        env={"PATH": os.environ["PATH"], "SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
        capture_output=True,
        text=True,
    )
    said = [line for line in done.stderr.splitlines() if "paper-digest" in line]
    assert said == []


def gunicorn_settings() -> dict[str, object]:
    code = "import runpy; s = runpy.run_path('gunicorn.conf.py'); print(s['graceful_timeout'])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    return {"graceful_timeout": int(done.stdout)}


# nginx


def test_nginx_takes_as_much_as_the_site_does_and_hands_on_what_it_asks_for() -> None:
    text = (FOLDER / "nginx.conf").read_text()
    assert text.count("{") == text.count("}") == 3
    (most,) = re.findall(r"client_max_body_size (\d+)m;", text)
    assert 0 < int(most) * 1024**2 - MAX_BODY < 10_000_000
    assert re.findall(r"proxy_\w+_timeout \d+s;", text) == [
        *("proxy_connect_timeout 5s;", "proxy_send_timeout 60s;", "proxy_read_timeout 60s;")
    ]
    (listens,) = re.findall(r"ListenStream=(.+)", (FOLDER / "paper-digest.socket").read_text())
    assert f"proxy_pass http://{listens};" in text
    assert dict(re.findall(r"proxy_set_header (\S+) (\S+);", text)) == {
        "Connection": '""',
        "Host": "$host",
        "X-Forwarded-For": "$remote_addr",
        "X-Forwarded-Proto": "$scheme",
        "X-Request-ID": "$request_id",
    }


# Serving, as the units and the container do


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory, copy_database: Callable[[], str]) -> Path:
    """A folder with what the Containerfile copies into the image, and nothing else of the project,
    with a migrated database."""
    folder = tmp_path_factory.mktemp("served") / "paper-digest"
    folder.mkdir()
    for words in instructions("COPY"):
        if words[0].startswith("--from"):
            continue
        *sources, target = words
        for source in sources:
            place = folder / target / (source if target.endswith("/") else "")
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, place)
            elif source != "requirements/base.txt":
                shutil.copyfile(ROOT / source, place)
    (folder / ".venv").symlink_to(sys.prefix)
    (folder / "var").mkdir(mode=0o700)
    shutil.copyfile(copy_database(), folder / "var" / "db.sqlite3")
    return folder


@contextmanager
def serving(folder: Path, command: list[str], **options: object) -> Iterator[subprocess.Popen[str]]:
    """The process of a command, with no other variable in its environment than PATH."""
    with subprocess.Popen(
        command,
        cwd=folder,
        env={"PATH": f"{folder}/.venv/bin:/usr/bin:/bin", **options.pop("env", {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **options,
    ) as process:
        try:
            yield process
        finally:
            process.terminate()
            process.communicate()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def wait_until_it_serves(process: subprocess.Popen[str]) -> str:
    """Read what it prints up to its address, which is given."""
    said = []
    for line in process.stdout:
        said.append(line)
        if found := re.fullmatch(r"Paper Digest is at (.+)/\n", line):
            return found[1]
    raise AssertionError("".join(said))


def status(port: int, address: str) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", address)
        return connection.getresponse().status
    finally:
        connection.close()


def test_it_says_its_address_once_it_serves(installed: Path) -> None:
    port = free_port()
    with serving(installed, ["gunicorn"], env={"PORT": str(port)}) as process:
        assert wait_until_it_serves(process) == f"http://localhost:{port}"
        assert status(port, "/healthz") == 200


def test_commands_have_the_settings_and_the_port_of_what_serves(installed: Path) -> None:
    """From `.env`, and from what `make run` writes; of the environment they have none."""
    code = "from digest import settings as s; print(s.SITE_URL, s.PORT, s.SIGNUP)"

    def printed(**variables: str) -> str:
        command = [sys.executable, "-c", code]
        return subprocess.check_output(command, cwd=installed, env=variables, text=True).strip()

    settings, port = installed / ".env", installed / "var" / "port"
    try:
        port.write_text("\n")  # `make run` without PORT
        assert printed() == "http://localhost:8000 8000 open"
        settings.write_text("SIGNUP=invitation\nPORT=9001\n")
        assert printed() == "http://localhost:9001 9001 invitation"
        port.write_text("9000\n")
        assert printed() == "http://localhost:9000 9000 invitation"
        assert printed(PORT="9002", SIGNUP="closed") == "http://localhost:9002 9002 closed"
        settings.write_text("SITE_URL=https://digest.example.org\n")
        assert printed() == "https://digest.example.org 9000 open"
        assert printed(ENV_FILE="/dev/null") == "http://localhost:8000 8000 open"
    finally:
        settings.unlink()
        port.unlink()


def test_make_run_writes_its_port_down() -> None:
    command = ["make", "--dry-run", "--old-file=install", "run", "PORT=9000"]
    printed = subprocess.check_output(
        command, cwd=ROOT, env={"PATH": os.environ["PATH"]}, text=True
    )
    assert printed.splitlines()[0] == 'echo "9000" > var/port'
    assert printed.splitlines()[-1] == "exec .venv/bin/python -m gunicorn --log-level warning"


def test_a_stop_leaves_no_request_without_an_answer(installed: Path) -> None:
    """Requests that are being answered, and new ones on connections that are there."""
    port = free_port()
    answers: list[str] = []
    answered = threading.Semaphore(0)
    begun = threading.Barrier(9)

    def ask() -> None:
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", "/healthz")
        connection.getresponse().read()
        begun.wait()
        while True:
            try:
                if connection.sock is None:
                    connection.connect()
            except ConnectionRefusedError:  # nothing was asked: a balancer asks another one
                return
            try:
                connection.request("GET", "/api/v1/papers/")
                answer = connection.getresponse()
                answer.read()
                answers.append(str(answer.status))
                answered.release()
            except (OSError, HTTPException) as error:
                answers.append(repr(error))
                return

    settings = {"PORT": str(port), "API_RATE_ANONYMOUS": "1000000"}
    with serving(installed, ["gunicorn"], env=settings) as process:
        wait_until_it_serves(process)
        askers = [threading.Thread(target=ask) for _ in range(8)]
        for asker in askers:
            asker.start()
        begun.wait()
        for _ in range(40):
            answered.acquire(timeout=60)
        process.send_signal(signal.SIGTERM)
        process.wait()
        for asker in askers:
            asker.join()
    assert {*answers} == {"200"}


def test_a_restart_leaves_no_request_without_an_answer(installed: Path) -> None:
    """As the units have it: systemd listens, and stops the service by SIGTERM."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listener:
        # systemd hands the socket over as file 3, and says to whom.
        handed = "export LISTEN_PID=$$ LISTEN_FDS=1; exec python -m gunicorn"
        handed += f" 3<&{listener.fileno()}"

        def ask() -> socket.socket:
            asking = socket.create_connection(listener.getsockname())
            asking.sendall(b"GET /robots.txt HTTP/1.0\r\nHost: localhost\r\n\r\n")
            return asking

        def answer(asking: socket.socket) -> bytes:
            with asking, asking.makefile("rb") as file:
                return file.readline()

        def service() -> object:
            return serving(installed, ["bash", "-c", handed], pass_fds=[listener.fileno()])

        with service() as process:
            answers = [answer(ask())]  # it runs
            asking = [ask() for _ in range(30)]
            process.terminate()
            asking += [ask() for _ in range(30)]
        asking += [ask() for _ in range(30)]
        with service():
            answers += map(answer, asking)
    assert answers == [b"HTTP/1.0 200 OK\r\n"] * 91


# The container


def instructions(name: str, text: str = (ROOT / "Containerfile").read_text()) -> list[list[str]]:
    """The words of each instruction of this name; as they are, where they are a list."""
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    found = [line.removeprefix(f"{name} ") for line in lines if line.startswith(f"{name} ")]
    return [yaml.safe_load(line) if line.startswith("[") else line.split() for line in found]


def test_the_container_starts_in_an_empty_environment(installed: Path) -> None:
    """By its own command, with what it copies; then it is healthy, and stops."""
    port = free_port()
    (command,) = instructions("CMD")
    (health,) = instructions("HEALTHCHECK")
    variables = dict(word.split("=", 1) for words in instructions("ENV") for word in words)
    assert variables["GUNICORN_CMD_ARGS"] == "--bind=0.0.0.0:8000"
    arguments = {"GUNICORN_CMD_ARGS": f"--bind=127.0.0.1:{port}"}
    # To collect static files takes half a minute, and is tested elsewhere.
    command[-1] = command[-1].replace("collectstatic", "collectstatic --dry-run")
    with serving(installed, command, env=arguments) as process:
        assert wait_until_it_serves(process) == "http://localhost:8000"
        assert status(port, "/api/v1/") == 200
        check = yaml.safe_load(" ".join(health).partition("CMD ")[2])
        check[-1] = check[-1].replace("8000", str(port))
        assert subprocess.run(check, cwd=installed).returncode == 0
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 0
    assert subprocess.run(check, cwd=installed, stderr=subprocess.DEVNULL).returncode == 1


def test_the_container_has_no_rights_and_one_place_to_write() -> None:
    (user,) = instructions("USER")
    (volume,) = instructions("VOLUME")
    assert (user, volume) == (["paper-digest"], ["/srv/paper-digest/var"])
    kept_out = (ROOT / ".dockerignore").read_text().splitlines()
    assert kept_out[0] == "*"  # so that no secret comes into an image
    copied = [words for words in instructions("COPY") if not words[0].startswith("--")]
    needed = {source.split("/")[0] for *sources, _ in copied for source in sources}
    assert {line[1:] for line in kept_out if line.startswith("!")} == needed


def test_the_composed_services() -> None:
    found = yaml.safe_load((ROOT / "compose.yml").read_text())
    services = found["services"]
    assert services.keys() == {"web", "daily", "db", "cache"}
    assert {volume.split(":")[0] for volume in services["web"]["volumes"]} <= {*found["volumes"]}
    table = (ROOT / "OPERATING.md").read_text()
    for name in ("web", "daily"):
        assert services[name]["build"]["dockerfile"] == "Containerfile"
        assert services[name]["env_file"] == ".env"
        assert all(f"| `{variable}` |" in table for variable in services[name]["environment"])
        assert services[name]["depends_on"].keys() <= services.keys()
    run = re.findall(r"manage\.py (\w+)", services["daily"]["command"][-1])
    assert run == ["daily", "send_mails", "call_webhooks"]
    assert services["web"]["ports"] == ["127.0.0.1:8000:8000"]
