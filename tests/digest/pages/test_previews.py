"""The pictures that other sites show of pages."""

import pytest
from django.core.cache import caches

from digest.catalogue.load import load
from digest.curation import decisions
from digest.models import Paper
from tests.digest.pages.test_every_page import strict, tags
from tests.samples import digest, row

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


@pytest.fixture(autouse=True)
def no_pictures():
    caches["previews"].clear()


@pytest.fixture
def texts(monkeypatch):
    """The texts of the pictures that are drawn."""
    found = []

    def picture(*texts):
        found.append(texts)
        return b"PNG"

    monkeypatch.setattr("digest.pages.previews.picture", picture)
    return found


def test_a_picture_of_a_paper(client, texts):
    load(digest(row(1, title="Of $x^2$", authors="A A, B B, C C, D D")), "a.json")
    response = client.get("/papers/2502.00001.png")
    assert (response["Content-Type"], response.content) == ("image/png", b"PNG")
    assert response["Cross-Origin-Resource-Policy"] == "cross-origin"
    number = "arXiv:2502.00001"
    lines = ["A A, B B, C C and others", f"{number} · 6 February 2025"]
    assert texts == [("Of x2", lines, number)]
    # Drawn once, and a client that has it is not sent it again.
    assert (
        client.get(
            "/papers/2502.00001.png", headers={"If-None-Match": response["ETag"]}
        ).status_code
        == 304
    )
    assert len(texts) == 1


def test_a_picture_of_a_day(client, texts):
    load(digest(*(row(n) for n in range(1, 6))), "a.json")
    assert client.get("/digests/2025-02-06.png").status_code == 200
    title = "6 February 2025"
    assert texts == [(title, ["5 papers", "Paper 1", "Paper 2", "Paper 3"], title)]


def test_what_is_not_there_has_no_picture(client, texts):
    load(digest(row(1), row(2)), "a.json")
    decisions.correct(Paper.objects.get(slug="2502.00002"), "hidden", True, None)
    for address in ("/papers/2502.00002.png", "/papers/nothing.png", "/digests/2025-02-07.png"):
        assert client.get(address).status_code == 404
    assert texts == []


def test_a_paper_that_changed_has_another_picture(client, texts):
    load(digest(row(1)), "a.json")
    client.get("/papers/2502.00001.png")
    load(digest(row(1, title="Another", date="2025-02-07")), "b.json")
    client.get("/papers/2502.00001.png")
    assert [title for title, *_ in texts] == ["Paper 1", "Another"]


def test_without_room_on_the_disk_it_is_drawn_each_time(client, texts, monkeypatch):
    def fail(*_, **__):
        raise OSError("No space left on device")

    load(digest(row(1)), "a.json")
    monkeypatch.setattr("django.core.cache.backends.filebased.FileBasedCache.set", fail)
    monkeypatch.setattr("django.core.cache.backends.filebased.FileBasedCache.get", fail)
    for _ in range(2):
        assert client.get("/papers/2502.00001.png").content == b"PNG"
    assert len(texts) == 2


def test_pages_name_their_pictures(client):
    load(digest(row(1)), "a.json")
    for page, picture in (
        ("/papers/2502.00001/", "/papers/2502.00001.png"),
        ("/digests/2025-02-06/", "/digests/2025-02-06.png"),
        ("/", "/digests/2025-02-06.png"),
    ):
        metas = {
            tag.get("property") or tag.get("name"): tag["content"]
            for tag in tags(client.get(page), "meta")[1:]
        }
        assert metas["og:image"] == f"http://localhost:8000{picture}"
        assert (metas["og:image:width"], metas["og:image:height"]) == ("1200", "630")
        assert metas["og:image:alt"] == metas["og:title"]
        assert metas["twitter:card"] == "summary_large_image"
        assert metas["og:url"] == f"http://localhost:8000{picture.removesuffix('.png')}/"
        assert client.get(picture).content.startswith(b"\x89PNG")


PAGES = [
    *("/", "/digests/", "/digests/2025-02-06/", "/papers/", "/papers/2502.00001/", "/authors/"),
    *(
        "/authors/ada-lovelace/",
        "/categories/",
        "/categories/text-generation/",
        "/trends/",
        "/api/",
    ),
]


@pytest.mark.parametrize("address", PAGES)
def test_every_public_page_says_once_what_other_sites_show(client, address):
    load(digest(row(1, title=r"$\text{A}^2$ <of> x")), "a.json")
    response = client.get(address)
    named = [tag for tag in tags(response, "meta") if tag.get("property", "").startswith("og:")]
    graph = {tag["property"]: tag["content"] for tag in named}
    assert len(graph) == len(named)
    assert {"og:title", "og:description", "og:url", "og:image", "og:type", "og:site_name"} <= {
        *graph
    }
    shown = "/digests/2025-02-06/" if address == "/" else address
    assert graph["og:url"] == f"http://localhost:8000{shown}"
    assert all(graph.values())
    (title,) = strict(response.content).find("head").iter("title")
    assert graph["og:title"] in " ".join(title.text.split())
    if "2502" in address:
        assert graph["og:title"] == "A2 <of> x"
        assert title.text == "A2 <of> x · Paper Digest"
    picture = graph["og:image"].removeprefix("http://localhost:8000")
    assert client.get(picture)["Content-Type"] == "image/png"
