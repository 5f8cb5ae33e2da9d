"""Against real digests: every file, every row."""

import datetime
import re
from dataclasses import replace
from pathlib import Path

import pytest

from digest.formats import (
    Format,
    Reading,
    Record,
    read,
    reduce_to_markdown,
    write_json,
    write_markdown,
)

SIX_COLUMN_FILES, SIX_COLUMN_ROWS = 129, 1552
JSON_FILES, JSON_ROWS = 129, 2321
THREE_COLUMN_FILES, THREE_COLUMN_ROWS = 40, 633


def day_of(file: Path) -> datetime.date:
    return datetime.date(*map(int, (*file.parts[-3:-1], file.stem)))


def read_all(folder: Path) -> dict[datetime.date, Reading]:
    """The readings of a folder's files, each of which must be of one day, and without problems."""
    readings = {}
    for file in sorted(folder.rglob("*.*")):
        date = day_of(file)
        reading = readings[date] = read(file.read_bytes(), date)
        assert [day.date for day in reading.days] == [date]
        assert reading.problems == ()
    return readings


def records(reading: Reading) -> list[Record]:
    return [row.record for day in reading.days for row in day.rows]


@pytest.fixture(scope="module")
def json(shared):
    return read_all(shared / "archive" / "json")


@pytest.fixture(scope="module")
def six_column(shared):
    return read_all(shared / "archive" / "six-column")


@pytest.fixture(scope="module")
def three_column(shared):
    return read_all(shared / "archive" / "three-column")


def test_every_row_of_the_archive_is_read(json, six_column, three_column):
    def measure(readings):
        rows = [row for reading in readings.values() for day in reading.days for row in day.rows]
        formats = {reading.format for reading in readings.values()} | {row.format for row in rows}
        return len(readings), len(rows), formats

    assert measure(json) == (JSON_FILES, JSON_ROWS, {Format.JSON})
    assert measure(six_column) == (SIX_COLUMN_FILES, SIX_COLUMN_ROWS, {Format.SIX_COLUMN})
    assert measure(three_column) == (THREE_COLUMN_FILES, THREE_COLUMN_ROWS, {Format.THREE_COLUMN})


def test_every_row_of_the_archive_knows_its_line(shared, json, six_column, three_column):
    for folder, readings in ("six-column", six_column), ("three-column", three_column):
        for date, reading in readings.items():
            lines = (shared / f"archive/{folder}/{date:%Y/%m/%d}.md").read_text().split("\n")
            starts = [number for number, line in enumerate(lines, 1) if line.startswith("|")]
            assert [row.line for row in reading.days[0].rows] == starts[2:]
    for date, reading in json.items():
        lines = (shared / f"archive/json/{date:%Y/%m/%d}.json").read_text().split("\n")
        starts = [number for number, line in enumerate(lines, 1) if line == "    {"]
        assert [row.line for row in reading.days[0].rows] == starts


def test_six_column_files_come_back_byte_for_byte(shared, six_column):
    for date, reading in six_column.items():
        given = (shared / f"archive/six-column/{date:%Y/%m/%d}.md").read_bytes()
        assert write_markdown(date, records(reading)).encode() == given


def test_json_files_come_back_byte_for_byte(shared, json):
    for date, reading in json.items():
        given = (shared / f"archive/json/{date:%Y/%m/%d}.json").read_bytes()
        assert write_json(date, records(reading)).encode() == given


def test_six_column_rows_are_the_json_rows_of_the_day(json, six_column):
    """As many as the Markdown has of them: it leaves out papers of some categories."""
    for date, reading in six_column.items():
        known = {record.link: record for record in records(json[date])}
        for record in records(reading):
            other = known[record.link]
            assert record == replace(
                other,
                summary=other.summary.replace("\n", " "),
                github_repo=None,
                huggingface_urls=other.huggingface_urls or (),
            )
            assert record == reduce_to_markdown(other)


def test_days_without_papers(six_column, json):
    def empty(readings):
        return [f"{date:%m-%d}" for date, reading in readings.items() if not records(reading)]

    assert empty(six_column) == ["01-21", "03-17", "05-02", "05-05"]
    assert empty(json) == ["03-17", "05-05"]


def test_three_column_rows_are_the_json_rows_of_the_day(json, three_column):
    """The papers that both have, which is all of March 2025 that the JSON has."""
    both, different = 0, []
    for date, reading in three_column.items():
        known = {record.link: record for record in records(json[date])} if date in json else {}
        for record in records(reading):
            if other := known.get(record.link):
                both += 1
                assert record.title == other.title
                if record.authors != other.authors:
                    different.append((date, record.link, record.authors, other.authors))
    assert both == 424
    assert different == [
        (
            datetime.date(2025, 3, 25),
            "https://arxiv.org/abs/2503.18018",
            "Bhoomika Lohana, jaswindersingh2, 55mv, Abdul084, abedk",
            "Jaswinder Singh, Bhoomika Lohana, Aabid Karim, 55mv, Abdul084",
        )
    ]


def test_three_column_rows_say_nothing_of_what_they_have_no_column_for(three_column):
    for reading in three_column.values():
        for record in records(reading):
            assert record.as_dict().keys() == {"title", "link", "authors", "summary"}
            assert re.fullmatch(r"https://arxiv\.org/abs/\d{4}\.\d{5}", record.link)
            assert "read more" not in record.title.lower()
            assert "|" not in record.title + record.authors


# Copied by hand: date, line and arXiv id; the title, as it is broken; the authors.
ODD_THREE_COLUMN_ROWS = """\
2024-09-05 5 2409.02889
LongLLaVA: Scaling Multi-modal LLMs to 1000 Images Efficiently via Hybrid Architecture
Benyou Wang, Chen Zhang, Shunian Chen, Xidong Wang, songdj

2024-09-06 8 2409.03420
mPLUG-DocOwl2: High-resolution Compressing for OCR-free Multi-page Document Understanding
Liang Zhang, Jingren, hzhwcmhf, xhyandwyy, AnwenHu

2024-09-09 7 2409.03810
How Do Your Code LLMs Perform? Empowering Code Instruction Tuning with High-Quality Data
mdizhang, bitwjg, dongguanting, fudayuan, banksy235

2024-09-09 11 2409.04196
GST: Precise 3D Human Body from a Single Image with Gaussian Splatting Transformers
Christian Rupprecht, Joao F. Henriques, Lorenza Prospero, ajhamdi

2024-09-12 11 2409.06765
gsplat: An Open-Source Library for Gaussian Splatting
Vickie Ye, akanazawa, zhypan, brentyi, ruilongli

2024-09-18 17 2409.10836
Single-Layer Learnable Activation for Implicit Neural Representation (SL$^{2}$A-INR)
Hamid Soltanian-Zadeh, Dorit Merhof, Reza Azad, Reza-R-77, moein99

2024-09-20 19 2409.12892
3DGS-LM: Faster Gaussian-Splatting Optimization with Levenberg-Marquardt
Matthias Nießner, Michael Zollhöfer, Aljaž Božič, Lukas Höllein

2024-09-24 8 2409.15277
A Preliminary Study of o1 in Medicine: Are We Closer to an AI Doctor?
Haoqin Tu, Juncheng Wu, Yunfei Xie, ys-zong, tennant

2024-09-30 9 2409.17545
Modulated Intervention Preference Optimization (MIPO): Keep the Easy, Refine the Difficult
fetong

2025-03-07 17 2503.04725
L$^2$M: Mutual Information Scaling Law for Long-Context Language Modeling
Marin Soljačić, Di Luo, Zhuotao Jin, oriolmayne, zhuoc3

2025-03-10 25 2503.05132
R1-Zero's "Aha Moment" in Visual Reasoning on a 2B Non-SFT Model
Minhao Cheng, Ruochen Wang, zhoutianyi, AIcell, Dolphin42

2025-03-11 41 2503.06121
BlackGoose Rimer: Harnessing RWKV-7 as a Simple yet Superior Replacement
  for Transformers in Large-Scale Time Series Modeling
xiaol, Alic-Li

2025-03-12 30 2503.08307
^RFLAV: Rolling Flow matching for infinite Audio Video generation
Claudio Ferrari, Tomaso Fontanini, Filippo Botti, Giuseppe Gabriele Tarollo, MaverickAlex

2025-03-12 31 2503.08685
"Principal Components" Enable A New Language of Images
Xiaojuan Qi, Jiankang Deng, Ismail Elezi, tennant, xwen99

2025-03-14 23 2503.10357
Do I look like a `cat.n.01` to you? A Taxonomy Image Generation
  Benchmark
Ekaterina Neminova, Alina Lobanova, lilaspourpre, apanc, VityaVitalich

2025-03-14 25 2503.09642
Open-Sora 2.0: Training a Commercial-Level Video Generation Model in
  $200k
Xinying Guo, Tom Young, Chenhui Shen, Zangwei Zheng, Xiangyu Peng

2025-03-14 44 2503.10072
"Silent Is Not Actually Silent": An Investigation of Toxicity on Bug
  Report Discussion
Jaydeb Sarker, imranraad

2025-03-20 7 2503.13288
φ-Decoding: Adaptive Foresight Sampling for Balanced Inference-Time
  Exploration and Exploitation
Qika, haitengzhao, changma, Meituannnnnn, xufangzhi

2025-03-21 31 2503.16422
1000+ FPS 4D Gaussian Splatting for Dynamic Scene Rendering
Xinchao Wang, Xingyi Yang, Qiuhong Shen, nopyyh

2025-03-21 60 2503.15242
BigO(Bench) -- Can LLMs Generate Code with Controlled Time and Space
  Complexity?
Gabriel Synnaeve, Benoit Sagot, Baptiste Roziere, pierrechambon

2025-07-25 7 2507.18071
Group Sequence Policy Optimization
Bowen Yu, Xiong-Hui Chen, Mingze Li, Shixuan Liu, Chujie Zheng

2025-07-25 28 2507.18565
Deep Learning-Based Age Estimation and Gender Deep Learning-Based Age
  Estimation and Gender Classification for Targeted Advertisement
Nisar Ahmed, ImranzamanML
"""


@pytest.mark.parametrize("expected", ODD_THREE_COLUMN_ROWS.rstrip().split("\n\n"))
def test_odd_three_column_rows(three_column, expected):
    where, *title, authors = expected.split("\n")
    date, line, arxiv = where.split()
    rows = three_column[datetime.date.fromisoformat(date)].days[0].rows
    (record,) = (row.record for row in rows if row.line == int(line))
    assert (record.title, record.authors) == ("\n".join(title), authors)
    assert record.link == f"https://arxiv.org/abs/{arxiv}"


def test_bars_that_nobody_escaped(three_column):
    record = records(three_column[datetime.date(2025, 7, 25)])[0]
    assert record.summary.split("`")[1] == "s_i(θ) = π_θ(y_i|x) / π_θ_old(y_i|x)"
    assert record.summary.startswith("This paper introduces Group Sequence Policy Optimization")
    assert record.summary.endswith("by reducing the need for likelihood recomputation.")


def test_an_odd_six_column_row(six_column):
    """A link that is broken over two lines, as the JSON has it too."""
    (record,) = (
        r for r in records(six_column[datetime.date(2025, 3, 11)]) if "2503.03601" in r.link
    )
    assert record.title == (
        "Feature-Level Insights into Artificial Text Detection with Sparse\n  Autoencoders"
    )
    assert record.huggingface_urls == ("https://mgtsaevis.github.io/\nmgt-sae-visualization/",)


def test_the_whole_archive_as_one_readme(shared, six_column, three_column):
    """Sections newest first, of both kinds, after some front matter."""
    files = sorted(shared.glob("archive/six-column/**/*.md"))
    early = [
        file for file in sorted(shared.glob("archive/three-column/**/*.md")) if "2024" in file.parts
    ]
    text = "".join(file.read_text() for file in reversed(early + files))
    front = (
        "# Daily papers\n\n[![A badge](a.svg)](b)\n\n| What | Where |\n|---|---|\n| code | here |\n"
    )
    reading = read((front + text).encode())
    assert reading.problems == ()
    assert reading.format == Format.SIX_COLUMN
    apart = three_column | six_column
    assert [day.date for day in reading.days] == [day_of(file) for file in reversed(early + files)]
    for day in reading.days:
        assert [row.record for row in day.rows] == records(apart[day.date])
        assert {row.format for row in day.rows} <= {apart[day.date].format}


def test_the_founding_digest(shared):
    given = (shared / "seed" / "2025-02-06.md").read_bytes()
    reading = read(given)
    assert reading.problems == ()
    assert write_markdown(datetime.date(2025, 2, 6), records(reading)).encode() == given
