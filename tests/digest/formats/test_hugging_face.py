"""Hugging Face's daily papers, every field pinned by hand."""

import datetime
import json
from dataclasses import replace

import pytest

from digest.formats import DayRows, FileRow, Format, Record, read

DATE = datetime.date(2025, 6, 10)
ROW = {
    "paper": {
        "id": "2506.00001",
        "authors": [
            {"_id": "1", "name": "Ada Lovelace", "hidden": False},
            {"_id": "2", "name": "Nobody Here", "hidden": True},
            {"_id": "3", "name": "Smith, Jr.", "user": {"fullname": "J. Smith"}},
        ],
        "publishedAt": "2025-06-08T17:59:53.000Z",
        "submittedOnDailyAt": "2025-06-10T23:43:01.816Z",
        "submittedOnDailyBy": {"fullname": "A person"},
        "title": "A title\n  on two lines",
        "summary": "What the authors\nwrote.",
        "upvotes": 97,
        "discussionId": "6847",
        "githubRepo": "https://github.com/lab/code",
        "githubStars": 12,
        "projectPage": "https://lab.example.org/page",
        "ai_summary": "What a machine wrote.",
        "ai_keywords": ["attention", "a machine, learning"],
        "organization": {"name": "lab"},
        "mediaUrls": ["https://cdn.example.org/a.png"],
    },
    "publishedAt": "2025-06-08T13:59:53.000Z",
    "title": "A title\n  on two lines",
    "summary": "What the authors\nwrote.",
    "thumbnail": "https://cdn.example.org/b.png",
    "numComments": 3,
    "submittedBy": {"fullname": "A person"},
    "isAuthorParticipating": False,
}
RECORD = Record(
    title="A title\n  on two lines",
    link="https://arxiv.org/abs/2506.00001",
    authors=("Ada Lovelace", "Smith, Jr."),
    summary="What a machine wrote.",
    github_repo="https://github.com/lab/code",
    project_page="https://lab.example.org/page",
    abstract="What the authors\nwrote.",
    authors_complete=True,
    machine_summary=True,
    keywords=("attention", "a machine, learning"),
    upvotes=97,
)


def paper(**changes):
    """The row with other values in its paper; with None a key is taken away."""
    values = {**ROW["paper"], **changes}
    return ROW | {"paper": {key: value for key, value in values.items() if value is not None}}


def one(row, date=None):
    """The day and the record of the only row, which has no problem."""
    reading = read(json.dumps([row]).encode(), date)
    assert reading.problems == ()
    (day,) = reading.days
    (found,) = day.rows
    assert found.format is reading.format is Format.HUGGING_FACE
    return day.date, found.record


def test_every_field_of_a_row():
    assert one(ROW) == (DATE, RECORD)


def test_the_day_is_that_of_the_submission_else_of_the_path_and_never_that_of_the_paper():
    asked = datetime.date(2025, 6, 12)
    undated = paper(submittedOnDailyAt=None)
    assert one(ROW, asked)[0] == DATE
    assert one(undated, asked)[0] == asked
    assert one(undated | {"submittedOnDailyAt": "2025-06-11T00:00:00Z"}, asked)[0].day == 11
    reading = read(json.dumps([undated]).encode())
    assert [str(problem) for problem in reading.problems] == [
        "1: the row has no date (row left out)"
    ]


def test_without_a_summary_of_a_machine_there_is_none():
    record = replace(RECORD, summary=None, machine_summary=None, keywords=None)
    assert one(paper(ai_summary=None, ai_keywords=None))[1] == record


def test_a_paper_that_is_not_on_arxiv_has_its_page():
    assert one(paper(id="lab-report"))[1].link == "https://huggingface.co/papers/lab-report"


def test_a_paper_without_authors_is_of_no_known_list():
    assert one(paper(authors=[]))[1] == replace(RECORD, authors=(), authors_complete=None)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"paper": {}}, "the row has no title"),
        (paper(id=7), "link is not text"),
        (paper(title=None) | {"title": None}, "the row has no title"),
        (paper(submittedOnDailyAt="soon"), "'soon' is not a date"),
        (
            {"paper": {"name": "T", "mood": 1}},
            "the row has no title, but 'name', 'mood'; known are title, link, authors, summary,"
            " abstract, keywords, code, date",
        ),
    ],
)
def test_a_row_that_cannot_be_read(row, problem):
    reading = read(json.dumps([ROW, row]).encode(), DATE)
    assert [found.record for found in reading.days[0].rows] == [RECORD]
    assert [str(problem) for problem in reading.problems] == [f"1: {problem} (row left out)"]


def test_keys_that_are_new_are_named_once():
    reading = read(json.dumps([paper(mood="good"), ROW, paper(mood="bad")]).encode())
    assert [found.record for found in reading.days[0].rows] == [RECORD] * 3
    assert [str(problem) for problem in reading.problems] == [
        "1: names that are not known: 'mood' (passed over)"
    ]


def test_a_key_by_a_common_name_is_read_and_not_called_unknown():
    reading = read(json.dumps([paper(doi="10.1000/182", version=2)]).encode())
    (found,) = reading.days[0].rows
    assert (found.record.doi, found.record.version) == ("10.1000/182", 2)
    assert reading.problems == ()


def test_the_recorded_answer(shared):
    reading = read((shared / "samples" / "hf-daily-papers.json").read_bytes())
    assert reading.problems == ()
    (day,) = reading.days
    assert day.date == DATE
    first, second = (row.record for row in day.rows)
    given = json.loads((shared / "samples" / "hf-daily-papers.json").read_text())
    assert first == Record(
        title="Reinforcement Pre-Training",
        link="https://arxiv.org/abs/2506.08007",
        authors=(
            *("Qingxiu Dong", "Li Dong", "Yao Tang", "Tianzhu Ye", "Yutao Sun", "Zhifang Sui"),
            "Furu Wei",
        ),
        summary=(
            "Reinforcement Pre-Training (RPT) improves language model accuracy through"
            " reinforcement learning and offers a scalable method for leveraging text data for"
            " general-purpose RL."
        ),
        abstract=given[0]["paper"]["summary"],
        authors_complete=True,
        machine_summary=True,
        keywords=(
            *("Reinforcement Pre-Training (RPT)", "next-token prediction", "reasoning task"),
            *("reinforcement learning (RL)", "verifiable rewards", "language modeling accuracy"),
            *("reinforcement fine-tuning", "scaling curves"),
        ),
        upvotes=97,
    )
    assert (second.link, second.upvotes) == ("https://arxiv.org/abs/2506.07044", 44)
    assert len(second.authors) == len(given[1]["paper"]["authors"]) == 19
    assert len(second.keywords) == 19
    assert second.title == (
        "Lingshu: A Generalist Foundation Model for Unified Multimodal Medical\n"
        "  Understanding and Reasoning"
    )
    assert second.summary.startswith("A medical-specialized multimodal large language model")
    assert second.abstract.startswith("Multimodal Large Language Models (MLLMs) have")


def test_an_answer_without_the_day_of_its_submission(shared):
    """Dated by the name of its file."""
    date = datetime.date(2025, 2, 6)
    reading = read((shared / "cases/digests/2025-02-06.json").read_bytes(), date)
    record = Record(
        title="LIMO: Less is More for Reasoning",
        link="https://arxiv.org/abs/2502.03387",
        authors=("Yixin Ye",),
        abstract="Text.",
        github_repo="https://github.com/GAIR-NLP/LIMO",
        authors_complete=True,
    )
    assert reading.problems == ()
    assert reading.days == (DayRows(date, (FileRow(2, Format.HUGGING_FACE, record),)),)
