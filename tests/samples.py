"""Small digests for tests, made rather than copied."""

import json
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from digest.formats import Format


def row(number: int = 1, **fields: Any) -> dict[str, Any]:
    """A row in the JSON dialect; `fields` replace what it says, or with None take the key away."""
    said = {
        "title": f"Paper {number}",
        "authors": "Ada Lovelace, Alan Turing",
        "link": f"https://arxiv.org/abs/2502.{number:05}",
        "github_repo": None,
        "summary": f"- First point of {number}.\n- Second point.",
        "classification": ["Text Generation"],
        "github_urls": [f"https://github.com/lab/code-{number}"],
        "huggingface_urls": [],
        "date": "2025-02-06",
        **fields,
    }
    return {key: value for key, value in said.items() if value is not None}


def digest(*rows: dict[str, Any]) -> bytes:
    """A file of these rows in the JSON dialect."""
    return json.dumps(rows).encode()


def hugging_face(*papers: dict[str, Any]) -> bytes:
    """An answer of Hugging Face's daily papers, each of which is given by `hugging_face_paper`."""
    return json.dumps(
        [{"paper": paper, "title": paper["title"], "thumbnail": "x"} for paper in papers]
    ).encode()


def hugging_face_paper(number: int = 1, **fields: Any) -> dict[str, Any]:
    """A paper of such an answer; `fields` as for `row`."""
    given = {
        "id": f"2502.{number:05}",
        "title": f"Paper {number}",
        "authors": [{"name": name, "hidden": False} for name in ("Ada Lovelace", "Alan Turing")],
        "summary": f"The authors wrote\nthis of {number}. And more.",
        "ai_summary": f"A machine wrote this of {number}.",
        "ai_keywords": ["attention", "learning"],
        "githubRepo": f"https://github.com/lab/code-{number}",
        "upvotes": 10 + number,
        "publishedAt": "2025-02-01T10:00:00.000Z",
        "submittedOnDailyAt": "2025-02-06T02:00:00.000Z",
        **fields,
    }
    return {key: value for key, value in given.items() if value is not None}


def in_format(format: Format, *numbers: int, day: str = "2025-02-06", bad: int = 0) -> bytes:
    """A file of these papers in any format, and so many rows that cannot be read."""
    papers = [(f"Paper {n}", f"https://arxiv.org/abs/2502.{n:05}") for n in numbers]
    names = ["Ada Lovelace", "Alan Turing"]
    match format:
        case Format.JSON:
            rows = [row(n, date=day) for n in numbers]
            return digest(*rows, *[row(title="")] * bad)
        case Format.HUGGING_FACE:
            moment = f"{day}T02:00:00.000Z"
            answers = [hugging_face_paper(n, submittedOnDailyAt=moment) for n in numbers]
            return hugging_face(*answers, *[hugging_face_paper(title="")] * bad)
        case Format.SUGGESTIONS:
            rows = [
                {
                    "title": title,
                    "link": link,
                    "date": day,
                    "authors": ", ".join(names),
                    "suggested_categories": ["Robotics"],
                }
                for title, link in papers
            ]
            return digest(*rows, *[{"title": "", "suggested_categories": []}] * bad)
        case Format.SIX_COLUMN | Format.THREE_COLUMN | Format.TABLE:
            columns = {
                Format.SIX_COLUMN: "Title | Authors | Summary | Classification | GitHub URLs"
                " | HuggingFace URLs",
                Format.THREE_COLUMN: "Title | Authors | Summary",
                Format.TABLE: "Authors | Title | Code | Abstract",
            }[format]
            count = columns.count("|") + 1
            lines = [columns, "|".join(["---"] * count)]
            for title, link in papers:
                cells = [f"[{title}]({link})", ", ".join(names), "S", "['Robotics']", "N/A", "N/A"]
                if format is Format.TABLE:
                    cells = [cells[1], cells[0], "null", "What they wrote."]
                lines.append(" | ".join(cells[:count]))
            lines += [" | ".join([""] * count)] * bad
            rows = "".join(f"| {line} |\n" for line in lines)
            return f"## Papers for {day}\n\n{rows}".encode()
        case Format.HEADED_LIST:
            text = "".join(
                f"### [{title}]({link})\nAuthors: {', '.join(names)}\n\nS\n\n"
                for title, link in papers
            )
            text += "### [X](https://x.org)\nUpvotes: many\n\n" * bad
            return f"## Daily Papers ({day})\n\n{text}".encode()
        case Format.ARXIV_ATOM:
            items = "".join(
                f"<entry><id>{link}v1</id><title>{title}</title><summary>A.</summary>"
                f'<category term="cs.CL"/><published>{day}T00:00:00Z</published>'
                + "".join(f"<author><name>{name}</name></author>" for name in names)
                + "</entry>\n"
                for title, link in papers
            )
            return f"<feed>{items}{'<entry/>' * bad}</feed>".encode()
        case Format.ARXIV_RSS:
            announced = format_datetime(datetime.fromisoformat(day))
            items = "".join(
                f"<item><title>{title}</title><link>{link}</link><pubDate>{announced}</pubDate>"
                f"<description>Abstract: A.</description><creator>{', '.join(names)}</creator>"
                "</item>"
                for title, link in papers
            )
            return f"<rss><channel>{items}{'<item/>' * bad}</channel></rss>".encode()
        case Format.ARXIV_OAI:
            authors = "".join(
                f"<author><keyname>{name.split()[1]}</keyname>"
                f"<forenames>{name.split()[0]}</forenames></author>"
                for name in names
            )
            items = "".join(
                f"<record><header><datestamp>{day}</datestamp></header><metadata><arXiv>"
                f"<id>{link.rpartition('/')[2]}</id><title>{title}</title><abstract>A.</abstract>"
                f"<categories>cs.CL</categories><authors>{authors}</authors>"
                "</arXiv></metadata></record>"
                for title, link in papers
            )
            return f"<OAI-PMH>{items}{'<record/>' * bad}</OAI-PMH>".encode()


WORD = "unbreakable" * 25
FORMULA = " + ".join(f"a_{{{n}}}^2" for n in range(40))

NASTY = [
    row(
        1,
        title='Say <think> & "quote" it\'s `code`</title><script>alert(1)</script>',
        authors='Ada "A" <b>Lovelace</b>, lvwerra, O\'Brien & Sons, Alan Turing, Grace Hopper',
        summary="- Opens with <img src=x onerror=alert(1)>.\n- `<think>` & *more*.\n  - Nested.",
        classification=["Text Generation", "Natural Language Processing", "<i>Odd & rare</i>"],
        github_repo="https://github.com/lab/one",
        github_urls=["https://github.com/lab/one.git", "https://lab.github.io/one", "javascript:x"],
        huggingface_urls=[
            "https://huggingface.co/lab/model",
            "https://huggingface.co/lab/other-model",
            "https://huggingface.co/datasets/lab/data",
            "https://huggingface.co/spaces/lab/space",
            "https://huggingface.co/collections/lab/all-0123456789abcdef01234567",
            "https://huggingface.co/lab",
        ],
    ),
    row(2, title="למידה עמוקה وتعلم الآلة", authors="דוד כהן, محمد", classification=["דיבור"]),
    row(
        3,
        title=WORD,
        authors=f"{WORD[:150]}, {WORD[:90]} {WORD[:90]}",
        summary=f"{WORD} {WORD}. {WORD}",
        classification=[WORD[:150]],
        github_urls=[f"https://github.com/lab/{WORD}", f"https://{WORD[:60]}.io/{WORD}"],
    ),
    row(
        4,
        title="🚀 Nothing but a title 🎉",
        authors="",
        summary="",
        classification=[],
        github_urls=[],
    ),
    row(
        5,
        title=rf"$\text{{Transformer}}^2$ in $O(n \log n)$, where $n = {FORMULA}$",
        summary=f"- Its loss is ${FORMULA}$.\n- It is $\\beta$.",
    ),
    row(6, link="https://arxiv.org/abs/hep-th/9901001", summary="Prose, first. Prose, second."),
    row(7, link="https://example.org/paper?x=1&y=2"),
    row(8, link="", title="深層学習の論文", authors="山田太郎"),
]
"""Rows that break pages which take no care."""
