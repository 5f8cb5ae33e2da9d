"""What was joined when papers were merged becomes parts of the joined row, and `Followed` goes."""

from collections import defaultdict
from typing import Any

from django.db import migrations
from django.db.migrations.exceptions import IrreversibleError
from django.utils.html import escape

BETWEEN = {"html": "\n<hr>\n", "comment_html": "\n<hr>\n", "words": " "}
HIDDEN = {"home_id": None, "shown": None}
FOLLOWS = {"html": "text", "words": "text", "comment_html": "comment"}


def before(row: dict[str, Any], takes: list[Any]) -> dict[str, Any]:
    """What a row that took up others said before the first of them, as its fields have it.

    What follows from its text is what stands before what followed from theirs.
    """
    values = dict(takes[0].row["was"])
    for name, text in FOLLOWS.items():
        if text in values and text in row:
            found = row[name]
            for one in reversed(takes):
                tail = BETWEEN[name] + one.row["row"][name]
                found = found[: -len(tail)] if found.endswith(tail) else None
                if found is None:
                    break
            if row[text] == values[text]:
                found = row[name]
            if found is None:
                plain = values[text]
                found = plain.lower() if name == "words" else f"<pre>{escape(plain)}</pre>"
            values[name] = found
    return row | values


def into_parts(apps: Any, schema_editor: Any) -> None:
    lists = {*apps.get_model("accounts", "ReadingList").objects.values_list("pk", flat=True)}
    people = {*apps.get_model("accounts", "User").objects.values_list("pk", flat=True)}
    followed = defaultdict(list)
    for one in apps.get_model("accounts", "Followed").objects.order_by("pk"):
        followed[one.model].append(one)
    for name, rows in followed.items():
        model = apps.get_model("accounts", name)
        gone = {one.key: one for one in rows if one.row is not None}
        takes = defaultdict(list)
        for one in gone.values():
            takes[one.row["onto"]].append(one)
        for one in rows:
            if one.row is None:
                model.objects.filter(pk=one.key).exclude(paper=one.paper_id).update(
                    home=one.paper_id
                )
        new = []
        for key in takes.keys() - gone.keys():
            joined = model.objects.filter(pk=key).first()
            if joined is None:  # its owner has removed it
                continue
            values = {field.attname: getattr(joined, field.attname) for field in model._meta.fields}
            home = {"paper_id": joined.home_id or joined.paper_id, "home_id": None}
            new.append(before(values, takes[key]) | HIDDEN | home | {"id": None, "joined": True})
            model.objects.filter(pk=key).update(joined=True, home=None)
        for key, one in gone.items():
            root = one
            while root.row["onto"] in gone:
                root = gone[root.row["onto"]]
            values = before(one.row["row"], takes[key]) if key in takes else one.row["row"]
            if values.get("reading_list_id", None) not in {None, *lists}:
                continue
            if values.get("added_by_id") not in people:
                values.pop("added_by_id", None)
            stands = model.objects.filter(pk=root.row["onto"]).exists()
            new.append(values | HIDDEN | {"paper_id": one.paper_id, "joined": stands})
        for values in new:
            model.objects.create(**values)
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def into_followed(apps: Any, schema_editor: Any) -> None:
    """Back where nothing is joined; else what was joined would have no way apart."""
    for name in ("Bookmark", "Dismissal", "Note", "ListItem", "Report"):
        rows = apps.get_model("accounts", name).objects
        if rows.exclude(home=None).exists() or (
            name != "Report" and rows.filter(shown=None).exists()
        ):
            raise IrreversibleError(f"Split the merged papers first: {name} has rows of both.")


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0010_rows_of_merged_papers"),
    ]

    operations = [
        migrations.RunPython(into_parts, into_followed),
        migrations.DeleteModel(name="Followed"),
    ]
