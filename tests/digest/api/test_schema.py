"""The schema is what the API does, and it is in the repository as it is."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from django.contrib.auth.models import Permission
from django.core.management import call_command

from accounts.library import Library
from accounts.models import Scope, User
from accounts.tokens import create
from digest.ingest import load
from digest.models import Paper
from tests.samples import NASTY, digest, row

ROOT = Path(__file__).resolve().parents[3]
SCHEMATHESIS = Path(sys.executable).with_name("st")


def test_the_schema_in_the_repository_is_up_to_date(tmp_path):
    call_command("spectacular", file=str(tmp_path / "now.yml"), validate=True, fail_on_warn=True)
    now = (tmp_path / "now.yml").read_text()
    assert now == (ROOT / "digest/api/openapi.yml").read_text(), "run make schema"
    assert yaml.safe_load(now)["openapi"] == "3.1.0"


@pytest.fixture
def site(transactional_db, live_server, settings):
    """The address of a site with something of everything, whose limits nobody reaches."""
    settings.API_RATE = settings.API_RATE_ANONYMOUS = 10**9
    settings.SITE_URL = live_server.url
    load(digest(*NASTY, *(row(n) for n in range(10, 40))), "2025-02-06.json")
    return live_server.url


@pytest.fixture
def curator(transactional_db):
    user = User.objects.create_user("curator", "curator@example.org")
    names = ("add_source", "view_source")
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    return user


EVERYTHING = tuple(Scope.values)


@pytest.mark.parametrize("scopes", [EVERYTHING, *((s,) for s in Scope.values), ()], ids=" ".join)
def test_whatever_is_asked_the_answer_is_as_the_schema_has_it(site, curator, scopes):
    library = Library(curator)
    papers = list(Paper.objects.all())
    library.bookmarks.add([paper.pk for paper in papers[:5]])
    library.notes.save(papers[0], "A note", 0)
    library.lists.open(library.lists.create("A list").slug).add([papers[0].pk])
    command = [
        *(str(SCHEMATHESIS), "--config-file", str(Path(__file__).with_name("schemathesis.toml"))),
        *("run", f"{site}/api/v1/schema/", "--checks", "all", "--no-color"),
        *("--seed", "1", "--generation-database", "none", "--suppress-health-check", "all"),
    ]
    # Every way to break each parameter, and some that nobody thought of
    command += ["--max-examples", "8" if scopes == EVERYTHING else "1"]
    if scopes != EVERYTHING:
        command += ["--phases", "examples,coverage"]
    if scopes:
        _, secret = create(curator, "fuzzer", list(scopes))
        command += ["--header", f"Authorization: Bearer {secret}"]
    run = subprocess.run(command, cwd="/tmp", capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
    assert int(re.search(r"Tested: (\d+)", run.stdout)[1]) > 40
