"""The schema is what the API does, and it is in the repository as it is."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from django.core.management import call_command

from digest.search.filters import PARAMETERS, SEVERAL
from tests.accounts.conftest import person

pytestmark = [pytest.mark.sqlite, pytest.mark.slow]  # one database is enough

ROOT = Path(__file__).resolve().parents[3]
SCHEMATHESIS = Path(sys.executable).with_name("st")


def test_the_schema_in_the_repository_is_up_to_date(tmp_path):
    call_command("spectacular", file=str(tmp_path / "now.yml"), validate=True, fail_on_warn=True)
    now = (tmp_path / "now.yml").read_text()
    assert now == (ROOT / "digest/api/openapi.yml").read_text(), "run make schema"
    assert yaml.safe_load(now)["openapi"] == "3.1.0"


def test_the_parameters_of_the_papers_are_those_of_their_filter():
    said = yaml.safe_load((ROOT / "digest/api/openapi.yml").read_text())
    parameters = said["paths"]["/api/v1/papers/"]["get"]["parameters"]
    names = {"ordering" if name == "order" else name for name in PARAMETERS}
    more = {"cursor", "fields", "format", "modified_since", "page_size"}
    assert {one["name"] for one in parameters} == names | more
    several = {one["name"] for one in parameters if one["schema"]["type"] == "array"}
    assert several == SEVERAL


def test_an_address_may_say_what_the_schema_has_and_nothing_else(client, db):
    """The other side of it, that each parameter is taken, is what is fuzzed below."""
    said = yaml.safe_load((ROOT / "digest/api/openapi.yml").read_text())
    client.force_login(person("curator"))
    asked = 0
    for path, methods in said["paths"].items():
        if "{" not in path and "get" in methods:
            response = client.get(path, {"no_such_parameter": "1"})
            if response.status_code != 403:  # as the files of curators are
                assert response.json()["errors"] == {
                    "no_such_parameter": ["There is no such parameter."]
                }, path
                asked += 1
    assert asked == 15


def fuzz(site, folder, token, *options):
    command = [
        *(str(SCHEMATHESIS), "--config-file", str(Path(__file__).with_name("schemathesis.toml"))),
        *("run", f"{site}/api/v1/schema/", "--checks", "all", "--no-color", "--seed", "1"),
        *("--generation-database", "none"),
        *("--suppress-health-check", "all", *options),
    ]
    if token:
        command += ["--header", f"Authorization: Bearer {token}"]
    return subprocess.Popen(
        command,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_whatever_is_asked_the_answer_is_as_the_schema_has_it(site, tmp_path, pytestconfig):
    """With a token for everything; --thorough: also with a token of each scope and with none, with
    more examples of everything, and with sequences of requests. Who may ask what has tests of its
    own."""
    address, (everything, *scopes) = site
    if pytestconfig.getoption("thorough"):
        runs = [fuzz(address, tmp_path, everything, "--max-examples", "30")]
        runs += [fuzz(address, tmp_path, one, "--max-examples", "5") for one in (*scopes, "")]
    else:
        few = ("--phases", "examples,fuzzing", "--max-examples", "2")
        runs = [fuzz(address, tmp_path, everything, *few)]
    for run in runs:
        said, _ = run.communicate(timeout=300)
        assert run.returncode == 0, said[:3000] + said[-3000:]
        assert int(re.search(r"Tested: (\d+)", said)[1]) > 40
