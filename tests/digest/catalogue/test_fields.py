"""That a field of a paper is one class: a new one is loaded, shown, previewed and corrected."""

import ast
from pathlib import Path

import pytest
from django.db import connection, models

from digest.admin.changes import Changes
from digest.admin.papers.forms import PaperForm
from digest.admin.papers.history import history
from digest.catalogue.fields import FIELDS, columns
from digest.catalogue.kinds import PaperField
from digest.catalogue.load import load, undo
from digest.catalogue.preview import FieldChange, preview
from digest.curation import decisions
from digest.models import Correction, Difference, Paper, Source
from digest.text.normalize import line
from tests.samples import digest, row

ROOT = Path(__file__).resolve().parents[3] / "digest"


class Mood(PaperField):
    """A column that no paper has, read from one that digests have."""

    name = label = "mood"
    columns = ("mood",)

    def stated(self, record):
        return line(record.github_repo or "")


@pytest.fixture
def _mood(db, monkeypatch):
    """What a new column takes beside its class: a field of the model, and what its migration does,
    which the test's transaction undoes."""
    monkeypatch.setitem(FIELDS, "mood", Mood())
    column = models.TextField(default="")
    column.contribute_to_class(Paper, "mood")
    sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE digest_paper ADD COLUMN mood text NOT NULL DEFAULT ''")
        cursor.execute(
            "PRAGMA ignore_check_constraints = ON"
            if sqlite
            else "ALTER TABLE digest_correction DROP CONSTRAINT correction_field"
        )
    yield
    if sqlite:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA ignore_check_constraints = OFF")
    Paper._meta.local_fields.remove(column)
    Paper._meta._expire_cache()
    del Paper.mood


def stating(mood, day):
    return digest(row(1, date=f"2025-02-{day:02}", github_repo=mood))


def paper():
    return Paper.objects.get()


@pytest.mark.usefixtures("_mood")
def test_a_new_column_is_one_class_a_model_field_and_its_migration(client):
    load(stating("ICML", 6), "a.json")
    assert paper().mood == "ICML"
    found = preview(stating("NeurIPS", 7), "b.json").changes
    assert FieldChange("2502.00001", "Paper 1", "mood", "ICML", "NeurIPS") in found
    assert ("Mood", "<del>ICML</del><ins>NeurIPS</ins>") in Changes.of(found).changed[0].fields
    load(stating("NeurIPS", 7), "b.json")
    load(stating(None, 8), "c.json")
    assert paper().mood == "NeurIPS"
    made = decisions.correct(paper(), "mood", " The\n mood ", None)
    assert paper().mood == made.value == "The mood"
    origin = decisions.provenance(paper())["mood"]
    assert (origin.shown, origin.theirs, origin.source.name) == ("The mood", "NeurIPS", "b.json")
    load(stating("ICLR", 9), "d.json")
    assert Source.objects.get(name="d.json").kept == 1
    assert (Difference.objects.get().theirs, paper().mood) == ("ICLR", "The mood")
    assert [change.what for change in history(paper())] == ["Corrected: mood"]
    assert PaperForm().fields["mood"].label == "Mood"
    page = " ".join(client.get("/papers/2502.00001/").content.decode().split())
    assert "<dt>Mood</dt> <dd> The digests: ICLR </dd> <dd> Here: The mood </dd>" in page
    assert "<dt>Mood</dt> <dd> ICML </dd>" in page
    decisions.withdraw(made, None)
    undo(Source.objects.get(name="d.json"))
    assert paper().mood == "NeurIPS"


LOOPS = [
    *(path for path in (ROOT / "catalogue").glob("*.py") if path.name != "fields.py"),
    *(ROOT / "curation/decisions.py", ROOT / "admin/changes.py"),
    *(
        ROOT / f"admin/papers/{name}.py"
        for name in ("correcting", "decisions", "differences", "forms", "history", "merging")
    ),
]


@pytest.mark.parametrize("path", LOOPS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_loops_over_fields_names_none(path):
    names = {*FIELDS, *columns()} - {"url"}
    nodes = ast.walk(ast.parse(path.read_text()))
    texts = [one.value for one in nodes if isinstance(one, ast.Constant)]
    assert [text for text in texts if text in names] == []


def test_what_can_be_corrected_is_what_the_database_takes():
    choices = Correction._meta.get_field("field").choices
    assert choices == [
        ("title", "title"),
        ("summary", "summary"),
        ("abstract", "abstract"),
        ("authors", "authors"),
        ("authors_cut", "whether the author list was cut"),
        ("categories", "categories"),
        ("keywords", "keywords"),
        ("links", "links"),
        ("comment", "the authors' comment"),
        ("doi", "DOI"),
        ("hidden", "whether it is hidden"),
    ]
