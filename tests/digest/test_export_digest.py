import io
import json
from datetime import date

import pytest
from django.core.management import CommandError, call_command

from digest.catalogue.load import find_files, load, load_files
from digest.models import Digest, Paper
from tests.samples import digest, row

pytestmark = pytest.mark.django_db


def export(*arguments, **options):
    out = io.StringIO()
    call_command("export_digest", *map(str, arguments), stdout=out, **options)
    return out.getvalue()


def test_one_digest_goes_to_standard_output():
    load(digest(row(1, title="T\n  t", classification=["Robotics"], summary="- a\n- b")), "a.json")
    assert export("2025-02-06") == (
        "\n\n## Papers for 2025-02-06\n\n"
        "| Title | Authors | Summary | Classification | GitHub URLs | HuggingFace URLs |\n"
        "|-------|---------|---------|----------------|-------------|-----------------|\n"
        "| [T\n  t](https://arxiv.org/abs/2502.00001) | Ada Lovelace, Alan Turing | - a - b |"
        " ['Robotics'] | [Link](https://github.com/lab/code-1) | N/A |\n"
    )


def test_json_has_every_key():
    load(digest(row(1, github_repo=None, huggingface_urls=None)), "a.json")
    (paper,) = json.loads(export("2025-02-06", format="json"))
    assert paper == {
        **row(1, huggingface_urls=None),
        "github_repo": None,
        "huggingface_urls": [],
    }
    assert list(paper) == [
        *("title", "authors", "link", "github_repo", "summary", "classification"),
        *("github_urls", "huggingface_urls", "date"),
    ]


def test_files_stand_under_their_dates(tmp_path):
    load(digest(row(1), row(2, date="2025-02-07")), "a.json")
    load(b"[]", "2025/02/08.json")
    assert export(all=True, format="json", output=tmp_path / "new") == ""
    files = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*"))
    assert files == ["new/2025/02/06.json", "new/2025/02/07.json", "new/2025/02/08.json"]
    assert (tmp_path / "new/2025/02/08.json").read_text() == "[]"


def test_what_is_exported_loads_as_the_same_catalogue(tmp_path):
    rows = [
        row(1, title="A | b\n  c"),
        row(2, authors="", summary=""),
        row(3, github_urls=["None"]),
    ]
    load(digest(*rows), "a.json")
    export(all=True, format="json", output=tmp_path)
    before = [(p.slug, p.title, p.summary) for p in Digest.objects.get().papers.order_by("slug")]
    for model in ("Entry", "Source", "Digest", "Paper"):
        Digest._meta.apps.get_model("digest", model).objects.all().delete()
    load_files(find_files(tmp_path).files)
    after = [(p.slug, p.title, p.summary) for p in Digest.objects.get().papers.order_by("slug")]
    assert after == before


@pytest.mark.parametrize(
    ("arguments", "options", "message", "status"),
    [
        ([], {}, "name the digests: one DATE or more, or --all", 2),
        (["2025-02-06"], {"all": True}, "name the digests: one DATE or more, or --all", 2),
        ([], {"all": True}, "give a folder for several digests: --output DIR", 2),
        (["2025-02-06", "2025-02-07"], {}, "give a folder for several digests: --output DIR", 2),
        (["2025-02-06"], {}, "there is no digest of 2025-02-06", 1),
    ],
)
def test_bad_usage_says_what_to_do(arguments, options, message, status):
    with pytest.raises(CommandError) as error:
        export(*arguments, **options)
    assert (str(error.value), error.value.returncode) == (message, status)


def test_a_bad_date_is_named():
    with pytest.raises(CommandError, match="tomorrow: give a date as YYYY-MM-DD"):
        export("tomorrow")


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    load(digest(row(1)), "a.json")
    (tmp_path / "file").touch()
    with pytest.raises(CommandError, match="file/2025"):
        export("2025-02-06", output=tmp_path / "file")


def test_every_six_column_digest_of_the_archive_comes_back_byte_for_byte(
    shared, archive_files, tmp_path
):
    folder = shared / "archive/six-column"
    files = archive_files("six-column")
    load_files(files)
    export(all=True, output=tmp_path)
    assert Digest.objects.count() == len(files) > 10
    for file in files:
        assert (tmp_path / file.relative_to(folder)).read_bytes() == file.read_bytes()


def test_the_json_export_of_the_six_column_archive_agrees_with_the_json_archive(
    shared, archive_files
):
    load_files(archive_files("six-column"))
    papers = 0
    for digest_ in Digest.objects.order_by("date"):
        day = digest_.date.isoformat()
        path = shared / f"archive/json/{day.replace('-', '/')}.json"
        oracle = {paper["link"]: paper for paper in json.loads(path.read_bytes())}
        for paper in json.loads(export(day, format="json")):
            expected = {"huggingface_urls": [], **oracle[paper["link"]], "github_repo": None}
            expected["summary"] = expected["summary"].replace("\n", " ")
            assert paper == expected
            papers += 1
    assert papers == Paper.objects.count() > 100


def test_one_query_count_whatever_the_number_of_papers(django_assert_num_queries):
    load(digest(row(1)), "a.json")
    load(digest(*(row(n, date="2025-02-07") for n in range(30))), "b.json")
    for day in (date(2025, 2, 6), date(2025, 2, 7)):
        with django_assert_num_queries(4):
            export(day)
