"""Which categories are suggested for papers that come without, and what wins over them."""

import json
from datetime import date
from io import StringIO
from random import Random

import pytest
from django.core.management import call_command

from digest.catalogue.load import load, undo
from digest.curation.decisions import correct
from digest.curation.suggested_categories import Suggester, Texts
from digest.exports.citation import Citation
from digest.exports.digests import export_digest
from digest.formats import Record, write_suggestions
from digest.models import Digest, Paper, Placement, Source
from tests.samples import digest, row

WORDS = {
    "Robotics": "robot arm gripper grasp joint motor torque walking legged policy",
    "Text-to-Speech": "voice speech speaker phoneme vocoder pitch prosody audio accent",
}


def about(name, number):
    """Words about a category, in an order of their own, for a title and a summary."""
    words = Random(number).sample(WORDS[name].split(), 8)
    return " ".join(words[:3]), " ".join(words)


def known(number=60):
    """Rows of papers with categories, half about each."""
    rows = []
    for n in range(1, number + 1):
        name = list(WORDS)[n % 2]
        title, summary = about(name, n)
        fields = {"title": f"{title} {n}", "summary": summary, "classification": [name]}
        rows.append(row(n, **fields, authors="", github_urls=[]))
    return rows


def without(number, name, **fields):
    """A row of a paper without categories, of a later day."""
    title, summary = about(name, number)
    given = {"title": f"{title} {number}", "summary": summary, "classification": None}
    return row(number, **given | {"date": "2025-02-07"} | fields)


def suggest(*arguments):
    out = StringIO()
    call_command("suggest_categories", *arguments, stdout=out)
    return out.getvalue()


def exported(client):
    """The day's files, as it is cited and as it was given."""
    found = Digest.objects.get(date=date(2025, 2, 7))
    address = found.get_absolute_url()[:-1]
    cited = client.get(f"{address}.md")
    assert cited.status_code == 200
    return [b"".join(cited), export_digest(found, "json"), export_digest(found, "markdown")]


def shown(number):
    """The categories of a paper, and whether they are suggested."""
    paper = Paper.objects.for_cards().get(arxiv_id=f"2502.{number:05}")
    return [place.category.name for place in paper.classifications.all()], (
        paper.categories_suggested
    )


def test_a_suggester_knows_what_it_does_not_know():
    texts = [Texts(r["title"], r["summary"], r["classification"]) for r in known()]
    suggester = Suggester(texts)
    assert suggester.suggest(Texts(*about("Robotics", 99))) == ["Robotics"]
    assert suggester.suggest(Texts(*about("Text-to-Speech", 99))) == ["Text-to-Speech"]
    assert suggester.suggest(Texts("graphs", "of nothing that is known")) == []
    assert suggester.suggest(Texts("", "")) == []
    # With too few papers, nothing can be measured, and nothing is suggested.
    assert Suggester(texts[:6]).suggest(Texts(*about("Robotics", 99))) == []
    # Categories that are given by chance are suggested for nobody.
    random = Random(5)
    mixed = [text._replace(categories=[random.choice([*WORDS])]) for text in texts]
    assert Suggester(mixed).suggest(Texts(*about("Robotics", 99))) == []
    # So is one that half of the papers about another have, beside what all of them have.
    some = [
        text._replace(categories=[*text.categories, *["Chance"] * (n % 4 < 2)])
        for n, text in enumerate(texts)
    ]
    sure = Suggester(some)
    assert sure.unsure == {"Chance"}
    assert sure.suggest(Texts(*about("Robotics", 99))) == ["Robotics"]


@pytest.mark.django_db
def test_papers_without_categories_show_those_that_are_suggested(client):
    load(digest(*known(), without(61, "Robotics"), without(62, "Text-to-Speech")), "x.json")
    files = exported(client)
    assert suggest("--dry-run") == (
        "suggested-categories/2-papers.json: 2 papers: 0 new, 2 changed, 0 unchanged\n"
        "Categories suggested for 2 papers.\n"
        "Nothing was written (--dry-run).\n"
    )
    assert shown(61) == ([], False)
    suggest()
    assert shown(61) == (["Robotics"], True)
    assert shown(62) == (["Text-to-Speech"], True)
    assert shown(1) == (["Text-to-Speech"], False)
    # Once is enough.
    assert suggest() == "Categories suggested for 0 papers.\n"
    # They can be found by them, and are told apart.
    page = client.get("/papers/", {"category": "robotics", "date_from": "2025-02-07"}).text
    assert page.count("Suggested:") == 1
    assert "No digest gave categories" in client.get("/papers/2502.00061/").text
    answer = client.get("/api/v1/papers/2502.00061/").json()
    assert answer["categories_suggested"] is True
    # What was given, and what is cited, is without them.
    assert exported(client) == files
    assert "robotics" not in client.get("/papers.atom", {"date_from": "2025-02-07"}).text
    assert Citation.of(Paper.objects.for_cards().get(arxiv_id="2502.00061")).categories == ()
    # As any source they can be undone.
    undo(Source.objects.get(format="suggestions"))
    assert shown(61) == ([], False)


@pytest.mark.django_db
def test_what_a_digest_or_a_curator_states_wins(curator):
    load(digest(*known(), without(61, "Robotics"), without(62, "Robotics")), "x.json")
    suggest()
    correct(Paper.objects.get(arxiv_id="2502.00062"), "categories", ["Mine"], by=curator)
    assert shown(62) == (["Mine"], False)
    # An older day, too.
    earlier = without(61, "Robotics", classification=["Other"], date="2025-01-01")
    load(digest(earlier), "y.json")
    assert shown(61) == (["Other"], False)


@pytest.mark.django_db
def test_the_newest_papers_are_looked_at_that_nobody_decided_on(curator):
    days = {61: "2025-02-07", 62: "2025-02-08", 63: "2025-02-09"}
    later = [without(number, "Robotics", date=day) for number, day in days.items()]
    later[2]["classification"] = ["Other"]
    load(digest(*known(), *later), "x.json")
    correct(Paper.objects.get(arxiv_id="2502.00063"), "categories", [], by=curator)
    assert "Categories suggested for 1 papers.\n" in suggest("--limit", "1")
    assert [shown(number) for number in days] == [([], False), (["Robotics"], True), ([], False)]


@pytest.mark.django_db
def test_a_suggestion_gives_no_place_in_a_digest():
    rows = [without(61, "Robotics"), without(62, "Robotics", date="2025-02-10")]
    load(digest(*known(), *rows), "x.json")
    # Its paper has left that digest since.
    paper = Record(rows[1]["title"], rows[1]["link"], classification=("Robotics",))
    content = write_suggestions([(date(2025, 2, 7), paper)]).encode()
    assert load(content, "s.json", is_supplement=True).changed == 1
    for number, day in ((61, 7), (62, 10)):
        placed = Placement.objects.filter(digest__date=date(2025, 2, day))
        assert [one.paper.arxiv_id for one in placed] == [f"2502.{number:05}"]
    assert Paper.objects.get(arxiv_id="2502.00062").date == date(2025, 2, 10)


@pytest.mark.slow
def test_most_suggestions_for_the_archive_are_right(shared):
    """Of papers whose categories are known and hidden: at least 0.8 of the suggestions."""
    papers = {}
    for file in sorted((shared / "archive/json").rglob("*.json")):
        for given in json.loads(file.read_text()):
            categories = given.get("classification") or []
            papers[given["title"]] = Texts(given["title"], given["summary"], categories)
    texts = list(papers.values())[-1200:]
    hidden, others = texts[::6], [text for n, text in enumerate(texts) if n % 6]
    suggester = Suggester(others, measured=300)
    suggested = [(name in text.categories) for text in hidden for name in suggester.suggest(text)]
    assert len(suggested) >= 20
    assert sum(suggested) >= 0.8 * len(suggested)
