import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_api_tokens"),
        ("digest", "0005_curation"),
    ]

    operations = [
        migrations.CreateModel(
            name="Disclosure",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("why", models.TextField()),
                ("opened_at", models.DateTimeField()),
                ("closes_at", models.DateTimeField()),
                (
                    "opened_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-opened_at", "-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("why", ""), _negated=True), name="disclosure_says_why"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("closes_at__gte", models.F("opened_at"))),
                        name="disclosure_ends",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Followed",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("model", models.CharField(help_text="of the row", max_length=9)),
                ("key", models.BigIntegerField(help_text="of the row")),
                ("row", models.JSONField(null=True)),
                (
                    "paper",
                    models.ForeignKey(
                        help_text="the one that was merged into another",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="digest.paper",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("model__in", ["bookmark", "dismissal", "note", "listitem", "report"])
                        ),
                        name="followed_model",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Report",
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
                        choices=[
                            ("title", "the title"),
                            ("authors", "the authors"),
                            ("summary", "the summary"),
                            ("categories", "the categories"),
                            ("links", "a link"),
                            ("duplicate", "it is here twice"),
                            ("other", "something else"),
                        ],
                        max_length=10,
                        verbose_name="what is wrong",
                    ),
                ),
                (
                    "comment",
                    models.TextField(validators=[django.core.validators.MaxLengthValidator(2000)]),
                ),
                ("made_at", models.DateTimeField()),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[("mended", "mended"), ("declined", "left as it is")],
                        max_length=8,
                    ),
                ),
                (
                    "answer",
                    models.TextField(
                        blank=True, validators=[django.core.validators.MaxLengthValidator(2000)]
                    ),
                ),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
                (
                    "seen_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="when the reader had seen what became of it",
                        null=True,
                    ),
                ),
                (
                    "paper",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="digest.paper",
                    ),
                ),
                (
                    "settled_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-made_at", "-pk"],
                "indexes": [models.Index(fields=["outcome", "-made_at"], name="report_queue")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "title",
                                    "authors",
                                    "summary",
                                    "categories",
                                    "links",
                                    "duplicate",
                                    "other",
                                ],
                            )
                        ),
                        name="report_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("outcome", ""), ("settled_at", None)),
                            models.Q(
                                ("outcome__in", ["mended", "declined"]),
                                ("settled_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="report_settled",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("comment__length__lte", 2000), ("answer__length__lte", 2000)
                        ),
                        name="report_length",
                    ),
                ],
            },
        ),
    ]
