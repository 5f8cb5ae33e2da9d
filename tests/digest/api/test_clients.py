"""A client made of the schema by openapi-python-client does what the API's page shows."""

import importlib
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest

from tests.samples import digest, row

pytestmark = [pytest.mark.sqlite, pytest.mark.slow]  # one database is enough

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def client(site, tmp_path, monkeypatch):
    """`client.call("papers", "papers", …)`: an operation, by its tag and its name."""
    command = [sys.executable, "-W", "ignore", "-m", "openapi_python_client", "generate"]
    options = ["--path", str(ROOT / "digest/api/openapi.yml"), "--meta", "none"]
    options += ["--output-path", str(tmp_path / "made_client")]
    subprocess.run([*command, *options], check=True, capture_output=True)
    monkeypatch.syspath_prepend(tmp_path)
    address, (token, *_) = site
    made = importlib.import_module("made_client")
    with made.AuthenticatedClient(base_url=address, token=token) as program:
        yield Made(program)
    for name in [name for name in sys.modules if name.partition(".")[0] == "made_client"]:
        del sys.modules[name]


class Made:
    def __init__(self, program):
        self.program = program

    def detailed(self, tag, operation, /, *values, **parameters):
        module = importlib.import_module(f"made_client.api.{tag}.{operation}")
        return module.sync_detailed(*values, client=self.program, **parameters)

    def call(self, tag, operation, /, *values, status=200, **parameters):
        answer = self.detailed(tag, operation, *values, **parameters)
        assert answer.status_code == status, answer.content
        return answer.parsed

    def model(self, name, /, **fields):
        models = importlib.import_module("made_client.models")
        return getattr(models, name).from_dict(fields)

    def cursor(self, page):
        return page.next_.partition("cursor=")[2].partition("&")[0]


def test_a_generated_client_does_what_the_page_shows(client, tmp_path):
    # List to the end, and search
    everything = client.call("papers", "papers", page_size=100).results
    assert len(everything) > 30
    turned, page = [], client.call("papers", "papers", page_size=15)
    while True:
        turned += [one.id for one in page.results]
        if not page.next_:
            break
        page = client.call("papers", "papers", page_size=15, cursor=client.cursor(page))
    assert turned == [one.id for one in everything]
    assert client.call("papers", "papers", q="no such words at all").results == []
    one = client.call("papers", "paper", turned[0])
    assert one.title == everything[0].title
    assert client.call("authors", "authors", q="ada").results
    assert client.call("index", "index").papers.endswith("/api/v1/papers/")

    # Which of 500 are here
    ids = [f"2502.{n:05}" for n in range(1, 501)]
    found = client.call("papers", "papers_lookup", body=client.model("LookupRequest", ids=ids))
    assert [one.given for one in found.results] == ids
    here = [one.paper.id for one in found.results if one.paper]
    assert len(here) >= 30

    # A bookmark, and a note over the version that was read
    mark = client.model("MarkRequest", status="reading")
    kept = client.detailed("library", "bookmark_keep", here[-1], body=mark)
    assert (kept.status_code, kept.parsed.status.value) == (201, "reading")
    assert here[-1] in [one.paper.id for one in client.call("library", "bookmarks").results]

    def text(words):
        return client.model("NoteTextRequest", text=words)

    made = client.detailed("library", "note_save", here[-1], body=text("First"))
    assert made.status_code == 201
    tag = made.headers["ETag"]
    again = client.detailed("library", "note_save", here[-1], body=text("2"), if_match=tag)
    assert again.status_code == 200
    stale = client.detailed("library", "note_save", here[-1], body=text("3"), if_match=tag)
    assert stale.status_code == 412
    assert client.call("library", "note", here[-1]).text == "2"

    # A list, in order
    wanted = client.model("NewListRequest", name="Reading group")
    made = client.call("library", "list_make", status=201, body=wanted)
    papers = [here[4], here[2], here[3]]
    client.call(
        "library", "list_items_add", made.id, body=client.model("NewItemsRequest", papers=papers)
    )
    items = client.call("library", "list_items", made.id).results
    assert [item.paper.id for item in items] == papers

    # Import and export
    references = client.model("ImportTextRequest", text=f"{here[5]}\n{here[6]}", dry_run=False)
    imported = client.call("library", "import_", body=references)
    assert [one.id for one in imported.matched] == here[5:7]
    exported = client.detailed("library", "export")
    assert exported.content.startswith(b"PK")

    # A digest, dry and wet
    types = importlib.import_module("made_client.types")
    models = importlib.import_module("made_client.models")
    content = digest(row(2737, date="2025-02-07"))

    def push(**more):
        file = types.File(payload=BytesIO(content), file_name="2025-02-07.json")
        return client.detailed("digests", "digest_load", body=file, name="2025-02-07.json", **more)

    dry = push(dry_run=models.DigestLoadDryRun.TRUE)
    assert (dry.status_code, dry.parsed.written, dry.parsed.new) == (200, False, 1)
    wet = push()
    assert (wet.status_code, wet.parsed.written, wet.parsed.new) == (201, True, 1)
    file = types.File(payload=BytesIO(content), file_name="2025-02-07.json")
    form = client.detailed("digests", "digest_load", body=models.UploadRequest(file=file))
    assert (form.status_code, form.parsed.status.value) == (200, "known")
