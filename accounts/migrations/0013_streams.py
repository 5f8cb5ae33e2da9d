from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

ROLES = ("Curators", "Operators")
ACTIONS = ("view", "add", "change", "delete")


def give_rights(apps: Any, schema_editor: Any) -> None:
    """Curators may add, name and delete streams."""
    kind, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="digest", model="stream"
    )
    for action in ACTIONS:
        permission, _ = apps.get_model("auth", "Permission").objects.get_or_create(
            content_type=kind,
            codename=f"{action}_stream",
            defaults={"name": f"Can {action} stream"},
        )
        for group in apps.get_model("auth", "Group").objects.filter(name__in=ROLES):
            group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0012_density"),
        ("digest", "0010_streams"),
    ]

    operations = [
        migrations.CreateModel(
            name="StreamReading",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "is_subscribed",
                    models.BooleanField(
                        help_text="whether its new digests are new to the person", null=True
                    ),
                ),
                (
                    "read_until",
                    models.DateField(
                        help_text="every digest of it up to this day counts as read", null=True
                    ),
                ),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="readdigest",
            name="read_digest_once",
        ),
        migrations.AddField(
            model_name="readdigest",
            name="stream",
            field=models.ForeignKey(
                db_index=False,
                default=1,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="digest.stream",
            ),
        ),
        migrations.AlterField(
            model_name="user",
            name="read_until",
            field=models.DateField(
                blank=True,
                editable=False,
                help_text="every digest up to this day counts as read, but of streams of which the person has read until another; none, if there is no day",
                null=True,
            ),
        ),
        migrations.AddConstraint(
            model_name="readdigest",
            constraint=models.UniqueConstraint(
                fields=("user", "stream", "date"), name="read_digest_once"
            ),
        ),
        migrations.AddField(
            model_name="streamreading",
            name="stream",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="readings",
                to="digest.stream",
            ),
        ),
        migrations.AddField(
            model_name="streamreading",
            name="user",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="streamreading",
            constraint=models.UniqueConstraint(
                fields=("user", "stream"), name="stream_reading_once"
            ),
        ),
        migrations.RunPython(give_rights, migrations.RunPython.noop),
    ]
