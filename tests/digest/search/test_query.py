from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.search.nodes import NOTHING, AllOf, AnyOf, Not, Tag, Words
from digest.search.query import date_node, parse, parts
from digest.search.tags import date_tags, link_tag
from digest.search.text import stem
from digest.text.links import link_names

NAMES = {("robotics", False): "c1", ("robotics", True): None, ("audio", True): "c2"}


def read(text):
    return parse(text, lambda name, area: NAMES.get((name.lower(), area)), beginning=True)


def nodes(text):
    query = read(text)
    assert query.problems == ()
    return query.node.nodes


def word(word, column="", prefix=False):
    return Words((word,), column, prefix, stem(word) if column != "authors" else "")


def phrase(*words, column=""):
    return Words(words, column, quoted=True)


def compound(*words, column="", prefix=False, last=True):
    joined = "".join(words)
    return AnyOf((Words(words, column, prefix), Words((joined,), column, last, stem(joined))))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ()),
        ("diffusion", (word("diffusion", prefix=True),)),
        ("Diffusion models", (word("diffusion"), word("models", prefix=True))),
        ("a x", (word("a"), word("x"))),
        ('"chain of thought"', (phrase("chain", "of", "thought"),)),
        ("-gan model", (Not(word("gan")), word("model", prefix=True))),
        ('model -"large language"', (word("model"), Not(phrase("large", "language")))),
        ("a OR bb cc", (AnyOf((word("a"), word("bb"))), word("cc", prefix=True))),
        ("a OR b OR -c d", (AnyOf((word("a"), word("b"), Not(word("c")))), word("d"))),
        ("or", (word("or", prefix=True),)),
        ("GPT-4", (compound("gpt", "4"),)),
        ("GPT-4 agents", (compound("gpt", "4", last=False), word("agents", prefix=True))),
        ("title:limo", (word("limo", column="title", prefix=True),)),
        ('Author:"Xiang Yue"', (phrase("xiang", "yue", column="authors"),)),
        ("category:robotics", (Tag("c1"),)),
        ("-area:audio x", (Not(Tag("c2")), word("x"))),
        ("has:code has:Models", (Tag("kcode"), Tag("kmodel"))),
        ("has:project", (Tag("kproject"),)),
        ("date:2025-02", (AnyOf((Tag("d202502"),)),)),
        ("date:2025-02-06", (AnyOf((Tag("d20250206"),)),)),
        ("date:2024-12..2025", (AnyOf((Tag("d202412"), Tag("d2025"))),)),
        ("-arxiv:2502.02737v2 x", (Not(Tag("x250202737")), word("x"))),
        ("-gan 2502.02737 has:code", (Tag("x250202737"), Not(word("gan")), Tag("kcode"))),
        ("2502.02737 2502.00001", (AnyOf((Tag("x250202737"), Tag("x250200001"))),)),
        ("limo OR 2502.02737 x", (AnyOf((word("limo"), Tag("x250202737"))), word("x"))),
        ('"arxiv 2502.02737" x', (phrase("arxiv", "2502", "02737"), word("x"))),
        ("BERT: pre-training", (word("bert"), compound("pre", "training", prefix=True))),
        ("qwen:7b", (word("qwen"), word("7b", prefix=True))),
        ("大模型", (Words(("大", "模", "型")),)),
        ('"models"', (phrase("models"),)),
        ("models model models", (word("models"), word("model"), word("models", prefix=True))),
        ("author:models x", (word("models", column="authors"), word("x"))),
        ("a – b", (word("a"), word("b"))),
        ('""', ()),
    ],
)
def test_what_is_typed_is_what_is_sought(text, expected):
    if text == "qwen:7b":
        assert nodes(text) == (AllOf(expected),)
    elif text == '""':
        assert read(text).node.nodes == expected
    else:
        assert nodes(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("2502.02737", "2502.02737v2", "arXiv:2502.02737", "10.48550/arXiv.2502.02737"),
        *("https://arxiv.org/abs/2502.02737", "https://arxiv.org/pdf/2502.02737v1"),
        *("https://arxiv.org/html/2502.02737", " https://huggingface.co/papers/2502.02737 "),
    ],
)
def test_an_id_or_address_goes_to_the_paper(text):
    assert read(text).arxiv_id == "2502.02737"
    assert read("hep-th/9901001").arxiv_id == "hep-th/9901001"
    assert read(text + " x").arxiv_id is None


def test_whatever_people_paste_of_a_paper_finds_it(shared):
    lines = (shared / "cases/arxiv-addresses.txt").read_text().splitlines()
    forms = [line.split("\t") for line in lines if not line.startswith("#")]
    assert [(text, read(text).arxiv_id) for text, _ in forms] == [*map(tuple, forms)]
    # Beside other words, too, if nothing in it is taken for words.
    beside = [(text, read(f"{text} has:code").node.nodes) for text, _ in forms]
    missed = [text for text, nodes in beside if not isinstance(nodes[0], Tag) or len(nodes) != 2]
    assert missed == []


@pytest.mark.parametrize(
    ("text", "others"),
    [
        ("limo 2502.02737", "limo"),
        ("arxiv:2502.02737v2 x", "x"),
        ("[2502.02737] SmolLM2: When Smol", "SmolLM2: When Smol"),
        ("Smol, arXiv preprint arXiv:2502.02737 [cs.CL] (2025)", "Smol, (2025)"),
        ("see https://arxiv.org/abs/2502.02737v1, there", "see there"),
        ("SmolLM2. CoRR abs/2502.02737", "SmolLM2."),
        ("@misc{smol,\n eprint={2502.02737},\n}", "@misc{smol, eprint="),
        ("url={https://arxiv.org/abs/2502.02737}, year={2025}", "url= year= {2025}"),
        ("@article{a, journal={arXiv preprint arXiv:2502.02737}}", "@article{a, journal="),
    ],
)
def test_an_id_within_a_line_finds_the_paper(text, others):
    query = read(text)
    assert query.node.nodes == (Tag("x250202737"),)
    assert query.problems == ((others, "the arXiv id beside it names a paper", "was left out"),)


def test_an_id_that_no_paper_has_leaves_the_words_findable():
    def parsed(text):
        return parse(text, lambda *_: None, known_tags=lambda tags: {"x250200001"})

    query = parsed("limo arXiv 2502.02737 [cs.CL]")
    assert query.node.nodes == (word("limo"),)
    assert query.problems == (("2502.02737", "no paper here has this arXiv id", "was left out"),)
    query = parsed("limo 2502.02737 2502.00001")
    assert query.node.nodes == (Tag("x250200001"),)
    assert [part for part, *_ in query.problems] == ["limo", "2502.02737"]
    # With nothing else to seek, it is sought.
    assert parsed("2502.02737").node.nodes == (Tag("x250202737"),)
    assert parsed("2502.02737 2502.02738").node.nodes == (
        AnyOf((Tag("x250202737"), Tag("x250202738"))),
    )


LIMO, LIMO_CODE, LIMO_MODEL = (
    Tag(link_tag(name))
    for name in ("gair-nlp/limo", "github code gair-nlp/limo", "hugging face model gair-nlp/limo")
)


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("GAIR-NLP/LIMO", LIMO),
        ("gair-nlp/limo.git", LIMO),
        ("github.com/GAIR-NLP/LIMO", LIMO_CODE),
        ("http://www.github.com/GAIR-NLP/LIMO.git", LIMO_CODE),
        ("https://github.com/GAIR-NLP/LIMO/tree/main/eval#top", LIMO_CODE),
        ("https://huggingface.co/GAIR-NLP/LIMO", LIMO_MODEL),
        ("hf.co/GAIR-NLP/LIMO", LIMO_MODEL),
    ],
)
def test_a_link_is_sought_by_its_address_or_owner_and_name(text, tag):
    assert nodes(f"link:{text}") == (tag,)
    (alternatives,) = nodes(f"{text} x")[:1]
    assert alternatives.nodes[0] == tag
    assert len(alternatives.nodes) == 2
    assert nodes(f"-link:{text}") == (Not(tag),)


def test_the_names_of_a_link_are_those_it_is_sought_by():
    assert link_names("https://huggingface.co/datasets/GAIR-NLP/LIMO") == [
        "hugging face dataset gair-nlp/limo",
        "gair-nlp/limo",
    ]
    (name,) = link_names("https://limo.example.org/a/?b=c#d")
    assert nodes("link:limo.example.org/a?b=c") == (Tag(link_tag(name)),)


@pytest.mark.parametrize(
    ("text", "part", "reason"),
    [
        ("link:limo x", "link:limo", "link: takes owner/name, or an address"),
        ("has:foo x", "has:foo", "has: takes code, model, dataset, space, collection, project"),
        ("category:nope x", "category:nope", "there is no such category"),
        ("area:robotics x", "area:robotics", "there is no such area"),
        ("arxiv:foo x", "arxiv:foo", "this is no arXiv id"),
        ("date:soon x", "date:soon", "date: takes 2025, 2025-02, 2025-02-06, or a range like"),
        ("date:2025-13 x", "date:2025-13", "date: takes 2025, 2025-02, 2025-02-06, or a range"),
        ("date:2025..2024 x", "date:2025..2024", "the range ends before it begins"),
        ("date:.. x", "date:..", "the range ends before it begins"),
        ("OR x", "OR", "it needs a term on both sides"),
        ("x OR", "OR", "it needs a term on both sides"),
    ],
)
def test_a_part_that_cannot_be_read_is_said_and_the_rest_searched(text, part, reason):
    query = read(text)
    (problem,) = query.problems
    assert problem.part == part
    assert problem.reason.startswith(reason)
    assert query.node.nodes == (word("x"),)


def test_other_problems():
    assert read('x "open end').problems == (
        ('"open end', "the quotation mark is not closed", "was read to its end"),
    )
    assert read('x "open end').node.nodes == (word("x"), phrase("open", "end"))
    assert read("!!!").problems[0].reason == "it has no word"
    (problem,) = read("xy " * 700).problems
    assert problem.reason == "a query has at most 2000 characters"
    reason = "a query has at most 40 phrases, fields and excluded words"
    for term in ("-x{} ", '"x{}" ', "title:x{} "):
        query = read("".join(map(term.format, range(100))) + "z")
        assert [problem.reason for problem in query.problems] == [reason]
        assert query.problems[0].part == term.format(40).strip()
        assert len(query.node.nodes) == 41
    assert read(" ".join(map("x{}".format, range(300)))).problems == ()


@given(st.text() | st.from_regex(r'([-a" :]|OR |has:|date:|\.\.|20\d\d){1,60}', fullmatch=True))
def test_any_text_is_a_query(text):
    read(text)


@given(st.dates(date(1990, 1, 1), date(2030, 1, 1)), st.integers(0, 900), st.dates())
def test_a_range_of_dates_has_just_its_days(first, days, other):
    last = date.fromordinal(first.toordinal() + days)
    node = date_node(first, last)
    tags = {tag.name for tag in node.nodes}
    for day in (first, last, other, date.fromordinal(first.toordinal() - 1)):
        hits = [tag for tag in date_tags(day) if tag in tags]
        assert len(hits) == (first <= day <= last)


def test_an_empty_range_is_nothing():
    assert date_node(date(2025, 1, 2), date(2025, 1, 1)) == NOTHING


def test_the_parts_of_a_query_keep_alternatives_together():
    assert parts('a "b c" OR d OR -e title:f') == ["a", '"b c" OR d OR -e', "title:f"]
