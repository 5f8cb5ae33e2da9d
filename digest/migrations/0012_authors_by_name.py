import unicodedata
from typing import Any

from django.db import migrations, models

SIZE = 5_000
LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "ı": "i"})


def sort(apps: Any, schema_editor: Any) -> None:
    """Give the authors that there are what they are sorted by, as digest.text.identity does."""
    authors = apps.get_model("digest", "Author").objects.only("name").order_by("pk")
    last = done = 0
    many = authors.count()
    while batch := list(authors.filter(pk__gt=last)[:SIZE]):
        for author in batch:
            decomposed = unicodedata.normalize("NFKD", author.name.casefold())
            plain = "".join(sign for sign in decomposed if not unicodedata.combining(sign))
            author.sort_key = plain.translate(LETTERS).lstrip("\"'’‘“.-_( ")[:200]
            first = author.sort_key[:1]
            author.letter = first if "a" <= first <= "z" else "#"
        authors.bulk_update(batch, ["sort_key", "letter"], batch_size=200)
        last, done = batch[-1].pk, done + len(batch)
        if many > SIZE:
            print(f"\n  Authors: {done:,} of {many:,}", end="", flush=True)


class Migration(migrations.Migration):
    dependencies = [("digest", "0011_suggested_categories")]

    operations = [
        migrations.AddField(
            model_name="author",
            name="sort_key",
            field=models.CharField(default="", max_length=200),
        ),
        migrations.AddField(
            model_name="author",
            name="letter",
            field=models.CharField(default="#", help_text="of the list by names", max_length=1),
        ),
        migrations.RunPython(sort, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="author",
            index=models.Index(fields=["letter", "sort_key", "name"], name="author_by_name"),
        ),
    ]
