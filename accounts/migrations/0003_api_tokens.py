import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_library"),
    ]

    operations = [
        migrations.CreateModel(
            name="ApiToken",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "name",
                    models.CharField(help_text="what it is for, to know it again", max_length=100),
                ),
                ("sha256", models.CharField(max_length=64, unique=True)),
                (
                    "beginning",
                    models.CharField(help_text="its first signs, to tell it by", max_length=12),
                ),
                ("scopes", models.JSONField(help_text="what it may be used for")),
                ("added_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                (
                    "used_on",
                    models.DateField(blank=True, help_text="the last day of its use", null=True),
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
                "ordering": ["-added_at", "-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        models.F("user"),
                        django.db.models.functions.text.Lower("name"),
                        name="api_token_name_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="api_token_has_name"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("sha256__length", 64)), name="api_token_sha256"
                    ),
                ],
            },
        ),
    ]
