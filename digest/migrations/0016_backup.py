from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("digest", "0012_authors_by_name"),
    ]

    operations = [
        migrations.CreateModel(
            name="Backup",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False),
                ),
                (
                    "made_at",
                    models.DateTimeField(
                        help_text="when it began: it has what was there at that time"
                    ),
                ),
                (
                    "path",
                    models.TextField(help_text="the folder with it, on the machine that made it"),
                ),
                ("size", models.PositiveBigIntegerField(help_text="bytes")),
                (
                    "verified_at",
                    models.DateTimeField(
                        help_text="when it was last verified; empty if it never was", null=True
                    ),
                ),
                (
                    "error",
                    models.TextField(
                        blank=True, help_text="what was wrong with it when it was last verified"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="backup_is_one")
                ],
            },
        ),
    ]
