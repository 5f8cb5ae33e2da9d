"""What is found in memory is what the database's own index finds."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from digest.catalogue.load import load, load_files
from digest.models import Paper, SearchText
from digest.search import index, parse
from digest.search.memory import Documents
from tests.samples import NASTY, digest, row

pytestmark = [pytest.mark.django_db, pytest.mark.databases]

QUERIES = (
    *(
        "model",
        "models",
        "benchmarking",
        "transfo",
        "GPT-4",
        "text-to-image",
        "深層学習",
        "smol lm",
    ),
    *('"language models"', '"large language model"', "title:language", "author:lovelace", "wang"),
    *("author:wang", "image OR video", "mamba OR transformer -diffusion", "-the", "-model -models"),
    *('agents -"language models"', "has:code", "has:dataset benchmark", "date:2025-02", "2025"),
    *("date:2025-02-01..2025-02-10 reasoning", "category:text-generation", "link:lab/code-1"),
    *("2502.02737", "arxiv:2502.00001", "title:benchmark area:multimodal", "e", "the of and", ""),
    *(
        "zyzzyva",
        "深層学習",
        r"$\text{Transformer}^2$",
        "S$^2$R state-of-the-art",
        "title:benchmarks",
    ),
    *("jones", "author:jones", '"learning models"'),
    *('title:"state of"', "author:li", "-has:code", "is:unread", "chain of thought"),
)


@pytest.mark.parametrize("which", ["odd", "real"])
def test_memory_and_index_agree(which, request):
    if which == "odd":
        # A name is no word with a stem, and a phrase does not begin within a word.
        mine = row(19, authors="Bo Jones", summary="- Mislearning models, and learning.")
        load(digest(*NASTY, mine, *(row(n) for n in range(20, 25))), "odd.json")
    else:
        files = request.getfixturevalue("archive_files")("json", 40)
        load_files(files)
    documents = Documents.of_papers(date.min, 0, 10_000)
    newest = SearchText.objects.order_by("-pk").values_list("paper", "pk")
    assert documents.papers == [paper for paper, _ in newest]
    keys = {key: paper for paper, key in newest}
    found = {}
    for text in QUERIES:
        node = parse(text).node
        expected = {keys[key] for key in index.found_among(node, keys)}
        matching = documents.matching(node)
        assert matching == [paper for paper in documents.papers if paper in expected], text
        found[text] = len(matching)
    assert found[""] == len(keys)
    assert which == "odd" or sum(count > 0 for count in found.values()) > 25


def test_only_what_came_lately_is_read_in_one_query():
    today = timezone.now().date()
    days = [today - timedelta(days=before) for before in (40, 10, 1, -1, -5)]
    for number, day in enumerate(days, 1):
        load(digest(row(number, date=day.isoformat())), f"{day}.json")
    first, old, _, _, _ = Paper.objects.order_by("pk")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        documents = Documents.of_papers(today - timedelta(days=30), 0, 10)
        later = Documents.of_papers(today - timedelta(days=30), old.pk, 10)
        one = Documents.of_papers(today - timedelta(days=30), 0, 1)
    assert len(queries) == 3
    slugs = dict(Paper.objects.values_list("pk", "slug"))
    numbers = [[int(slugs[key][-1]) for key in some.papers] for some in (documents, later, one)]
    assert numbers == [[4, 3, 2], [4, 3], [4]]
    assert first.pk not in documents.papers
