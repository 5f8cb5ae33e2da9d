"""Which categories are known, and what arXiv's own are called here."""

import json

import pytest

from digest.text import taxonomy
from digest.text.arxiv_categories import LONG_NAMES, NAMES
from digest.text.identity import category_slug


def test_the_tasks_are_those_of_the_taxonomy(shared):
    tasks = {area: list(names) for area, names in taxonomy.AREAS.items() if area != "arXiv"}
    assert tasks == json.loads((shared / "taxonomy.json").read_text())


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("cs.CL", "cs.CL Computation and Language"),
        ("cs.cl", "cs.CL Computation and Language"),
        ("cs.CL Computation and Language", "cs.CL Computation and Language"),
        ("astro-ph", "astro-ph Astrophysics"),
        ("cond-mat.mes-hall", "cond-mat.mes-hall Mesoscale and Nanoscale Physics"),
        ("text-generation", "Text Generation"),
        ("Robotics", "Robotics"),
        ("Quantum Physics", None),
        ("cs.XX", None),
    ],
)
def test_what_is_known(name, known):
    assert taxonomy.known(name) == known


def test_categories_of_arxiv_are_in_an_area_of_their_own():
    assert len(NAMES) == len(LONG_NAMES) == 157
    assert taxonomy.AREA_OF["cs.CL Computation and Language"] == "arXiv"
    assert taxonomy.AREA_OF["arXiv"] is None
    assert LONG_NAMES["Computer Science - Machine Learning"] == "cs.LG"
    assert LONG_NAMES["Statistics - Machine Learning"] == "stat.ML"
    assert LONG_NAMES["Quantum Physics"] == "quant-ph"


def test_slugs_are_short_and_each_has_its_own():
    assert category_slug("cs.CL Computation and Language") == "cs-cl"
    assert category_slug("math-ph Mathematical Physics") == "math-ph"
    assert category_slug("arXiv") == "arxiv"
    assert len({category_slug(name) for name in taxonomy.AREA_OF}) == len(taxonomy.AREA_OF)
