from typing import Any

import django.db.models.deletion
import django.db.models.expressions
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


def give_verdicts(apps: Any, schema_editor: Any) -> None:
    """Files that were loaded before verdicts were kept: a paper's first row was new, and of the
    others nobody knows more than that they are there."""
    Entry, Source = apps.get_model("digest", "Entry"), apps.get_model("digest", "Source")
    seen = set()
    later = []
    rows = Entry.objects.order_by("source__loaded_at", "source", "position")
    for pk, paper in rows.values_list("pk", "paper").iterator():
        if paper in seen:
            later.append(pk)
        seen.add(paper)
    for start in range(0, len(later), 500):
        Entry.objects.filter(pk__in=later[start : start + 500]).update(verdict="unchanged")
    many = Source.objects.count()
    for number, source in enumerate(Source.objects.only("pk", "problems").iterator(), 1):
        entries = source.entries.all()
        source.new = entries.filter(verdict="new").count()
        source.unchanged = entries.filter(verdict="unchanged").count()
        source.rejected = sum(problem["action"] == "row left out" for problem in source.problems)
        source.rows = source.new + source.unchanged + source.rejected
        source.save(update_fields=["new", "unchanged", "rejected", "rows"])
        if number % 500 == 0:
            print(f"\n  Sources: {number:,} of {many:,}", end="", flush=True)


class Migration(migrations.Migration):
    dependencies = [
        ("digest", "0004_changes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Alias",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("why", models.TextField(blank=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("name", models.TextField(help_text="as printed")),
                (
                    "slug",
                    models.CharField(
                        help_text="the address that it had as an author", max_length=100
                    ),
                ),
                (
                    "of",
                    models.TextField(
                        help_text="the name that is shown in its place", verbose_name="stands for"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "aliases",
                "ordering": ["-made_at", "-id"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Correction",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("why", models.TextField(blank=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "field",
                    models.CharField(
                        choices=[
                            ("title", "title"),
                            ("summary", "summary"),
                            ("authors", "authors"),
                            ("authors_cut", "whether the author list was cut"),
                            ("categories", "categories"),
                            ("links", "links"),
                            ("hidden", "whether it is hidden"),
                        ],
                        max_length=11,
                    ),
                ),
                ("value", models.JSONField()),
                (
                    "was",
                    models.JSONField(
                        help_text="what the sources said of it at the time, and thus was corrected",
                        null=True,
                    ),
                ),
            ],
            options={
                "ordering": ["-made_at", "-id"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Difference",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("theirs", models.JSONField(help_text="what the source says")),
                ("filed_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "settled",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("kept", "the correction was kept"),
                            ("taken", "the source was followed"),
                            ("edited", "another value was given"),
                        ],
                        max_length=6,
                    ),
                ),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["-filed_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="LinkHealth",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("url", models.CharField(max_length=2000, unique=True, verbose_name="URL")),
                ("checked_at", models.DateTimeField()),
                (
                    "status",
                    models.PositiveSmallIntegerField(
                        help_text="of HTTP; none if none came", null=True
                    ),
                ),
                (
                    "reason",
                    models.TextField(
                        blank=True, help_text="why there was no answer, or what it means"
                    ),
                ),
                ("failures", models.PositiveSmallIntegerField(default=0, help_text="in a row")),
                ("dead", models.BooleanField(default=False)),
            ],
            options={
                "verbose_name_plural": "link health",
            },
        ),
        migrations.CreateModel(
            name="Merge",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("why", models.TextField(blank=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["-made_at", "-id"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Proposal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("paper", "papers"), ("author", "authors")], max_length=6
                    ),
                ),
                (
                    "first",
                    models.TextField(help_text="of the two, the one that comes first in order"),
                ),
                ("second", models.TextField()),
                ("reason", models.TextField()),
                ("found_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "refused_at",
                    models.DateTimeField(
                        blank=True, help_text="when a curator said that they are two", null=True
                    ),
                ),
            ],
            options={
                "ordering": ["-found_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="Upload",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("batch", models.UUIDField(help_text="what was uploaded together")),
                ("name", models.TextField()),
                ("content", models.BinaryField()),
                ("uploaded_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("confirmed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "report",
                    models.JSONField(help_text="what loading it did; none before", null=True),
                ),
            ],
            options={
                "ordering": ["uploaded_at", "id"],
            },
        ),
        migrations.AddField(
            model_name="entry",
            name="verdict",
            field=models.CharField(
                choices=[
                    ("new", "a paper that was not there"),
                    ("changed", "changed what the paper shows"),
                    ("unchanged", "changed nothing"),
                    ("merged", "went to the paper that a curator merged its own into"),
                    ("kept", "says something else than a curator, whose word stays"),
                    ("rejected", "could not be read"),
                ],
                default="new",
                max_length=9,
            ),
        ),
        migrations.AddField(
            model_name="paper",
            name="hidden",
            field=models.BooleanField(
                default=False,
                help_text="the catalogue does not show it: a curator said so or merged it into another, or no source speaks of it any longer. It has no authors, categories, links and places then, and is there for those who kept it",
            ),
        ),
        migrations.AddField(
            model_name="source",
            name="changed",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="source",
            name="kept",
            field=models.PositiveIntegerField(default=0, verbose_name="kept as curated"),
        ),
        migrations.AddField(
            model_name="source",
            name="merged",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="source",
            name="new",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="source",
            name="rejected",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="source",
            name="unchanged",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name="source",
            name="rows",
            field=models.PositiveIntegerField(help_text="rows of the file, read or rejected"),
        ),
        migrations.RunPython(give_verdicts, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="entry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("verdict__in", ["new", "changed", "unchanged", "merged", "kept", "rejected"]),
                    models.Q(("verdict", "rejected"), _negated=True),
                ),
                name="entry_verdict",
            ),
        ),
        migrations.AddConstraint(
            model_name="source",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "rows",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            models.F("new"), "+", models.F("changed")
                                        ),
                                        "+",
                                        models.F("unchanged"),
                                    ),
                                    "+",
                                    models.F("merged"),
                                ),
                                "+",
                                models.F("kept"),
                            ),
                            "+",
                            models.F("rejected"),
                        ),
                    )
                ),
                name="source_rows_add_up",
            ),
        ),
        migrations.AddField(
            model_name="alias",
            name="ended_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="alias",
            name="made_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="correction",
            name="ended_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="correction",
            name="made_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="correction",
            name="paper",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="corrections",
                to="digest.paper",
            ),
        ),
        migrations.AddField(
            model_name="difference",
            name="correction",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="differences",
                to="digest.correction",
            ),
        ),
        migrations.AddField(
            model_name="difference",
            name="settled_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="difference",
            name="source",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="differences",
                to="digest.source",
            ),
        ),
        migrations.AddIndex(
            model_name="linkhealth",
            index=models.Index(fields=["checked_at"], name="link_health_oldest"),
        ),
        migrations.AddIndex(
            model_name="linkhealth",
            index=models.Index(fields=["dead"], name="link_health_dead"),
        ),
        migrations.AddField(
            model_name="merge",
            name="ended_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="merge",
            name="into",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="merged",
                to="digest.paper",
            ),
        ),
        migrations.AddField(
            model_name="merge",
            name="made_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="merge",
            name="paper",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="merges",
                to="digest.paper",
            ),
        ),
        migrations.AddField(
            model_name="proposal",
            name="refused_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="upload",
            name="uploaded_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="alias",
            index=models.Index(fields=["slug"], name="alias_slug"),
        ),
        migrations.AddConstraint(
            model_name="alias",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)), fields=("name",), name="alias_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="alias",
            constraint=models.CheckConstraint(
                condition=models.Q(("name", models.F("of")), _negated=True), name="alias_of_another"
            ),
        ),
        migrations.AddConstraint(
            model_name="alias",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("name__length__range", (1, 200)), ("of__length__range", (1, 200))
                ),
                name="alias_length",
            ),
        ),
        migrations.AddIndex(
            model_name="correction",
            index=models.Index(fields=["paper", "field", "made_at"], name="correction_history"),
        ),
        migrations.AddConstraint(
            model_name="correction",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)),
                fields=("paper", "field"),
                name="correction_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="correction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "field__in",
                        [
                            "title",
                            "summary",
                            "authors",
                            "authors_cut",
                            "categories",
                            "links",
                            "hidden",
                        ],
                    )
                ),
                name="correction_field",
            ),
        ),
        migrations.AddIndex(
            model_name="difference",
            index=models.Index(fields=["settled", "-filed_at"], name="difference_queue"),
        ),
        migrations.AddConstraint(
            model_name="difference",
            constraint=models.UniqueConstraint(
                fields=("correction", "source"), name="difference_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="difference",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("settled", ""), ("settled_at", None)),
                    models.Q(
                        ("settled__in", ["kept", "taken", "edited"]), ("settled_at__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="difference_settled",
            ),
        ),
        migrations.AddConstraint(
            model_name="merge",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)), fields=("paper",), name="merge_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="merge",
            constraint=models.CheckConstraint(
                condition=models.Q(("paper", models.F("into")), _negated=True), name="merge_of_two"
            ),
        ),
        migrations.AddConstraint(
            model_name="proposal",
            constraint=models.UniqueConstraint(
                fields=("kind", "first", "second"), name="proposal_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="proposal",
            constraint=models.CheckConstraint(
                condition=models.Q(("first", models.F("second")), _negated=True),
                name="proposal_of_two",
            ),
        ),
        migrations.AddConstraint(
            model_name="proposal",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["paper", "author"])), name="proposal_kind"
            ),
        ),
        migrations.AddIndex(
            model_name="upload",
            index=models.Index(fields=["batch"], name="upload_batch"),
        ),
    ]
