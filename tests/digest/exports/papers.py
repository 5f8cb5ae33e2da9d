"""Papers without a database, made as loading makes them, and texts that break formats."""

from datetime import date

from hypothesis import strategies as st

from digest import models
from digest.catalogue.fields import columns, stored
from digest.catalogue.projection import Statement, project
from digest.formats import Format, Record
from digest.text.identity import author_slug, category_slug, paper_slug
from digest.text.links import destination
from tests.samples import row


def paper(number=1, **fields):
    """The paper that a digest with this one row shows; `fields` as for `samples.row`."""
    said = row(number, **fields)
    day = date.fromisoformat(said.pop("date"))
    shown = project([Statement(day, Format.JSON, "0" * 64, 1, Record.from_dict(said))])
    slug, arxiv_id = paper_slug(shown["title"], said.get("link", ""))
    made = models.Paper(
        pk=number,
        slug=slug,
        arxiv_id=arxiv_id,
        **{column: stored(shown)[column] for column in columns()},
        date=day,
        position=1,
    )
    made._prefetched_objects_cache = {
        "authorships": [
            models.Authorship(author=models.Author(name=name, slug=author_slug(name)))
            for name in shown["authors"]
        ],
        "classifications": [
            models.Classification(category=models.Category(name=name, slug=category_slug(name)))
            for name in shown["categories"]
        ],
        "links": [models.Link(url=url, kind=destination(url).kind) for url in shown["links"]],
    }
    return made


SIGNS = "\\{}$&#%_~^<>|`*[]()@\"'!+-=.,;:/?"
FORMULAS = [r"$\text{Transformer}^2$", "S$^2$R", "X^{2}-G", "360^circ", r"$\{a\}$", r"\(x_i\)"]
LURES = [
    *(
        "$1 Million",
        "$5 and $6",
        "A* and C++",
        "`cat.n.01`",
        "<think>",
        "</script>",
        "]]>",
        "&amp;",
    ),
    *(
        r"\$5",
        r"\input{x}",
        r"$\def\x{}$",
        "{",
        "}",
        "}}",
        "\\",
        '"',
        "''",
        "``a''",
        "--",
        "@misc{x,",
    ),
    *("ER  - ", "TY  - JOUR", "# a", "1. a", "- a", "> a", "| a |", "![a](b)", "http://x.y", "---"),
    *(
        "Ångström",
        "Łukasz",
        "Nguyễn",
        "β-VAE",
        "深層学習",
        "עברית",
        "🚀",
        "e\u0301",
        "œuvre",
        "“x”",
    ),
    *("LLMs", "3D", "iPhone", "A", "and", "others", "AND", "% x", "a\\", "\u2028", "\x07", "\x1f"),
]
WORDS = st.one_of(
    st.sampled_from(FORMULAS + LURES),
    st.text(st.sampled_from(SIGNS), min_size=1, max_size=3),
    st.text(min_size=1, max_size=8),
)


def _text(separators):
    parts = st.lists(st.tuples(WORDS, st.sampled_from(separators)), min_size=1, max_size=8)
    return parts.map(lambda pairs: "".join(map("".join, pairs)))


TITLES = _text([" ", " ", " ", "", "-", "\n  ", ": "])
SUMMARIES = _text([" ", " ", "\n- ", "\n  - ", ". - ", "\n", ". "])
NAMES = _text([" ", " ", ""])
ROWS = st.builds(
    lambda **fields: fields,
    title=TITLES.map(lambda title: f"T {title}"),
    authors=st.lists(NAMES, max_size=6).map(", ".join),
    summary=SUMMARIES,
    classification=st.lists(NAMES, max_size=3),
    link=st.sampled_from(["https://arxiv.org/abs/2502.00001", "https://x.org/a;b?c=(d&amp;e", ""]),
)
"""What a digest's row may hold at its worst."""
