from typing import Any

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def make_default(apps: Any, schema_editor: Any) -> None:
    """The stream of all digests that are there."""
    apps.get_model("digest", "Stream").objects.create(
        id=1, name="Daily papers", slug="daily", is_subscribed=True
    )


def know_supplements(apps: Any, schema_editor: Any) -> None:
    """The answers of arXiv that `repair_metadata` loaded, which had a day's name."""
    sources = apps.get_model("digest", "Source").objects.filter(format="arxiv-atom")
    named = r"^export\.arxiv\.org/[0-9]{4}-[0-9]{2}-[0-9]{2}\.xml$"
    sources.filter(name__regex=named, date__isnull=False).update(is_supplement=True)


class Migration(migrations.Migration):
    dependencies = [
        ("digest", "0009_fetching"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Stream",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(
                        editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=100, unique=True)),
                (
                    "slug",
                    models.CharField(
                        help_text="its name in addresses; it cannot be changed later",
                        max_length=50,
                        unique=True,
                        validators=[
                            django.core.validators.RegexValidator(
                                "\\A[a-z0-9]+(?:-[a-z0-9]+)*\\Z", "Use a-z, 0-9, and - between."
                            )
                        ],
                    ),
                ),
                ("description", models.CharField(blank=True, max_length=200)),
                (
                    "is_subscribed",
                    models.BooleanField(
                        default=False,
                        help_text="Its digests are new to people, unless they chose otherwise.",
                        verbose_name="new to everybody",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.AlterModelOptions(
            name="digest",
            options={"ordering": ["-date", "stream_id"]},
        ),
        migrations.RemoveConstraint(
            model_name="source",
            name="source_once",
        ),
        migrations.RemoveConstraint(
            model_name="source",
            name="source_once_undated",
        ),
        migrations.AlterField(
            model_name="digest",
            name="date",
            field=models.DateField(),
        ),
        migrations.AlterField(
            model_name="paper",
            name="position",
            field=models.PositiveIntegerField(
                help_text="its place in that digest, from 1; if that is of another stream than the default one, after all places of the streams before it"
            ),
        ),
        migrations.AddConstraint(
            model_name="stream",
            constraint=models.CheckConstraint(
                condition=models.Q(("id__range", (1, 1000))), name="stream_number"
            ),
        ),
        migrations.AddConstraint(
            model_name="stream",
            constraint=models.CheckConstraint(
                condition=models.Q(("name", ""), _negated=True), name="stream_has_name"
            ),
        ),
        migrations.AddConstraint(
            model_name="stream",
            constraint=models.CheckConstraint(
                condition=models.Q(("slug", ""), _negated=True), name="stream_has_slug"
            ),
        ),
        migrations.RunPython(make_default, migrations.RunPython.noop),
        migrations.AddField(
            model_name="digest",
            name="stream",
            field=models.ForeignKey(
                db_index=False,
                default=1,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="digests",
                to="digest.stream",
            ),
        ),
        migrations.AddField(
            model_name="source",
            name="stream",
            field=models.ForeignKey(
                db_index=False,
                default=1,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="sources",
                to="digest.stream",
            ),
        ),
        migrations.AddField(
            model_name="upload",
            name="stream",
            field=models.ForeignKey(
                db_index=False,
                default=1,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="uploads",
                to="digest.stream",
            ),
        ),
        migrations.AddConstraint(
            model_name="digest",
            constraint=models.UniqueConstraint(fields=("date", "stream"), name="digest_once"),
        ),
        migrations.AddConstraint(
            model_name="source",
            constraint=models.UniqueConstraint(
                fields=("sha256", "date", "stream"), name="source_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="source",
            constraint=models.UniqueConstraint(
                condition=models.Q(("date", None)),
                fields=("sha256", "stream"),
                name="source_once_undated",
            ),
        ),
        migrations.AddField(
            model_name="source",
            name="is_supplement",
            field=models.BooleanField(
                default=False,
                help_text="it says more of papers that other sources have put into a digest, and puts none there itself",
            ),
        ),
        migrations.RunPython(know_supplements, migrations.RunPython.noop),
    ]
