"""Every command in the documents is run here, so that none promises what no longer works."""

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
COUNTS = {"README.md": 5, "OPERATING.md": 31, "CONTRIBUTING.md": 15}
"""The commands of each document."""
TEXTS = {name: (ROOT / name).read_text() for name in COUNTS}

pytestmark = [pytest.mark.sqlite, pytest.mark.slow]  # each command runs on a database of its own


def blocks(language: str, name: str = "OPERATING.md") -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXTS[name], re.MULTILINE | re.DOTALL)


COMMANDS = {
    name: [
        line.partition(" #")[0].strip()
        for block in blocks("sh", name)
        for line in block.splitlines()
    ]
    for name in TEXTS
}
DEPLOYED = dict(line.split("=", 1) for line in "".join(blocks("env")).splitlines())


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory, installed: Path) -> Path:
    """A copy of the project as `make install` leaves it: installed, with the sample loaded, so that
    no command needs another one before it."""
    copy = tmp_path_factory.mktemp("readme") / "paper-digest"
    return shutil.copytree(installed, copy, symlinks=True)


@pytest.fixture(scope="module")
def installed(
    once: Callable[[str, Callable[[Path], None]], Path], copy_database: Callable[[], str]
) -> Path:
    """What the copies of all workers are made from."""

    def install(folder: Path) -> None:
        shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(".?*", "var"))
        (folder / ".venv").symlink_to(sys.prefix)
        (folder / "var").mkdir(mode=0o700)
        shutil.copyfile(copy_database(), folder / "var" / "db.sqlite3")
        run(folder, ".venv/bin/python manage.py load_digest fixtures/")
        run(folder, ".venv/bin/python manage.py collectstatic --no-input --verbosity 0")
        run(folder, ".venv/bin/python manage.py backup backups")

    return once("installed", install)


def run(folder: Path, command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), **variables}
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


class Services(BaseHTTPRequestHandler):
    """Hugging Face and arXiv, without any papers."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        total = b"<opensearch:totalResults>0</opensearch:totalResults>"
        feed = b"<feed xmlns:opensearch='http://a9.com/-/spec/opensearch/1.1/'>%b</feed>" % total
        self.wfile.write(b"[]" if "/daily_papers?" in self.path else feed)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def services() -> Iterator[dict[str, str]]:
    """The settings by which a server of this machine stands for the services that are asked."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Services) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        address = f"http://127.0.0.1:{server.server_address[1]}"
        yield {"HUGGINGFACE_URL": address, "ARXIV_URL": address}
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("command", dict.fromkeys(chain(*COMMANDS.values())))
def test_a_command_works(checkout: Path, services: dict[str, str], command: str) -> None:
    if command.startswith("make "):
        run(checkout, command.replace("make", "make --dry-run", 1))  # the target is there
        return
    for long, short in (
        ("manage.py runserver", "--help"),
        ("mcp --http 127.0.0.1:8001", "--help"),
        ("-m pytest", "--collect-only"),
    ):
        command = command.replace(long, f"{long} {short}")
    run(checkout, _here(command), **services)


def _here(command: str) -> str:
    """The command as it is without root, and without a folder or user of the service."""
    command = command.replace("runuser -u paper-digest -- ", "")
    return command.replace("/srv/paper-digest", ".").replace("/srv/digests", "fixtures")


def test_each_day_is_loaded(checkout: Path) -> None:
    (line,) = "".join(blocks("cron")).splitlines()
    *when, user, command = line.split(" ", 6)
    assert (when, user) == (["30", "6", "*", "*", "*"], "paper-digest")
    run(checkout, _here(command))


def test_a_command_that_is_typed_has_the_settings_of_the_service(checkout: Path) -> None:
    settings = (
        "from django.conf import settings as s; print(s.SITE_URL, s.DATABASES['default']['HOST'])"
    )
    command = f'DJANGO_SETTINGS_MODULE=digest.settings .venv/bin/python -c "{settings}"'
    (checkout / ".env").write_text("".join(blocks("env")))
    try:
        done = run(checkout, command)
    finally:
        (checkout / ".env").unlink()
    assert done.stdout == f"{DEPLOYED['SITE_URL']} db.example.org\n"


def test_what_is_exported_is_what_was_loaded(checkout: Path) -> None:
    run(checkout, ".venv/bin/python manage.py load_digest fixtures/2025-02-06.md")
    exported = run(checkout, ".venv/bin/python manage.py export_digest 2025-02-06").stdout
    assert exported.startswith("\n\n## Papers for 2025-02-06\n")


def test_the_deployed_settings_are_safe(checkout: Path) -> None:
    (make_key,) = [command for command in COMMANDS["OPERATING.md"] if "SECRET_KEY" in command]
    _, key = run(checkout, make_key).stdout.strip().split("=")
    done = run(
        checkout,
        ".venv/bin/python manage.py check --deploy --fail-level WARNING",
        **DEPLOYED,
        SECRET_KEY=key,
    )
    assert done.stderr == ""
    assert done.stdout == "System check identified no issues (2 silenced).\n"


def test_every_block_is_accounted_for() -> None:
    fences = {name: re.findall(r"^```(.*)$", text, re.MULTILINE) for name, text in TEXTS.items()}
    assert {name: {*found[::2]} for name, found in fences.items()} == {
        "README.md": {"sh"},
        "OPERATING.md": {"sh", "console", "env", "cron", "nginx", "text", "yaml"},
        "CONTRIBUTING.md": {"sh", "text"},
    }
    assert {name: len(commands) for name, commands in COMMANDS.items()} == COUNTS


def test_the_readme_fits_on_a_screen() -> None:
    assert TEXTS["README.md"].count("\n") <= 60


def anchors(text: str) -> set[str]:
    """The anchors of the headings of a Markdown page, as code hosts make them."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", sorted(ROOT.glob("*.md")), ids=lambda page: page.name)
def test_what_a_page_points_to_is_there(page: Path) -> None:
    for path, anchor in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", page.read_text()):
        file = ROOT / path if path else page
        assert file.is_file(), path
        assert not anchor or anchor in anchors(file.read_text()), f"{path}#{anchor}"


def test_make_help_names_every_target(checkout: Path) -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = {*re.findall(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)[0].split()}
    named = {*re.findall(r"^make ([\w-]+)", run(checkout, "make").stdout, re.MULTILINE)}
    assert named == targets - {"help", "installed", "dev", "chromium"}
