"""The schema is what the API does, and it is in the repository as it is."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from django.core.management import call_command

pytestmark = [pytest.mark.sqlite, pytest.mark.process]  # one database is enough

ROOT = Path(__file__).resolve().parents[3]
SCHEMATHESIS = Path(sys.executable).with_name("st")


def test_the_schema_in_the_repository_is_up_to_date(tmp_path):
    call_command("spectacular", file=str(tmp_path / "now.yml"), validate=True, fail_on_warn=True)
    now = (tmp_path / "now.yml").read_text()
    assert now == (ROOT / "digest/api/openapi.yml").read_text(), "run make schema"
    assert yaml.safe_load(now)["openapi"] == "3.1.0"


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
    """With a token for everything and with none, at the same time; --thorough: also with a token of
    each scope, with more examples of everything, and with sequences of requests."""
    address, (everything, *scopes) = site
    if pytestconfig.getoption("thorough"):
        runs = [fuzz(address, tmp_path, everything, "--max-examples", "30")]
        few = ("--max-examples", "5")
    else:
        few = ("--phases", "examples,fuzzing", "--max-examples", "2")
        runs, scopes = [], [everything]
    runs += [fuzz(address, tmp_path, token, *few) for token in (*scopes, "")]
    for run in runs:
        said, _ = run.communicate(timeout=300)
        assert run.returncode == 0, said[:3000] + said[-3000:]
        assert int(re.search(r"Tested: (\d+)", said)[1]) > 40
