"""Small digests for tests, made rather than copied."""

import json
from typing import Any


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
