"""The search page: what was asked, what was found, and every way from there to another list."""

import re
from html import unescape

import pytest

from digest.catalogue.load import load
from tests.catalogue import load_once
from tests.digest.pages.test_every_page import flat, part, strict, text
from tests.samples import digest, row

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


@pytest.fixture
def papers():
    load_once(
        (
            digest(
                row(1, title="Zebras walk", classification=["Robotics"], authors="Ada Lovelace"),
                row(2, title="Zebras speak", classification=["Text-to-Speech", "Robotics"]),
                row(3, title="Okapis speak", classification=["Text-to-Speech"], github_urls=[]),
                row(4, title="Okapis <sing> & walk", date="2024-05-01", authors="lvwerra"),
            ),
            "a.json",
        )
    )


def titles(response):
    return [flat(found) for found in re.findall(r"<h2 dir.*?</h2>", text(response), re.DOTALL)]


def hrefs(html):
    """The texts and addresses of links."""
    links = re.findall(r'<a [^>]*?href="([^"]*)"[^>]*>(.*?)</a>', html, re.DOTALL)
    return {flat(label): unescape(address) for address, label in links}


def facet(response, name):
    """The options of a facet: how many papers each leaves, by its label."""
    section = part(response, f'id="facet-{name}"')
    found = re.findall(r'<bdi>(.*?)</bdi>.*?class="count">([\d,]+)', section, re.DOTALL)
    return {unescape(label): papers for label, papers in found}


# The field


@pytest.mark.parametrize("address", ["/", "/digests/", "/authors/", "/categories/", "/nowhere/"])
def test_every_page_has_a_search_field(client, papers, address):
    tree = strict(client.get(address).content)
    (form,) = tree.find("body/header").iter("form")
    assert (form.get("role"), form.get("action"), form.get("method")) == (
        "search",
        "/papers/",
        None,
    )
    (field,) = form.iter("input")
    assert (field.get("type"), field.get("name"), field.get("value")) == ("search", "q", "")
    assert [label.text for label in form.iter("label") if label.get("for") == field.get("id")] == [
        "Search the papers"
    ]


def test_the_field_keeps_the_words_and_all_else_that_is_chosen(client, papers):
    response = client.get(
        "/papers/?q=%22<b>%22&category=robotics&category=text-to-speech&match=any"
        "&not_category=audio&has=code&date_from=2025-01-01&order=newest&page=1&has="
    )
    tree = strict(response.content)
    sent = [
        (field.get("name"), field.get("value"))
        for field in tree.iter("input")
        if field.get("form") == "search" or field.get("name") == "q"
    ]
    assert sent == [
        ("q", '"<b>"'),
        ("category", "robotics"),
        ("category", "text-to-speech"),
        ("match", "any"),
        ("not_category", "audio"),
        ("has", "code"),
        ("order", "newest"),
        ("date_from", "2025-01-01"),
        ("date_to", ""),
    ]


# What was found


@pytest.mark.parametrize(
    ("query", "tally", "title"),
    [
        ("", "4 papers , newest first", "Papers"),
        ("?q=zebras", "2 papers , best match first", "“zebras” in the papers"),
        ("?q=zebras&order=newest", "2 papers , newest first", "“zebras” in the papers"),
        ("?q=okapis+sing", "1 paper , best match first", "“okapis sing” in the papers"),
        ("?has=code", "3 papers , newest first", "Papers"),
        ("?q=has:code", "3 papers , newest first", "“has:code” in the papers"),
    ],
)
def test_the_number_found_and_their_order(client, papers, query, tally, title):
    response = client.get(f"/papers/{query}")
    assert flat(part(response, '<p class="tally">', "</p>")) == tally
    assert f"<title>{title} · Paper Digest</title>" in text(response)
    found = text(response).partition('<section class="close"')[0]
    assert len(re.findall(r"<h2 dir", found)) == int(tally.split()[0])


def test_very_many_papers_are_counted_and_not_all_listed(client, papers, monkeypatch):
    monkeypatch.setattr("digest.pages.facets.COUNTED", 3)
    monkeypatch.setattr("digest.pages.views.COUNTED", 3)
    monkeypatch.setattr("digest.search.COUNTED", 3)
    monkeypatch.setattr("digest.pages.views.PAPERS_ON_A_PAGE", 2)
    response = client.get("/papers/")
    tally = flat(part(response, '<p class="tally">', "</p>"))
    assert tally == "4 papers , newest first: page 1"


def test_estimates_say_that_they_are(client, papers, monkeypatch):
    assert "about" not in part(client.get("/papers/?q=has:code+OR+speak"), 'id="facet-with"')
    monkeypatch.setattr("digest.pages.facets.COUNTED", 3)
    monkeypatch.setattr("digest.search.COUNTED", 3)
    monkeypatch.setattr("digest.search.counting.EXACT", 3)
    response = client.get("/papers/?q=has:code+OR+speak&order=newest")
    assert flat(part(response, '<p class="tally">', "</p>")).startswith("About 4 papers")
    assert "about 3<" in part(response, 'id="facet-with"')


def test_matches_are_marked_and_stay_text(client, papers):
    page = text(client.get("/papers/?q=sing+walk"))
    assert "Okapis &lt;<mark>sing</mark>&gt; &amp; <mark>walk</mark></a>" in page


def test_words_have_two_orders(client, papers):
    switch = part(client.get("/papers/?q=zebras&has=code"), '<p class="switch" ', "</p>")
    assert hrefs(switch) == {
        "best match": "?q=zebras&has=code&order=best",
        "newest first": "?q=zebras&has=code&order=newest",
    }
    assert re.findall(r'aria-current="true">(.*?)<', switch) == ["best match"]
    assert '<p class="switch" ' not in text(client.get("/papers/?has=code"))


# What is chosen


def test_chips_take_away_what_is_chosen(client, papers):
    response = client.get("/papers/?q=zebras&category=robotics&not_category=audio&has=code&page=1")
    chips = part(response, '<ul class="chips chosen"', "</ul>")
    assert hrefs(chips) == {
        "Remove filter “zebras” ×": "?category=robotics&not_category=audio&has=code",
        "Remove filter Robotics ×": "?q=zebras&not_category=audio&has=code",
        "Remove filter excluding Audio ×": "?q=zebras&category=robotics&has=code",
        "Remove filter has code ×": "?q=zebras&category=robotics&not_category=audio",
        "Clear all": "/papers/",
    }


def test_the_only_chip_leads_to_all_papers(client, papers):
    chips = part(client.get("/papers/?q=zebras"), '<ul class="chips chosen"', "</ul>")
    assert hrefs(chips) == {"Remove filter “zebras” ×": "/papers/"}
    assert '<ul class="chips chosen"' not in text(client.get("/papers/?order=newest"))


def test_several_categories_are_all_or_any(client, papers):
    query = "?category=robotics&category=text-to-speech"
    response = client.get(f"/papers/{query}")
    assert titles(response) == ["Zebras speak"]
    switch = part(response, '<p class="switch" ', "</p>")
    assert re.findall(r'aria-current="true">(.*?)<', switch) == ["all of these"]
    wider = client.get("/papers/" + hrefs(switch)["any of these"])
    assert titles(wider) == ["Zebras walk", "Zebras speak", "Okapis speak"]
    assert '<p class="switch" ' not in text(client.get("/papers/?category=robotics&area=audio"))


def test_facets_narrow_the_list_and_count_what_they_leave(client, papers):
    response = client.get("/papers/?q=speak")
    assert facet(response, "category") == {"Text-to-Speech": "2", "Robotics": "1"}
    assert facet(response, "with") == {"code": "1"}
    assert facet(response, "year") == {"2025": "2"}
    assert facet(response, "author") == {"Ada Lovelace": "2", "Alan Turing": "2"}
    assert hrefs(part(response, 'id="facet-category"')) == {
        "Text-to-Speech": "?q=speak&category=text-to-speech",
        "Exclude Text-to-Speech": "?q=speak&not_category=text-to-speech",
        "Robotics": "?q=speak&category=robotics",
        "Exclude Robotics": "?q=speak&not_category=robotics",
    }
    for address in hrefs(part(response, '<div class="facet-list">', "<fieldset")).values():
        assert client.get(f"/papers/{address}").status_code == 200
    assert titles(client.get("/papers/?q=speak&not_category=robotics")) == ["Okapis speak"]


def test_a_facet_undoes_what_it_has_chosen(client, papers):
    query = "?category=robotics&has=code&date_from=2025-01-01&date_to=2025-12-31"
    response = client.get(f"/papers/{query}")
    chosen = re.findall(r'href="([^"]+)"\s+aria-current="true"><bdi>(.*?)<', text(response))
    assert {label: unescape(address) for address, label in chosen} == {
        "Robotics": "?has=code&date_from=2025-01-01&date_to=2025-12-31",
        "code": "?category=robotics&date_from=2025-01-01&date_to=2025-12-31",
        "2025": "?category=robotics&has=code",
    }


def test_long_facets_are_folded_after_the_tenth(client):
    load(digest(row(1, classification=[f"Odd {n}" for n in range(13)])), "a.json")
    shown, _, folded = part(client.get("/papers/"), 'id="facet-category"').partition("<details")
    assert (shown.count("<li>"), folded.count("<li>")) == (10, 3)
    assert "<summary>3 more</summary>" in folded


# What could not be read


def test_problems_of_a_query_are_said_in_words(client, papers):
    response = client.get("/papers/", {"q": "zebras has:<foo> category:nope"})
    assert titles(response) == ["Zebras walk", "Zebras speak"]
    found = [
        flat(each)
        for each in re.findall(r"<li>(.*?)</li>", part(response, 'class="problems"', "</ul>"))
    ]
    assert found == [
        "has:<foo> was left out: has: takes code, model, dataset, space, collection, project.",
        "category:nope was left out: there is no such category.",
    ]
    strict(response.content)


def test_what_an_address_gets_wrong_is_said_and_can_be_left_out(client, papers):
    response = client.get("/papers/?q=zebras&category=nope&date_from=2025-02-31&order=x")
    assert len(titles(response)) == 2
    problems = part(response, 'class="problems"', "</ul>")
    assert [flat(found) for found in re.findall(r"<li>(.*?)</li>", problems, re.DOTALL)] == [
        "Categories: Select a valid choice. nope is not one of the available choices. "
        "It was left out. Remove filter",
        "From: Enter a valid date. It was left out. Remove filter",
        "Order: Select a valid choice. x is not one of the available choices. "
        "It was left out. Remove filter",
    ]
    assert 'href="?q=zebras&amp;date_from=2025-02-31&amp;order=x">Remove filter' in problems
    (field,) = [e for e in strict(response.content).iter("input") if e.get("aria-invalid")]
    assert (field.get("name"), field.get("value")) == ("date_from", None)
    error = part(response, f'id="{field.get("aria-describedby")}">', "<")
    assert error == "“2025-02-31”: Enter a valid date."
    assert re.search(r'<details id="narrow"\s+class="facets"\s+open', text(response))


# What was not found


def test_what_found_nothing_is_said_with_ways_on(client, papers):
    response = client.get("/papers/?q=okapis+zebras+OR+quaggas+unicorns&has=code")
    assert flat(part(response, '<div class="empty"', "</p>").partition(">")[2]) == (
        "No paper matches “okapis zebras OR quaggas unicorns” and has code ."
    )
    assert hrefs(part(response, '<div class="empty"', "</div>")) == {
        "without “okapis zebras OR quaggas unicorns”": "?has=code",
        "All papers": "/papers/",
    }
    response = client.get("/papers/?q=okapis+zebras&has=code")
    assert hrefs(part(response, '<div class="empty"', "</div>")) == {
        "without “okapis”": "?q=zebras&has=code",
        "without “zebras”": "?q=okapis&has=code",
        "without “okapis zebras”": "?has=code",
        "All papers": "/papers/",
    }
    strict(response.content)


def test_an_arxiv_id_that_no_digest_has_leads_to_arxiv(client, papers):
    response = client.get("/papers/?q=arXiv:2502.99999v2")
    assert hrefs(part(response, '<div class="empty"', "</div>")) == {
        "2502.99999": "https://arxiv.org/abs/2502.99999",
        "All papers": "/papers/",
    }


# Ways out


def test_papers_found_can_be_taken_away_and_followed(client, papers):
    response = client.get("/papers/?q=zebras&has=code&date_to=&page=1&order=newest")
    files = hrefs(part(response, '<details class="files">', "</details>"))
    query = "?q=zebras&has=code&order=newest"
    assert files == {
        "BibTeX": f"/papers.bib{query}",
        "RIS": f"/papers.ris{query}",
        "CSL-JSON": f"/papers.csl.json{query}",
        "Markdown": f"/papers.md{query}",
        "feed": f"/papers.atom{query}",
    }
    for address in files.values():
        assert "Zebras" in client.get(address).getvalue().decode()


def test_the_examples_of_the_language_can_be_read(client, papers):
    panel = part(client.get("/papers/"), '<details class="language">', "</details>")
    addresses = list(hrefs(panel).values())
    assert len(addresses) > 10
    for address in addresses:
        response = client.get(address)
        if response.status_code == 200:
            reasons = [problem.reason for problem in response.context["filter"].query.problems]
            # A small catalogue lacks the example's category.
            assert all(reason.startswith("there is no such") for reason in reasons), address


# In place


def test_a_page_that_stands_is_given_the_papers_alone(client, papers):
    whole = client.get("/papers/?q=zebras")
    fragment = client.get("/papers/?q=zebras", headers={"HX-Request": "true"})
    assert whole["Vary"] == fragment["Vary"] == "HX-Request, Accept-Encoding, Cookie"
    assert whole["ETag"] != fragment["ETag"]
    start = text(fragment).strip()
    assert start.startswith("<title>“zebras” in the papers · Paper Digest</title>")
    assert "<html" not in start
    section = start.partition("</title>")[2].strip()
    assert re.sub(r"\s+", "", section) in re.sub(r"\s+", "", text(whole))
    assert 'data-found="2 papers"' in section


def test_an_arxiv_id_that_is_being_typed_leads_nowhere_yet(client, papers):
    response = client.get("/papers/?q=2502.00002")
    assert (response.status_code, response.url) == (302, "/papers/2502.00002/")
    response = client.get("/papers/?q=2502.00002", headers={"HX-Request": "true"})
    assert titles(response) == ["Zebras speak"]


@pytest.mark.parametrize(
    "query",
    [
        *("q=", "q=+", "q=%00%01%1B", "q=%22", "q=-", "q=OR", "q=%3Cscript%3E", "q=" + "a+" * 300),
        *("category=", "category=nope", "match=any", "order=x", "date_from=x&date_to=y", "page=1"),
        *("q=zebras&q=okapis", "digest=2025-02-06", "date_from=2030-01-01&date_to=2020-01-01"),
        *("author=ada-lovelace&author=lvwerra", "not_category=robotics&category=robotics"),
    ],
)
@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
@pytest.mark.slow
def test_no_query_breaks_the_page(client, papers, query, headers):
    response = client.get(f"/papers/?{query}", headers=headers)
    assert response.status_code == 200
    page = text(response)
    if headers:
        page = f"<!DOCTYPE html><html><head>{page.replace('</title>', '</title></head><body>', 1)}"
    tree = strict(page)
    ids = [element.get("id") for element in tree.iter() if element.get("id")]
    assert len(ids) == len(set(ids))


# What is close, and what was meant


def close(response):
    """The titles of what is close to a query, each with what it lacks."""
    section = part(response, '<section class="close"', "</section>")
    return [
        (flat(title), flat(without))
        for title, without in re.findall(
            r'<h2 dir.*?>(.*?)</h2>.*?<p class="without">(.*?)</p>', section, re.DOTALL
        )
    ]


def test_papers_that_have_most_of_the_words_follow_those_that_have_all(client, papers):
    response = client.get("/papers/?q=okapis+speaking+quagga+bananas")
    assert "No paper matches" in text(response)
    assert close(response) == [
        ("Okapis speak", "Missing: quagga , bananas"),
        ("Okapis <sing> & walk", "Missing: speaking , quagga , bananas"),
        ("Zebras speak", "Missing: okapis , quagga , bananas"),
    ]
    assert "<mark>Okapis</mark> <mark>speak</mark>" in text(response)
    strict(response.content)
    response = client.get("/papers/?q=okapis+speaking")
    assert titles(response)[0] == "Okapis speak"
    assert flat(part(response, '<p class="tally">', "</p>")) == "1 paper , best match first"
    assert ("Okapis speak", "") not in close(response)
    assert '<section class="close"' not in text(client.get("/papers/?has=code"))


def test_what_is_close_follows_the_last_page(client, papers, monkeypatch):
    monkeypatch.setattr("digest.pages.views.PAPERS_ON_A_PAGE", 1)
    monkeypatch.setattr("digest.search.close._LEAST_SHARE", 0)
    assert '<section class="close"' not in text(client.get("/papers/?q=okapis+walk+OR+speak"))
    response = client.get("/papers/?q=okapis+walk+OR+speak&page=2")
    assert {*close(response)} == {
        ("Zebras speak", "Missing: okapis"),
        ("Zebras walk", "Missing: okapis"),
    }


def test_fields_filters_and_refusals_hold_for_what_is_close(client, papers):
    response = client.get("/papers/?q=okapis+quagga+-sing")
    assert close(response) == [("Okapis speak", "Missing: quagga")]
    response = client.get("/papers/?q=okapis+quagga&has=code")
    assert close(response) == [("Okapis <sing> & walk", "Missing: quagga")]
    response = client.get("/papers/?q=speak+quagga+title:okapis")
    assert close(response) == [
        ("Okapis speak", "Missing: quagga"),
    ]


def test_a_slip_is_read_as_what_was_meant_and_says_so(client, papers):
    response = client.get("/papers/?q=zebars+speak&has=code")
    assert flat(part(response, '<p class="corrected">', "</p>")) == (
        "Showing results for zebras speak ; search for zebars speak as typed ."
    )
    assert titles(response)[0] == "Zebras speak"
    links = hrefs(part(response, '<p class="corrected">', "</p>"))
    assert links == {"zebars speak as typed": "?q=zebars+speak&has=code&exact=1"}
    # All that leads on asks for what is shown, and a file holds it.
    assert hrefs(part(response, '<details class="files">', "</details>"))["RIS"] == (
        "/papers.ris?q=zebras+speak&has=code"
    )
    assert "“zebras speak”" in part(response, '<ul class="chips chosen"', "</ul>")
    exact = client.get("/papers/" + links["zebars speak as typed"])
    assert '<p class="corrected">' not in text(exact)
    assert close(exact) == [("Zebras speak", "Missing: zebars")]
    assert 'name="exact"' not in part(exact, "<body", "</body>")
    assert client.get("/papers.ris?q=zebars").getvalue() == b""
    strict(response.content)


def test_a_pasted_abstract_is_no_error(client, papers):
    pasted = " ".join(f"word{n} and" for n in range(160)) + " okapis speak"
    assert len(pasted) < 2000
    response = client.get("/papers/", {"q": pasted})
    assert 'class="problems"' not in text(response)
    assert close(response)[0][0] == "Okapis speak"
    response = client.get("/papers/", {"q": "okapis speak " + "\"'()*:^ -" * 180})
    assert titles(response)[0] == "Okapis speak"


def test_a_pasted_text_is_shown_in_part(client, papers):
    pasted = f"okapis {'walk ' * 60}zebars {'speak ' * 60}zebras"
    response = client.get("/papers/", {"q": pasted})
    corrected = part(response, '<p class="corrected">', "</p>")
    assert flat(corrected) == "Showing results for zebras ; search for zebars as typed ."
    (as_typed,) = hrefs(corrected).values()
    assert client.get("/papers/" + as_typed).context["filter"].query.text == pasted
    beginning = f"“okapis {'walk ' * 22}wa…”"
    assert beginning in part(response, '<ul class="chips chosen"', "</ul>")
    assert flat(part(response, "No paper matches", "</p>")) == f"{beginning} ."
    response = client.get("/papers/", {"q": f"{'Zebras speak, ' * 20}arXiv:2502.00002"})
    left_out = flat(part(response, '<ul class="problems">', "</ul>"))
    assert "speak, Zebras … was left out" in left_out
    assert len(left_out) < 200
