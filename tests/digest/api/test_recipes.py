"""The recipes of the API's page, run as they stand there."""

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from html import unescape

import pytest

from tests.samples import digest, row

pytestmark = [pytest.mark.sqlite, pytest.mark.slow]  # one database is enough

HEADINGS = ("find", "find", "know", "mirror", "library", "library", "push")


@pytest.fixture
def recipes(site):
    """What each recipe prints, in the order of the page."""
    if not shutil.which("curl"):
        pytest.skip("needs curl: apt install curl")
    address, (token, *_) = site
    page = urllib.request.urlopen(f"{address}/api/").read().decode()
    found = re.findall(r'<pre data-recipe="(\w+)"><code>(.*?)</code></pre>', page, re.DOTALL)
    assert len(found) == len(HEADINGS)
    # What the page calls the site is the address that operators gave it.
    return [
        (kind, unescape(code).replace("http://localhost:8000", address)) for kind, code in found
    ], token


def test_every_recipe_works(recipes, tmp_path):
    found, token = recipes
    (tmp_path / "2025-02-07.json").write_bytes(
        digest(row(2737, title="A language model", date="2025-02-07"))
    )
    environment = {**os.environ, "TOKEN": token}

    def run(kind, code):
        command = ["bash", "-c", code] if kind == "sh" else [sys.executable, "-c", code]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60
        )
        assert (done.returncode, done.stderr) == (0, ""), code
        return done.stdout

    papers, cited, lookup, mirror, bookmark, note, push = found
    dry = json.loads(run(*push))
    assert (dry["written"], dry["new"]) == (False, 1)
    loaded = json.loads(run("sh", push[1].replace("&dry_run=1", "")))
    assert (loaded["written"], loaded["new"]) == (True, 1)

    assert json.loads(run(*papers))["results"] == [
        {"id": "2502.02737", "title": "A language model"}
    ]
    run(*cited)
    assert (tmp_path / "papers.bib").read_text().count("@misc{") == 1
    known = json.loads(run(*lookup))["results"]
    assert [one["paper"]["id"] for one in known] == ["2502.02737"] * 2
    for _ in range(2):
        run(*mirror)
        kept, newest = json.loads((tmp_path / "mirror.json").read_text())
        assert "2502.02737" in kept
        assert newest == max(paper["changed_at"] for paper in kept.values())
    assert json.loads(run(*bookmark))["status"] == "reading"
    assert run(*note).startswith('"')
