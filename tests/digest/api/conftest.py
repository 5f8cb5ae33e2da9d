import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

FILL = """
import sys
from django.contrib.auth.models import Permission
from accounts.library import Library
from accounts.models import Scope, User
from accounts.tokens import create
from digest.catalogue.load import load
from digest.models import Paper
from tests.admin import app
from tests.samples import NASTY, digest, row

load(digest(*NASTY, *(row(n) for n in range(10, 40))), "2025-02-06.json")
user = User.objects.create_user("curator", "curator@example.org")
names = ("add_source", "view_source")
user.user_permissions.set(Permission.objects.filter(codename__in=names))
app(user)
library = Library(user)
papers = list(Paper.objects.all())
library.bookmarks.add([paper.pk for paper in papers[:5]])
library.notes.save(papers[0], "A note", 0)
library.lists.open(library.lists.create("A list").slug).add([papers[0].pk])
for scopes in (Scope.values, *([scope] for scope in Scope.values)):
    print(create(user, " ".join(scopes), scopes, second_factor=True)[1])
"""


@pytest.fixture
def site(own_database):
    """The address of a site with something of everything, whose limits nobody reaches, and tokens
    of a curator: for everything, and for each scope alone."""
    # The server is given a socket that listens already: whoever comes early waits in its line.
    listening = socket.create_server(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    environment = {
        **os.environ,
        "DATABASE_URL": own_database,
        "DJANGO_SETTINGS_MODULE": "tests.settings",  # which need no collected static files
        "TEST_API_RATE": "1000000",
    }
    shell = [sys.executable, "manage.py", "shell", "-v", "0", "-c", FILL]
    run = subprocess.run(shell, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn", "digest.wsgi"),
            *("--bind", f"fd://{listening.fileno()}"),
            *("--worker-class", "gthread", "--workers", "1", "--threads", "4"),
            *("--no-control-socket", "--log-level", "error"),
        ],
        cwd=ROOT,
        env=environment,
        pass_fds=[listening.fileno()],
    )
    listening.close()
    try:
        yield address, run.stdout.split()
    finally:
        server.terminate()
        server.wait()
