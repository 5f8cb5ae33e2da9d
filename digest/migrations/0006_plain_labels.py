from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("digest", "0005_curation"),
    ]

    operations = [
        migrations.AlterField(
            model_name="alias",
            name="of",
            field=models.TextField(
                help_text="the name that is shown in its place", verbose_name="shown as"
            ),
        ),
        migrations.AlterField(
            model_name="difference",
            name="settled",
            field=models.CharField(
                blank=True,
                choices=[
                    ("kept", "the correction was kept"),
                    ("taken", "the value of the source was used"),
                    ("edited", "another value was given"),
                ],
                max_length=6,
            ),
        ),
        migrations.AlterField(
            model_name="entry",
            name="verdict",
            field=models.CharField(
                choices=[
                    ("new", "added a new paper"),
                    ("changed", "changed what the paper shows"),
                    ("unchanged", "changed nothing"),
                    ("merged", "added to the paper that its own was merged into"),
                    ("kept", "disagrees with a correction, which was kept"),
                    ("rejected", "could not be read"),
                ],
                default="new",
                max_length=9,
            ),
        ),
    ]
