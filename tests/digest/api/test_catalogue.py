"""The catalogue for programs: the same papers as the pages, and every error in one shape."""

import base64
import csv
import gzip
import io
import json
from datetime import timedelta
from types import SimpleNamespace
from urllib.parse import quote, urlencode

import pytest
import yaml
from django.contrib.auth.models import AnonymousUser, Permission
from django.core.cache.backends import base, locmem
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator
from rest_framework.request import Request

from accounts.models import User
from accounts.tokens import create
from digest.api.access import Throttle
from digest.catalogue.load import load
from digest.curation import decisions
from digest.models import Author, Catalogue, Paper, Source, Stream
from tests.admin import PASSWORD, app, enter
from tests.catalogue import load_once
from tests.samples import NASTY, digest, hugging_face, hugging_face_paper, row

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


@pytest.fixture
def papers():
    load_once(
        (digest(*(row(n, date="2025-02-06") for n in range(1, 4))), "2025-02-06.json"),
        (
            digest(
                row(3, date="2025-02-07"),
                row(
                    4,
                    title="Zebras",
                    date="2025-02-07",
                    github_urls=[],
                    classification=["Robotics"],
                ),
                row(5, link="https://arxiv.org/abs/hep-th/9901001", date="2025-02-07"),
            ),
            "2025-02-07.json",
        ),
    )


def ids(response):
    assert response.status_code == 200, response.content
    return [paper["id"] for paper in response.json()["results"]]


def problem(response):
    assert response["Content-Type"] == "application/problem+json"
    said = response.json()
    assert said["status"] == response.status_code
    assert said["type"] == "about:blank"
    assert said["title"]
    return said


@pytest.fixture(scope="module")
def schema():
    return SchemaGenerator().get_schema(request=None, public=True)


def conforms(schema, operation, response):
    """The answer is as the schema declares it."""
    (declared,) = [
        operation_["responses"][str(response.status_code)]["content"]
        for path in schema["paths"].values()
        for operation_ in path.values()
        if operation_["operationId"] == operation
    ]
    shape = {**declared["application/json"]["schema"], "components": schema["components"]}
    Draft202012Validator(shape).validate(response.json())


# Papers


def test_papers_are_those_of_the_page(client, papers):
    assert ids(client.get("/api/v1/papers/")) == [
        *("2502.00004", "hep-th/9901001"),
        *("2502.00001", "2502.00002", "2502.00003"),
    ]
    assert ids(client.get("/api/v1/papers/?q=zebras")) == ["2502.00004"]
    assert ids(client.get("/api/v1/papers/?q=paper -has:code")) == []
    assert ids(client.get("/api/v1/papers/?category=robotics")) == ["2502.00004"]
    assert ids(client.get("/api/v1/papers/?has=code&date_from=2025-02-07")) == ["hep-th/9901001"]
    assert ids(client.get("/api/v1/papers/?digest=2025-02-07&ordering=newest")) == [
        *("2502.00004", "hep-th/9901001", "2502.00003"),
    ]


def test_a_paper_is_told_whole(client, papers, schema):
    response = client.get("/api/v1/papers/2502.00001/")
    conforms(schema, "paper", response)
    said = response.json()
    assert said.pop("changed_at").endswith("Z")
    assert said == {
        "id": "2502.00001",
        "arxiv_id": "2502.00001",
        "title": "Paper 1",
        "authors": [
            {"id": "ada-lovelace", "name": "Ada Lovelace", "is_handle": False},
            {"id": "alan-turing", "name": "Alan Turing", "is_handle": False},
        ],
        "authors_cut": False,
        "summary": "- First point of 1.\n- Second point.",
        "abstract": "",
        "categories": [{"id": "text-generation", "name": "Text Generation"}],
        "categories_suggested": False,
        "keywords": [],
        "links": [{"url": "https://github.com/lab/code-1", "kind": "code"}],
        "comment": "",
        "doi": "",
        "version": 0,
        "upvotes": 0,
        "date": "2025-02-06",
        "url": "https://arxiv.org/abs/2502.00001",
        "page": "http://localhost:8000/papers/2502.00001/",
    }


def test_a_paper_has_what_services_give(client, db, schema):
    load(hugging_face(hugging_face_paper(), hugging_face_paper(2, upvotes=40)), "a.json")
    response = client.get("/api/v1/papers/2502.00001/")
    conforms(schema, "paper", response)
    said = response.json()
    assert {name: said[name] for name in ("summary", "abstract", "keywords", "upvotes")} == {
        "summary": "A machine wrote this of 1.",
        "abstract": "The authors wrote this of 1. And more.",
        "keywords": ["attention", "learning"],
        "upvotes": 11,
    }
    assert ids(client.get("/api/v1/papers/")) == ["2502.00001", "2502.00002"]
    for query in ("ordering=upvotes", "ordering=upvotes&q=paper"):
        assert ids(client.get(f"/api/v1/papers/?{query}")) == ["2502.00002", "2502.00001"]
        page = client.get(f"/api/v1/papers/?{query}&page_size=1").json()
        assert [paper["id"] for paper in page["results"]] == ["2502.00002"]
        assert ids(client.get(page["next"])) == ["2502.00001"]


@pytest.mark.parametrize("form", ["2502.00001v2", "2502.00001"])
def test_a_paper_is_known_by_its_id_with_and_without_a_version(client, papers, form):
    assert client.get(f"/api/v1/papers/{form}/").json()["id"] == "2502.00001"


def test_no_address_of_a_paper_has_a_colon(client, papers):
    assert client.get("/api/v1/papers/arXiv:2502.00001/").status_code == 404


def test_an_old_id_has_its_slash(client, papers):
    assert client.get("/api/v1/papers/hep-th/9901001/").json()["arxiv_id"] == "hep-th/9901001"


def test_fields_are_trimmed(client, papers):
    response = client.get("/api/v1/papers/?q=zebras&fields=title,id")
    assert response.json()["results"] == [{"id": "2502.00004", "title": "Zebras"}]
    assert client.get("/api/v1/papers/2502.00001/?fields=date").json() == {"date": "2025-02-06"}
    both = client.get("/api/v1/papers/2502.00001/?fields=authors").json()
    assert list(both) == ["authors", "authors_cut"]


@pytest.mark.parametrize("query", ["", "q=paper", "ordering=newest&q=paper", "has=code"])
def test_pages_have_each_paper_once(client, papers, query):
    whole = ids(client.get(f"/api/v1/papers/?{query}"))
    found, address = [], f"/api/v1/papers/?{query}&page_size=2"
    while address:
        said = client.get(address).json()
        found += [paper["id"] for paper in said["results"]]
        address = said["next"]
    assert found == whole
    assert len(whole) > 2


def test_papers_that_come_meanwhile_do_not_shift_the_pages(client, papers):
    first = client.get("/api/v1/papers/?page_size=2").json()
    load(digest(row(9, date="2025-02-08")), "2025-02-08.json")
    assert ids(client.get(first["next"])) == ["2502.00001", "2502.00002"]


def test_a_query_that_cannot_be_read_says_so_and_the_rest_is_searched(client, papers):
    response = client.get("/api/v1/papers/?q=zebras has:nothing")
    assert ids(response) == ["2502.00004"]
    assert response.json()["problems"] == [
        {
            "part": "has:nothing",
            "reason": "has: takes code, model, dataset, space, collection, project",
            "done": "was left out",
        }
    ]


def test_what_is_close_is_told_apart_from_what_matches(client, papers):
    response = client.get("/api/v1/papers/?q=zebra quagga paper&fields=id,title")
    assert ids(response) == []
    zebras = {"id": "2502.00004", "title": "Zebras"}
    assert response.json()["close"] == [{"paper": zebras, "without": ["quagga", "paper"]}]
    first = client.get("/api/v1/papers/?q=paper&page_size=2").json()
    assert "close" not in first
    assert "close" not in client.get("/api/v1/papers/?has=code").json()
    assert (
        "Zebras" not in client.get("/api/v1/papers/?q=zebra quagga&format=ris").getvalue().decode()
    )


def test_a_slip_is_corrected_and_told(client, papers):
    response = client.get("/api/v1/papers/?q=zebars")
    assert ids(response) == ["2502.00004"]
    assert response.json()["corrected"] == {"q": "zebras", "typed": "zebars"}
    assert "corrected" not in client.get("/api/v1/papers/?q=zebras").json()
    exact = client.get("/api/v1/papers/?q=zebars&exact=1")
    assert ids(exact) == []
    assert "corrected" not in exact.json()
    assert client.get("/api/v1/papers/?q=zebars&exact=2").status_code == 400
    assert client.get("/api/v1/papers/?q=zebars&format=ris").getvalue() == b""


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("category=nothing", "category"),
        ("author=nobody", "author"),
        ("has=nothing", "has"),
        ("date_from=2025-02-31", "date_from"),
        ("ordering=colour", "ordering"),
        ("fields=colour", "fields"),
        ("page_size=0", "page_size"),
        ("page_size=101", "page_size"),
        ("page_size=0000000011000", "page_size"),
        (f"page_size={'1' * 5000}", "page_size"),
        ("page_size=²", "page_size"),
        ("cursor=x", "cursor"),
        ("cursor=WyJ4Il0", "cursor"),
        ("cursor=W1tbW1tb", "cursor"),
        ("catgory=robotics", "catgory"),
        ("q=zebras&q=paper", "q"),
        ("page_size=1&page_size=2", "page_size"),
        ("order=best", "order"),
        ("format=docx", "format"),
        ("modified_since=yesterday", "modified_since"),
        ("modified_since=2025-02-30", "modified_since"),
        ("modified_since=2025-01-01&q=x", "q"),
        ("modified_since=2025-01-01&cursor=WyJ4IiwwLCJ4IiwwXQ", "cursor"),
    ],
)
def test_a_wrong_parameter_is_named(client, papers, query, field):
    response = client.get(f"/api/v1/papers/?{query}")
    assert response.status_code == 400
    assert list(problem(response)["errors"]) == [field]


@pytest.mark.parametrize(
    ("address", "values"),
    [
        ("authors/", [5, "a"]),
        ("authors/", [5, "\ud800", "x"]),
        ("authors/", [5, "\x00", "x"]),
        ("authors/", [2**70, "a", "x"]),
        ("categories/", ["\ud800"]),
        ("digests/", ["2025-02-31"]),
        ("papers/", [5, "1"]),
        ("papers/", [2**70, "1", "2025-02-06"]),
        ("papers/", [5, "", "2025-13-06"]),
        ("papers/", [5, "1", "x"]),
        ("papers/", [5, "1.x", "2025-02-06"]),
        ("papers/?q=paper", [5, "9" * 19, "2025-02-06"]),
        ("papers/?modified_since=2025-01-01", ["2025-13-01T00:00:00Z", 0, "2025-01-01", 0]),
        ("papers/?modified_since=2025-01-01", ["0001-01-01T00:00:00+14:00", 0, "2025-01-01", 0]),
        ("papers/?modified_since=2025-01-01", ["2025-01-01", 2**70, "2025-01-01", 0]),
    ],
)
def test_a_cursor_that_was_made_up(client, papers, address, values):
    made_up = base64.urlsafe_b64encode(json.dumps(values).encode()).decode()
    response = client.get(f"/api/v1/{address}{'&' if '?' in address else '?'}cursor={made_up}")
    assert list(problem(response)["errors"]) == ["cursor"]


# Files


@pytest.mark.parametrize("format", ["bib", "ris", "csl.json", "md"])
def test_files_are_those_of_the_pages(client, papers, format):
    ours = b"".join(client.get(f"/api/v1/papers/?q=zebras&format={format}").streaming_content)
    theirs = b"".join(client.get(f"/papers.{format}?q=zebras").streaming_content)
    if format in ("bib", "ris", "csl.json"):
        assert ours == theirs
    assert b"Zebras" in ours
    one = client.get(f"/api/v1/papers/2502.00004/?format={format}")
    assert b"Zebras" in b"".join(one.streaming_content)


def test_a_format_is_asked_for_by_accept(client, papers):
    response = client.get("/api/v1/papers/", headers={"Accept": "application/x-bibtex"})
    assert response["Content-Type"] == "application/x-bibtex; charset=utf-8"
    assert b"".join(response.streaming_content).count(b"@misc") == 5
    refused = client.get("/api/v1/papers/", headers={"Accept": "image/png"})
    assert refused.status_code == 406
    assert problem(refused)["title"] == "Not Acceptable"


def test_a_table_runs_nothing_in_a_spreadsheet(client):
    load(digest(row(1, title="=HYPERLINK(1)", summary='- x, "y"\n- z'), *NASTY[1:]), "x.json")
    response = client.get("/api/v1/papers/?format=csv")
    text = b"".join(response.streaming_content).decode()
    assert text.startswith("\ufeffid,")
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert rows[0]["id"] == "arXiv:2502.00001"
    assert rows[0]["title"] == "\xa0=HYPERLINK(1)"
    assert rows[0]["summary"] == '\xa0- x, "y"\n- z'
    assert rows[0]["summary"].strip() == '- x, "y"\n- z'
    assert rows[0]["authors"] == "Ada Lovelace; Alan Turing"
    for line in rows:
        assert not any(cell.startswith(("=", "+", "-", "@")) for cell in line.values())


# Changes


def changes(client, since, size=100):
    papers, gone = [], []
    address = f"/api/v1/papers/?modified_since={since}&page_size={size}"
    while address:
        said = client.get(address).json()
        papers += [paper["id"] for paper in said["results"]]
        gone += [stone["id"] for stone in said["gone"]]
        address = said["next"]
    return sorted(papers), sorted(gone)


@pytest.mark.databases
def test_a_mirror_misses_nothing_when_the_clock_is_set_back(client, papers, monkeypatch):
    seen = client.get("/api/v1/papers/?modified_since=2000-01-01").json()["results"]
    last = max(paper["changed_at"] for paper in seen)
    early = timezone.now() - timedelta(hours=1)
    monkeypatch.setattr(timezone, "now", lambda: early)
    load(digest(row(1, title="Renamed", date="2025-02-08"), row(7, date="2025-02-08")), "c.json")
    assert {"2502.00001", "2502.00007"} <= {*changes(client, quote(last))[0]}
    times = [*Paper.objects.values_list("changed_at", flat=True), Catalogue.current().changed_at]
    later = Catalogue.moment()
    assert all(time < later for time in times)
    decisions.correct(Paper.objects.get(slug="2502.00002"), "hidden", True, None)
    assert changes(client, quote(max(map(str, times))))[1] == ["2502.00002"]


@pytest.mark.parametrize("size", [1, 2, 100])
def test_a_mirror_stays_in_step(client, papers, size):
    everything = changes(client, "2000-01-01", size)
    assert everything == (sorted(Paper.objects.values_list("slug", flat=True)), [])
    now = timezone.now().isoformat()
    assert changes(client, now, size) == ([], [])
    load(digest(row(1, title="Renamed", date="2025-02-08"), row(7, date="2025-02-08")), "c.json")
    assert changes(client, now, size) == (["2502.00001", "2502.00007"], [])
    hidden = decisions.correct(Paper.objects.get(slug="2502.00002"), "hidden", True, None)
    # The one after it moves up a place.
    moved = ["2502.00001", "2502.00003", "2502.00007"]
    assert changes(client, now, size) == (moved, ["2502.00002"])
    decisions.withdraw(hidden, None)
    assert changes(client, now, size)[1] == []


def test_loading_the_same_again_changes_nothing(client, papers):
    now = timezone.now().isoformat()
    load(digest(*(row(n, date="2025-02-06") for n in range(1, 4))) + b" ", "2025-02-06.json")
    assert changes(client, now) == ([], [])


# Digests, authors, categories, links


def test_digests_and_their_papers_in_order(client, papers, schema):
    said = client.get("/api/v1/digests/")
    conforms(schema, "digests", said)
    assert [(d["date"], d["paper_count"]) for d in said.json()["results"]] == [
        ("2025-02-07", 3),
        ("2025-02-06", 3),
    ]
    one = client.get("/api/v1/digests/2025-02-07/")
    conforms(schema, "digest", one)
    assert [p["id"] for p in one.json()["papers"]] == [
        *("2502.00003", "2502.00004", "hep-th/9901001"),
    ]
    for address in ("/api/v1/digests/2025-02-08/", "/api/v1/digests/2025-02-31/"):
        assert problem(client.get(address))["status"] == 404


@pytest.mark.parametrize(
    ("kind", "ordering"),
    [
        ("authors", "-paper_count"),
        ("authors", "name"),
        ("categories", "name"),
        ("categories", "-paper_count"),
        ("links", "id"),
        ("digests", "date"),
        ("digests", "-date"),
    ],
)
def test_lists_have_each_row_once(client, papers, schema, kind, ordering):
    whole = client.get(f"/api/v1/{kind}/?ordering={ordering}")
    conforms(schema, kind, whole)
    found, address = [], f"/api/v1/{kind}/?ordering={ordering}&page_size=1"
    while address:
        said = client.get(address).json()
        found += said["results"]
        address = said["next"]
    assert found[:100] == whole.json()["results"][:100]
    assert problem(client.get(f"/api/v1/{kind}/?ordering=colour"))["errors"].keys() == {"ordering"}


def test_one_of_each(client, papers, schema):
    author = client.get("/api/v1/authors/ada-lovelace/")
    conforms(schema, "author", author)
    assert author.json()["paper_count"] == 5
    category = client.get("/api/v1/categories/text-generation/")
    conforms(schema, "category", category)
    assert category.json()["area"] == "natural-language-processing"
    for address in ("authors/nobody/", "categories/nothing/", "papers/nothing/", "nothing/"):
        assert problem(client.get(f"/api/v1/{address}"))["status"] == 404


@pytest.mark.databases
def test_links_of_a_kind(client, papers):
    said = client.get("/api/v1/links/?kind=code").json()
    assert {link["paper"] for link in said["results"]} == set(
        Paper.objects.exclude(slug="2502.00004").values_list("slug", flat=True)
    )
    assert client.get("/api/v1/links/?kind=model").json()["results"] == []
    assert "kind" in problem(client.get("/api/v1/links/?kind=x"))["errors"]


# Lookup


def test_a_lookup_says_of_each_whether_it_is_here(client, papers, schema):
    given = [
        "arXiv:2502.00001v3",
        "https://huggingface.co/papers/2502.00002",
        "2502.99999",
        "?",
        "",
    ]
    response = client.post("/api/v1/papers/lookup/", {"ids": given}, "application/json")
    conforms(schema, "papers_lookup", response)
    found = [
        (one["given"], one["arxiv_id"], one["paper"] and one["paper"]["id"])
        for one in response.json()["results"]
    ]
    assert found == [
        (given[0], "2502.00001", "2502.00001"),
        (given[1], "2502.00002", "2502.00002"),
        (given[2], "2502.99999", None),
        ("?", None, None),
        ("", None, None),
    ]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"ids": "2502.00001"}, 400),
        ({"ids": [1]}, 400),
        ({}, 400),
        ([], 400),
        ({"ids": ["x"] * 501}, 400),
        ({"ids": ["\x00"]}, 400),
        ({"ids": ["\ud800"]}, 400),
        ({"ids": []}, 200),
    ],
)
def test_a_lookup_of_nonsense(client, papers, body, status):
    response = client.post("/api/v1/papers/lookup/", json.dumps(body), "application/json")
    assert response.status_code == status
    if status == 400:
        assert problem(response)["errors"].keys() == {"ids"}


@pytest.mark.parametrize(
    ("query", "body", "field"),
    [
        ("", b'{"ids": [], "fields": "id"}', "fields"),
        ("", b'{"ids": [], "ids": ["x"]}', "ids"),
        ("?fields=id", b'{"ids": []}', "fields"),
    ],
)
def test_a_lookup_that_is_half_understood_is_refused(client, query, body, field):
    response = client.post(f"/api/v1/papers/lookup/{query}", body, "application/json")
    assert (response.status_code, [*problem(response)["errors"]]) == (400, [field])


@pytest.mark.databases
@pytest.mark.parametrize(("body", "status"), [(b"[" * 100_000, 400), (b" " * 2_700_000, 413)])
def test_a_lookup_that_would_cost_too_much(client, body, status):
    response = client.post("/api/v1/papers/lookup/", body, "application/json")
    assert problem(response)["status"] == status


# Pushing a digest


@pytest.fixture
def curator(django_user_model):
    user = django_user_model.objects.create_user("curator")
    names = ("add_source", "view_source")
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    app(user)
    return user


def bearer(user, *scopes, **options):
    options = {"second_factor": True} | options
    name = f"For {' '.join(scopes)} {len(options)} {options['second_factor']}"
    _, secret = create(user, name, list(scopes), **options)
    return Client(headers={"Authorization": f"Bearer {secret}"})


FILE = digest(row(1, date="2025-02-06"))


@pytest.mark.parametrize(
    "kind", ["application/json", "text/markdown", "application/xml", "application/octet-stream"]
)
def test_a_digest_is_pushed_once(curator, schema, kind):
    client = bearer(curator, "digests:write")
    address = "/api/v1/digests/?name=2025-02-06.json"
    dry = client.post(f"{address}&dry_run=1", FILE, kind)
    assert (dry.status_code, dry.json()["written"], dry.json()["new"]) == (200, False, 1)
    assert not Source.objects.exists()
    first = client.post(address, FILE, kind)
    conforms(schema, "digest_load", first)
    assert (first.status_code, first.json()["status"], first.json()["new"]) == (201, "loaded", 1)
    again = client.post(address, FILE, kind)
    assert (again.status_code, again.json()["status"]) == (200, "known")
    assert Source.objects.get().loaded_by == curator
    assert Source.objects.get().name == "2025-02-06.json"


def test_a_digest_is_pushed_as_a_form(curator):
    file = SimpleUploadedFile("2025-02-06.json", FILE)
    response = bearer(curator, "digests:write").post("/api/v1/digests/", {"file": file})
    assert (response.status_code, response.json()["name"]) == (201, "2025-02-06.json")


@pytest.mark.parametrize(
    ("query", "form", "written"),
    [
        ("", {"dry_run": "true"}, False),
        ("", {"dry_run": "True"}, False),
        ("", {"dry_run": "1"}, False),
        ("", {"dry_run": "on"}, False),
        ("", {"dry_run": "yes"}, False),
        ("?dry_run=True", {}, False),
        ("?dry_run=on", {"dry_run": ["1", "yes"]}, False),
        ("", {"dry_run": "false"}, True),
        ("?dry_run=off", {"dry_run": "No"}, True),
        ("", {"name": "2025-02-09.json", "dry_run": "0"}, True),
    ],
)
def test_a_form_says_whether_anything_is_written(curator, query, form, written):
    file = SimpleUploadedFile("2025-02-06.json", FILE)
    client = bearer(curator, "digests:write")
    said = client.post(f"/api/v1/digests/{query}", {"file": file, **form}).json()
    assert (said["written"], Source.objects.count()) == (written, int(written))
    assert said["name"] == form.get("name", "2025-02-06.json")


@pytest.mark.parametrize(
    ("query", "form", "field"),
    [
        ("", {"dry_run": "perhaps"}, "dry_run"),
        ("", {"dry_run": ""}, "dry_run"),
        ("", {"dry_run": ["true", "false"]}, "dry_run"),
        ("?dry_run=1", {"dry_run": "0"}, "dry_run"),
        ("?dry_run=0&dry_run=1", {}, "dry_run"),
        ("", {"dryrun": "1"}, "dryrun"),
        ("?name=a.json", {"name": "b.json"}, "name"),
        ("", {"name": ["a.json", "a.json"]}, "name"),
    ],
)
def test_a_form_that_is_half_understood_is_refused(curator, query, form, field):
    file = SimpleUploadedFile("2025-02-06.json", FILE)
    client = bearer(curator, "digests:write")
    said = problem(client.post(f"/api/v1/digests/{query}", {"file": file, **form}))
    assert (said["status"], [*said["errors"]]) == (400, [field])
    assert not Source.objects.exists()


@pytest.mark.parametrize(
    ("query", "body", "kind", "status", "field"),
    [
        ("", b"no digest", "text/plain", 400, "file"),
        ("", b"", "text/plain", 400, None),
        ("", b"\xff\xfe\x00", "application/octet-stream", 400, "file"),
        ("dry_run=perhaps", FILE, "application/json", 400, "dry_run"),
        ("dry_run", FILE, "application/json", 400, "dry_run"),
        ("name=a&name=b", FILE, "application/json", 400, "name"),
        ("dryrun=1", FILE, "application/json", 400, "dryrun"),
        ("", b"x", "image/png", 415, None),
    ],
)
def test_what_cannot_be_loaded_is_said(curator, query, body, kind, status, field):
    response = bearer(curator, "digests:write").post(f"/api/v1/digests/?{query}", body, kind)
    said = problem(response)
    assert said["status"] == status
    if field:
        assert list(said["errors"]) == [field]
    assert not Source.objects.exists()


@pytest.mark.databases
def test_who_may_push_and_see_sources(client, curator, papers, schema):
    other = User.objects.create_user("other")
    answers = {
        "nobody": client,
        "curator, other scope": bearer(curator, "catalogue:read", "library:write"),
        "other, scope": bearer(other, "digests:write"),
        "curator": bearer(curator, "digests:write"),
    }
    pushed = {
        who: c.post("/api/v1/digests/", FILE, "application/json").status_code
        for who, c in answers.items()
    }
    seen = {who: c.get("/api/v1/sources/").status_code for who, c in answers.items()}
    assert list(pushed.values()) == [401, 403, 403, 201]
    assert list(seen.values()) == [401, 403, 403, 200]
    sources = answers["curator"].get("/api/v1/sources/")
    conforms(schema, "sources", sources)
    pk = sources.json()["results"][0]["id"]
    conforms(schema, "source", answers["curator"].get(f"/api/v1/sources/{pk}/"))
    assert answers["curator"].get("/api/v1/sources/99999999999999999999/").status_code == 404


# Manners


def test_an_unknown_token_is_refused(papers, curator):
    expired = bearer(curator, "catalogue:read", expires_at=timezone.now() - timedelta(1))
    for client in (Client(headers={"Authorization": "Bearer pd_x"}), expired):
        response = client.get("/api/v1/papers/")
        assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer")
        problem(response)
    other = bearer(curator, "library:read").get("/api/v1/papers/")
    assert problem(other)["detail"] == "The token does not have the scope for this."


@pytest.mark.parametrize(
    "address", ["papers/", "papers/2502.00001/", "digests/", "authors/?page_size=1", "links/"]
)
def test_nothing_is_sent_twice(client, papers, address):
    first = client.get(f"/api/v1/{address}")
    known = {"If-None-Match": first["ETag"]}
    again = client.get(f"/api/v1/{address}", headers=known)
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    load(digest(row(40)), "later.json")
    assert client.get(f"/api/v1/{address}", headers=known).status_code == 200


def test_other_sites_may_read_the_catalogue_alone(client, papers):
    for address in ("papers/", "digests/2025-02-06/"):
        assert client.get(f"/api/v1/{address}")["Access-Control-Allow-Origin"] == "*"
        asked = client.options(f"/api/v1/{address}")
        assert "GET" in asked["Access-Control-Allow-Methods"]
    asked = client.options("/api/v1/papers/lookup/")
    assert "POST" in asked["Access-Control-Allow-Methods"]
    assert "Content-Type" in asked["Access-Control-Allow-Headers"]
    body = {"ids": ["2502.00001"]}
    found = client.post("/api/v1/papers/lookup/", body, content_type="application/json")
    assert found["Access-Control-Allow-Origin"] == "*"
    assert "POST" not in client.options("/api/v1/digests/")["Access-Control-Allow-Methods"]
    for address in ("papers.bib", "papers.atom", "papers/2502.00001.csl.json", "digests.atom"):
        assert client.options(f"/{address}").status_code == 204
        answer = client.get(f"/{address}")
        assert answer.getvalue()
        assert answer["Access-Control-Allow-Origin"] == "*"
    for address in ("/api/v1/sources/", "/api/v1/library/bookmarks/", "/"):
        assert "Access-Control-Allow-Origin" not in client.get(address)


@pytest.mark.databases
@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("text/csv;q=0.5, application/json;q=0.4", "text/csv; charset=utf-8"),
        ("text/csv;q=0.4, application/json;q=0.5", "application/json"),
        ("application/json;q=0, */*", "application/x-bibtex; charset=utf-8"),
        ("text/*;q=0.9, */*;q=0.1", "text/markdown; charset=utf-8"),
        ("application/json; q=nonsense", "application/json"),
    ],
)
def test_what_is_wanted_most_is_answered(client, papers, accept, kind):
    answer = client.get("/api/v1/papers/", headers={"Accept": accept})
    assert answer.getvalue()
    assert answer["Content-Type"] == kind


@pytest.mark.databases
def test_what_is_not_wanted_is_not_answered(client, papers):
    answer = client.get("/api/v1/papers/", headers={"Accept": "application/json;q=0"})
    assert problem(answer)["status"] == 406


@pytest.mark.databases
@pytest.mark.slow
def test_the_schema_is_to_be_had_as_json(client, db):
    whole = client.get("/api/v1/schema/")
    assert whole["Content-Type"] == "application/vnd.oai.openapi"
    for answer in (
        client.get("/api/v1/schema/", {"format": "json"}),
        client.get("/api/v1/schema/", headers={"Accept": "application/json"}),
    ):
        assert answer["Content-Type"] == "application/json"
        assert answer["Access-Control-Allow-Origin"] == "*"
        assert answer.json() == yaml.safe_load(whole.content)
    assert "format" in problem(client.get("/api/v1/schema/", {"format": "xml"}))["errors"]


@pytest.mark.databases
def test_the_index_leads_everywhere(client, papers, schema, settings):
    found = client.get("/api/v1/")
    conforms(schema, "index", found)
    addresses = found.json()
    assert addresses.pop("version") == settings.VERSION
    for name, address in addresses.items():
        expected = {"lookup": 405, **dict.fromkeys(("library", "notes", "lists", "sources"), 401)}
        path = address.removeprefix("http://localhost:8000")
        assert client.get(path).status_code == expected.get(name, 200), name


@pytest.mark.databases
def test_authors_are_found_by_the_beginnings_of_their_names(client, db):
    load(digest(row(1, authors="Ada Lovelace, Adam Élan, Bo Lovell, adalove")), "a.json")

    def found(q):
        return [one["name"] for one in client.get("/api/v1/authors/", {"q": q}).json()["results"]]

    assert found("love") == ["Ada Lovelace", "Bo Lovell"]
    assert found("LOVE ad") == ["Ada Lovelace"]
    assert found("élan") == ["Adam Élan"]
    assert found("zz") == []
    assert len(found("")) == 4
    # The digits in which some slugs end are no part of a name.
    load(digest(row(2, authors="J. Smith")), "b.json")
    digits = Author.objects.get(name="J. Smith").slug.rpartition("-")[2]
    assert len(digits) == 8
    assert found(digits) == found(digits[:3]) == []


@pytest.mark.databases
def test_what_changed_in_a_category(client, db):
    rows = [row(n, classification=[name]) for n, name in ((1, "Robotics"), (2, "Text Generation"))]
    load(digest(*rows), "a.json")
    slug = Paper.objects.get(arxiv_id="2502.00001").classifications.get().category.slug
    asked = {"modified_since": "2000-01-01", "category": slug, "page_size": 1}
    found, gone, address = [], [], f"/api/v1/papers/?{urlencode(asked)}"
    while address:
        page = client.get(address).json()
        found += [one["id"] for one in page["results"]]
        gone += [one["id"] for one in page["gone"]]
        address = page["next"]
    assert (found, gone) == (["2502.00001"], ["2502.00002"])
    wrong = client.get("/api/v1/papers/?modified_since=2000-01-01&category=nothing")
    assert "category" in problem(wrong)["errors"]


@pytest.fixture
def clock(monkeypatch):
    """clock(60) lets a minute pass for the limits."""
    seconds = [1_000_020]
    monkeypatch.setattr("digest.api.access.time", lambda: seconds[0])
    for module in (base, locmem):  # where the counts are
        monkeypatch.setattr(module, "time", SimpleNamespace(time=lambda: seconds[0]))

    def wait(passed):
        seconds[0] += passed

    return wait


def test_limits(client, papers, settings, clock):
    settings.API_RATE_ANONYMOUS = 2
    left = [client.get("/api/v1/papers/")["RateLimit-Remaining"] for _ in range(2)]
    assert left == ["1", "0"]
    for spoofed in ("1.1.1.1", "2.2.2.2"):
        refused = client.get("/api/v1/papers/", headers={"X-Forwarded-For": spoofed})
        assert problem(refused)["status"] == 429
        assert refused["Retry-After"] == "60"


def test_an_ipv6_network_is_counted_as_one(client, papers, settings, clock):
    settings.API_RATE_ANONYMOUS = 1
    seen = [
        client.get("/api/v1/papers/", REMOTE_ADDR=address).status_code
        for address in ("2001:db8::1", "2001:db8::2:3", "2001:db8:0:1::1", "10.0.0.1", "10.0.0.2")
    ]
    assert seen == [200, 429, 200, 200, 200]


def test_a_new_minute_begins_anew(client, papers, settings, clock):
    settings.API_RATE_ANONYMOUS = 1
    for _ in range(4):
        seen = [client.get("/api/v1/papers/").status_code for _ in range(2)]
        assert seen == [200, 429]
        clock(60)


def test_requests_are_counted_without_the_database(rf, django_assert_num_queries):
    request = Request(rf.get("/"))
    request.user = AnonymousUser()
    with django_assert_num_queries(0):
        for _ in range(100):
            assert Throttle().allow_request(request, None)


def test_who_is_refused_is_counted(client, papers, settings, clock):
    settings.API_RATE_ANONYMOUS = 2
    answers = [client.get("/api/v1/sources/").status_code for _ in range(3)]
    assert answers == [401, 401, 429]


def test_answers_are_packed(client, papers):
    plain = client.get("/api/v1/papers/")
    assert "Content-Encoding" not in plain
    packed = client.get("/api/v1/papers/", headers={"Accept-Encoding": "gzip"})
    assert packed["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(packed.content)) == plain.json()


def asked(client):
    """What loading a digest and reading the sources are answered."""
    return [
        client.post("/api/v1/digests/?dry_run=1", FILE, "application/json").status_code,
        client.get("/api/v1/sources/").status_code,
    ]


@pytest.mark.databases
def test_a_curators_rights_take_a_second_factor_as_in_the_admin(curator):
    """Neither a session that gave a password alone, nor a token that such a session made."""
    session = Client(headers={"Accept": "application/json"})
    session.force_login(curator)
    assert asked(session) == [403, 403]
    assert "second factor" in session.get("/api/v1/sources/").json()["detail"]
    assert asked(bearer(curator, "digests:write", second_factor=False)) == [403, 403]
    token = bearer(curator, "digests:write")
    assert asked(token) == [200, 200]
    factor = curator.authenticator_set.get()
    factor.delete()
    assert asked(token) == [403, 403]
    curator.set_password(PASSWORD)
    curator.save()
    assert asked(enter(curator)) == [200, 200]


def test_wrong_methods(client, papers, curator, schema):
    read_alone = [
        path.format(slug="x", day="2025-02-06", id=1)
        for path, operations in schema["paths"].items()
        if operations.keys() == {"get"} and "/library/" not in path
    ]
    assert len(read_alone) == 12
    curators = bearer(curator, "digests:write")
    for path in (*read_alone, "/api/v1/reference/"):
        asking = curators if "/sources/" in path else client  # others are told of that first
        for method in (asking.post, asking.put, asking.delete, asking.patch):
            assert problem(method(path))["status"] == 405, path


@pytest.mark.parametrize("address", ["/api/v1/papers/", "/api/v1/papers/?q=paper"])
def test_as_many_queries_for_one_as_for_many(client, papers, django_assert_num_queries, address):
    client.get("/api/v1/papers/")
    for size in (1, 3):
        with django_assert_num_queries(9 if "q=" in address else 6):
            client.get(f"{address}{'&' if '?' in address else '?'}page_size={size}")


# Streams


@pytest.fixture
def ours():
    return Stream.objects.create(name="Ours", slug="ours", description="What we read")


@pytest.mark.databases
def test_streams_are_listed(client, papers, ours):
    said = client.get("/api/v1/streams/").json()["results"]
    assert said == [
        {
            "id": "daily",
            "name": "Daily papers",
            "description": "",
            "is_default": True,
            "page": "http://localhost:8000/",
        },
        {
            "id": "ours",
            "name": "Ours",
            "description": "What we read",
            "is_default": False,
            "page": "http://localhost:8000/streams/ours/",
        },
    ]


@pytest.mark.databases
def test_digests_of_a_stream(client, ours):
    load(digest(row(1)), "a.json")
    load(digest(row(2)), "b.json", stream=ours.pk)
    (found,) = client.get("/api/v1/digests/?stream=ours").json()["results"]
    page = "http://localhost:8000/streams/ours/digests/2025-02-06/"
    assert found == {"stream": "ours", "date": "2025-02-06", "paper_count": 1, "page": page}
    (default,) = client.get("/api/v1/digests/").json()["results"]
    assert default["stream"] == "daily"
    whole = client.get("/api/v1/digests/2025-02-06/?stream=ours&fields=id").json()
    assert whole["papers"] == [{"id": "2502.00002"}]
    for address in ("digests/?stream=none", "digests/?stream=%00", "digests/2025-02-06/?stream="):
        answer = client.get(f"/api/v1/{address}")
        assert (answer.status_code, [*answer.json()["errors"]]) == (400, ["stream"])


@pytest.mark.databases
@pytest.mark.parametrize("in_form", [True, False])
def test_loading_into_a_stream(curator, ours, in_form):
    mine = bearer(curator, "digests:write")
    if in_form:
        file = io.BytesIO(FILE)
        file.name = "2025-02-06.json"
        answer = mine.post("/api/v1/digests/", {"file": file, "stream": "ours"})
    else:
        answer = mine.post("/api/v1/digests/?stream=ours", FILE, "application/json")
    assert answer.status_code == 201
    assert Source.objects.get().stream == ours
    assert mine.get("/api/v1/sources/").json()["results"][0]["stream"] == "ours"


@pytest.mark.databases
def test_loading_into_no_stream(curator, ours):
    mine = bearer(curator, "digests:write")
    answer = mine.post("/api/v1/digests/?stream=none", FILE, "application/json")
    assert (answer.status_code, [*answer.json()["errors"]]) == (400, ["stream"])
    file = io.BytesIO(FILE)
    file.name = "a.json"
    answer = mine.post("/api/v1/digests/?stream=daily", {"file": file, "stream": "ours"})
    assert (answer.status_code, [*answer.json()["errors"]]) == (400, ["stream"])
    assert not Source.objects.exists()
