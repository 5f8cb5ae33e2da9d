"""Several series of digests in one catalogue."""

from datetime import date

import pytest
from django.core.management import CommandError, call_command

from digest.catalogue.load import load, reread, undo
from digest.models import (
    DEFAULT,
    Catalogue,
    Digest,
    DigestKey,
    Paper,
    Placement,
    SearchText,
    Source,
    Stream,
)
from digest.search import index
from tests.digest.catalogue.test_load import catalogue
from tests.samples import digest, row

pytestmark = pytest.mark.django_db

DAY = date(2025, 2, 6)


@pytest.fixture
def arxiv():
    return Stream.objects.create(name="arXiv cs.CL", slug="arxiv-cs-cl", description="Language")


def load_into(stream, *numbers, day="2025-02-06", **fields):
    rows = digest(*(row(n, date=day, **fields) for n in numbers))
    return load(rows, f"{stream}/{day}.json", stream=stream.pk if stream else DEFAULT)


def places():
    """Of each paper its first digest and its place there."""
    papers = Paper.objects.visible().order_by("slug")
    return {paper.slug[-1]: (*paper.first_digest, paper.place) for paper in papers}


def test_a_stream_gets_the_lowest_number_that_is_free(arxiv):
    assert (Stream.objects.get(pk=DEFAULT).slug, arxiv.pk) == ("daily", 2)
    Stream.objects.create(name="Ours", slug="ours")
    arxiv.delete()
    assert Stream.objects.create(name="New", slug="new").pk == 2


def test_a_change_of_a_stream_changes_the_catalogue(arxiv):
    before = Catalogue.current().revision
    arxiv.name = "Language"
    arxiv.save()
    assert Catalogue.current().revision != before


def test_a_day_has_a_digest_in_each_stream(arxiv):
    load_into(None, 1, 2)
    load_into(arxiv, 2, 3)
    assert [(*one.key, one.paper_count) for one in Digest.objects.all()] == [
        (DAY, 1, 2),
        (DAY, arxiv.pk, 2),
    ]
    assert places() == {"1": (DAY, 1, 1), "2": (DAY, 1, 2), "3": (DAY, arxiv.pk, 2)}
    # Every paper once, the default stream's first.
    assert [paper.slug[-1] for paper in Paper.objects.newest()] == ["1", "2", "3"]
    keys = SearchText.objects.order_by("-pk").values_list("paper__slug", flat=True)
    assert [slug[-1] for slug in keys] == ["1", "2", "3"]
    assert index.check().is_ok


def test_the_order_of_loading_does_not_matter(arxiv):
    files = [(None, 1, 2), (arxiv, 2, 3), (arxiv, 4, 1)]
    found = []
    for some in (files, files[::-1]):
        sources = [load_into(*file).source for file in some]
        keys = ("digest__stream", "digest__date", "position", "paper__slug")
        placements = list(Placement.objects.order_by(*keys).values_list(*keys))
        found.append((catalogue(), placements, places()))
        for source in sources:
            undo(Source.objects.get(pk=source))
        assert not Digest.objects.exists()
    assert found[0] == found[1]


def test_what_a_paper_shows_does_not_depend_on_the_stream(arxiv):
    load_into(None, 1, summary="- Old.")
    load_into(arxiv, 1, day="2025-02-07", summary="- New.")
    in_two = Paper.objects.values("title", "summary", "date").get()
    for source in Source.objects.all():
        undo(source)
    load_into(None, 1, summary="- Old.")
    load_into(None, 1, day="2025-02-07", summary="- New.")
    assert Paper.objects.values("title", "summary", "date").get() == in_two


def test_the_same_bytes_in_another_stream_are_another_source(arxiv):
    content = digest(row(1))
    assert load(content, "a.json").status == "loaded"
    assert load(content, "a.json", stream=arxiv.pk).status == "loaded"
    assert load(content, "a.json", stream=arxiv.pk).status == "known"
    assert Source.objects.values_list("stream", flat=True).count() == 2
    assert Digest.objects.count() == 2


def test_undoing_takes_a_digest_out_of_its_stream_alone(arxiv):
    load_into(None, 1, 2)
    before = (catalogue(), places())
    report = load_into(arxiv, 2, 3)
    undo(Source.objects.get(pk=report.source))
    assert (catalogue(), places()) == before
    assert index.check().is_ok


def test_a_source_that_is_read_again_stays_in_its_stream(arxiv):
    report = load_into(arxiv, 1, 2)
    again = reread(Source.objects.get(pk=report.source))
    assert Source.objects.get(pk=again.source).stream == arxiv
    assert [one.key for one in Digest.objects.all()] == [DigestKey(DAY, arxiv.pk)]


def test_a_paper_moves_where_another_stream_has_it_first(arxiv):
    load_into(None, 1, 2)
    load_into(arxiv, 2, day="2025-02-05")
    assert places()["2"] == (date(2025, 2, 5), arxiv.pk, 1)
    assert index.check().is_ok


# Commands


def loaded(*arguments):
    call_command("load_digest", *arguments, verbosity=0)


def test_load_digest_takes_a_stream(arxiv, tmp_path):
    file = tmp_path / "2025-02-06.json"
    file.write_bytes(digest(row(1)))
    loaded(str(file), "--stream", "arxiv-cs-cl")
    assert [one.key for one in Digest.objects.all()] == [DigestKey(DAY, arxiv.pk)]
    with pytest.raises(CommandError, match="no stream arxiv: there are daily, arxiv-cs-cl"):
        loaded(str(file), "--stream", "arxiv")


def test_a_digest_of_a_stream_is_exported(arxiv, capsys):
    load_into(None, 1)
    load_into(arxiv, 2)
    call_command("export_digest", "2025-02-06", "--format", "json", "--stream", "arxiv-cs-cl")
    assert "Paper 2" in (out := capsys.readouterr().out)
    assert "Paper 1" not in out
    with pytest.raises(CommandError, match="no digest of 2025-02-07"):
        call_command("export_digest", "2025-02-07", "--stream", "arxiv-cs-cl")


# Lists


def found(client, address):
    results = client.get(f"/api/v1/papers/{address}").json()["results"]
    return [paper["id"][-1] for paper in results]


def test_papers_of_a_stream_and_of_its_digest(client, arxiv):
    load_into(None, 1, 2)
    load_into(arxiv, 2, 3)
    load_into(arxiv, 4, day="2025-02-07")
    assert found(client, "?stream=arxiv-cs-cl") == ["4", "2", "3"]
    assert found(client, "?stream=arxiv-cs-cl&stream=daily") == ["2"]
    assert found(client, "?digest=2025-02-06") == ["1", "2"]
    assert found(client, "?digest=2025-02-06&stream=arxiv-cs-cl") == ["2", "3"]
    answer = client.get("/api/v1/papers/?stream=none")
    assert (answer.status_code, [*answer.json()["errors"]]) == (400, ["stream"])


def test_streams_are_a_facet_where_there_are_several(client, arxiv):
    load_into(None, 1, 2)
    alone = client.get("/papers/").content.decode()
    assert "stream=" not in alone
    load_into(arxiv, 2, 3, 4)
    several = client.get("/papers/")
    facets = {facet.name: facet.options for facet in several.context["panel"].facets}
    assert [(one.label, one.papers) for one in facets["Stream"]] == [
        ("Daily papers", 2),
        ("arXiv cs.CL", 3),
    ]
    # A paper that was there already comes into another stream, and shows nothing else.
    load_into(None, 3)
    facets = client.get("/papers/").context["panel"].facets
    assert [one.papers for facet in facets if facet.name == "Stream" for one in facet.options] == [
        3,
        3,
    ]
    chosen = client.get("/papers/?stream=arxiv-cs-cl").content.decode()
    assert "arXiv cs.CL" in chosen


# Pages


PAGES = ("/", "/digests/", "/digests/2025-02-06/", "/papers/2502.00001/", "/papers/")


def test_with_one_stream_nothing_speaks_of_streams(client, arxiv):
    load_into(None, 1, 2)
    for page in PAGES:
        content = client.get(page).content.decode()
        assert "tream" not in content, page
        assert "Daily papers" not in content


def test_each_stream_has_its_pages(client, arxiv):
    load_into(None, 1, 2)
    load_into(arxiv, 2, 3)
    load_into(arxiv, 4, day="2025-02-07")
    assert client.get("/").context["digest"].key == DigestKey(DAY)
    page = client.get("/streams/arxiv-cs-cl/")
    assert page.context["digest"].key == DigestKey(date(2025, 2, 7), arxiv.pk)
    assert [one.address for one in page.context["streams"]] == ["/", "/streams/arxiv-cs-cl/"]
    day = client.get("/streams/arxiv-cs-cl/digests/2025-02-06/")
    assert [paper.slug[-1] for paper in day.context["papers"]] == ["2", "3"]
    assert day.context["after"].address == "/streams/arxiv-cs-cl/digests/2025-02-07/"
    assert "/streams/arxiv-cs-cl/digests/2025-02-06.bib" in day.content.decode()
    calendar = client.get("/streams/arxiv-cs-cl/digests/").content.decode()
    assert "/streams/arxiv-cs-cl/digests/2025-02-07/" in calendar
    missing = client.get("/streams/arxiv-cs-cl/digests/2025-02-05/")
    assert missing.status_code == 404
    assert "/streams/arxiv-cs-cl/digests/2025-02-06/" in missing.content.decode()
    assert client.get("/streams/none/").status_code == 404


@pytest.mark.parametrize("end", ["", "digests/", "digests/2025-02-06/", "digests/2025-02-06.bib"])
def test_the_default_stream_is_at_the_addresses_without_stream(client, arxiv, end):
    load_into(None, 1)
    assert client.get(f"/streams/daily/{end}").url == f"/{end}"


def test_a_stream_without_digests_says_so(client, arxiv):
    load_into(None, 1)
    page = client.get("/streams/arxiv-cs-cl/")
    assert (page.status_code, "No digests yet" in page.content.decode()) == (200, True)


def test_a_papers_page_names_the_streams_that_have_it(client, arxiv):
    load_into(None, 1, 2)
    load_into(arxiv, 2, 3, day="2025-02-05")
    answer = client.get("/papers/2502.00002/")
    page = answer.content.decode()
    assert page.index("Daily papers") < page.index("arXiv cs.CL")
    assert "/streams/arxiv-cs-cl/digests/2025-02-05/" in page
    assert "/digests/2025-02-06/" in page
    # Its neighbours are those of its first digest.
    assert answer.context["next"].slug == "2502.00003"


def test_feeds_and_files(client, arxiv):
    load_into(None, 1)
    load_into(arxiv, 2)
    ours, theirs = (
        client.get(f"{start}digests.atom").content.decode()
        for start in ("/", "/streams/arxiv-cs-cl/")
    )
    assert ("Paper 1" in ours, "Paper 2" in ours) == (True, False)
    assert ("Paper 1" in theirs, "Paper 2" in theirs) == (False, True)
    assert "Paper Digest: arXiv cs.CL" in theirs
    opml = client.get("/feeds.opml").content.decode()
    assert "/streams/arxiv-cs-cl/digests.atom" in opml
    file = client.get("/streams/arxiv-cs-cl/digests/2025-02-06.bib")
    assert file["Content-Disposition"].endswith('"papers-arxiv-cs-cl-2025-02-06.bib"')
    site_map = client.get("/sitemap-lists.xml").content.decode()
    assert "/streams/arxiv-cs-cl/digests/2025-02-06/" in site_map


def test_queries_do_not_grow_with_streams(client, django_assert_num_queries, arxiv):
    load_into(None, 1, 2)
    for number in range(3):
        load_into(Stream.objects.create(name=f"S{number}", slug=f"s{number}"), 1, 2)
    client.get("/papers/")  # the bitmaps of the facets are read once
    for page, queries in (("/", 17), ("/digests/", 3), ("/streams/s1/", 15)):
        with django_assert_num_queries(queries):
            client.get(page)
