"""What services answer, loaded beside the digests of the same days."""

import datetime
import itertools
import json

import pytest

from digest.catalogue.load import load, undo
from digest.exports.digests import export_digest
from digest.formats import read
from digest.models import Digest, Paper, Source
from tests.samples import hugging_face

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def five_days(shared):
    """Of five days the six-column digest, and what Hugging Face would answer: all papers of the
    JSON digest, in the shape of its API, the lists of authors that were cut at five with two more
    names."""
    days = []
    for path in sorted(shared.glob("archive/json/2025/06/*.json"))[:5]:
        given = json.loads(path.read_text())
        names = {row["link"].rpartition("/")[2]: _whole(row["authors"]) for row in given}
        answer = hugging_face(
            *(
                {
                    "id": row["link"].rpartition("/")[2],
                    "title": row["title"],
                    "authors": [{"name": name, "hidden": False} for name in _whole(row["authors"])],
                    "summary": "An abstract of\n" + row["title"],
                    "ai_summary": "A summary.",
                    "upvotes": number,
                    "submittedOnDailyAt": f"{row['date']}T00:43:01.816Z",
                }
                for number, row in enumerate(given, start=1)
            )
        )
        name = path.relative_to(shared / "archive/json").with_suffix(".md")
        table = (shared / "archive/six-column" / name).read_bytes()
        days.append((datetime.date.fromisoformat(given[0]["date"]), table, answer, names))
    return days


def _whole(authors):
    names = list(dict.fromkeys(filter(None, (name.strip() for name in authors.split(",")))))
    return [*names, "Ada Lovelace", "Alan Turing"] if len(names) == 5 else names


@pytest.mark.parametrize("answer_first", [False, True])
@pytest.mark.slow
def test_an_answer_beside_the_table_of_the_day_gives_one_paper_each(five_days, answer_first):
    for day, table, answer, names in five_days:
        files = [(table, f"{day}.md"), (answer, f"{day}.json")]
        for content, name in reversed(files) if answer_first else files:
            assert load(content, name).problems == []
        shown = {paper.slug: paper for paper in Paper.objects.filter(digests__date=day).for_cards()}
        assert shown.keys() == names.keys()
        (given,) = read(table).days
        assert Digest.objects.get(date=day).paper_count == len(names) > len(given.rows)
        summaries = {row.record.link.rpartition("/")[2]: row.record.summary for row in given.rows}
        for slug, paper in shown.items():
            assert [place.author.name for place in paper.authorships.all()] == names[slug], slug
            assert paper.authors_cut is False
            assert paper.abstract.startswith("An abstract of ")
            assert paper.upvotes > 0
            assert paper.summary.split() == summaries.get(slug, "A summary.").split()
    assert Source.objects.count() == 10


def test_the_table_comes_back_once_the_answer_is_undone(five_days):
    day, table, answer, _ = five_days[0]
    load(table, "a.md")
    load(answer, "b.json")
    undo(Source.objects.get(name="b.json"))
    assert export_digest(Digest.objects.get(date=day), "markdown").encode() == table
    assert set(Paper.objects.values_list("abstract", "upvotes")) == {("", 0)}


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_cases_of_one_paper(shared, order):
    """Its addresses at mirrors, another day, and Hugging Face's own answer, in any order."""
    names = ("mirrors.json", "datetime.json", "2025-02-06.json")
    for place in order:
        assert (
            load((shared / "cases/digests" / names[place]).read_bytes(), names[place]).problems
            == []
        )
    paper = Paper.objects.get()
    assert (paper.slug, paper.entries.count(), str(paper.date)) == ("2502.03387", 7, "2025-02-06")
    assert (paper.title, paper.abstract, paper.authors_cut) == ("X", "Text.", False)
    assert [author.name for author in paper.authors.all()] == ["Yixin Ye"]
    assert [link.url for link in paper.links.all()] == ["https://github.com/GAIR-NLP/LIMO"]
