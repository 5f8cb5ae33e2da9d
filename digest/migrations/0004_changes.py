import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("digest", "0003_catalogue_revision"),
    ]

    operations = [
        migrations.CreateModel(
            name="Tombstone",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", models.CharField(max_length=100, unique=True)),
                ("gone_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.AddField(
            model_name="paper",
            name="changed_at",
            field=models.DateTimeField(
                default=django.utils.timezone.now, help_text="when what it shows was last written"
            ),
        ),
        migrations.AddIndex(
            model_name="paper",
            index=models.Index(fields=["changed_at", "id"], name="paper_changed"),
        ),
        migrations.AddIndex(
            model_name="tombstone",
            index=models.Index(fields=["gone_at", "id"], name="tombstone_gone"),
        ),
    ]
