from typing import Any

import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


def give_rights(apps: Any, schema_editor: Any) -> None:
    """Operators may read saved searches during a disclosure."""
    kind, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="accounts", model="savedsearch"
    )
    permission, _ = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=kind,
        codename="view_savedsearch",
        defaults={"name": "Can view saved search"},
    )
    for group in apps.get_model("auth", "Group").objects.filter(name="Operators"):
        group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0015_single_keys"),
    ]

    operations = [
        migrations.CreateModel(
            name="SavedSearch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("papers", "papers of the catalogue"),
                            ("library", "papers of your library"),
                        ],
                        default="papers",
                        max_length=7,
                    ),
                ),
                (
                    "query",
                    models.CharField(
                        help_text="the query string of its address, in the one form that each list has",
                        max_length=2000,
                    ),
                ),
                (
                    "is_mailed",
                    models.BooleanField(
                        default=True,
                        help_text="whether new papers of it are sent to the person",
                        verbose_name="sent",
                    ),
                ),
                ("added_at", models.DateTimeField()),
                (
                    "seen_paper",
                    models.BigIntegerField(
                        default=0,
                        help_text="the key of the last paper that had come when the person looked",
                    ),
                ),
                ("seen_at", models.DateTimeField(help_text="when the person last looked")),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"verbose_name_plural": "saved searches"},
        ),
        migrations.AddConstraint(
            model_name="savedsearch",
            constraint=models.UniqueConstraint(
                models.F("user"),
                django.db.models.functions.text.Lower("name"),
                name="saved_search_name_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="savedsearch",
            constraint=models.UniqueConstraint(
                fields=("user", "kind", "query"), name="saved_search_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="savedsearch",
            constraint=models.CheckConstraint(
                condition=models.Q(("name", ""), _negated=True), name="saved_search_has_name"
            ),
        ),
        migrations.AddConstraint(
            model_name="savedsearch",
            constraint=models.CheckConstraint(
                condition=models.Q(("query", ""), _negated=True), name="saved_search_has_query"
            ),
        ),
        migrations.AddConstraint(
            model_name="savedsearch",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["papers", "library"])), name="saved_search_kind"
            ),
        ),
        migrations.RunPython(give_rights, migrations.RunPython.noop),
    ]
