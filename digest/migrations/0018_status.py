from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("digest", "0016_backup"),
    ]

    operations = [
        migrations.CreateModel(
            name="FailingCheck",
            fields=[
                ("name", models.CharField(max_length=50, primary_key=True, serialize=False)),
                ("since", models.DateTimeField()),
                ("mailed_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="MailFailure",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False),
                ),
                ("since", models.DateTimeField()),
                ("count", models.PositiveIntegerField(default=1)),
                ("error", models.TextField(help_text="of the last one")),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("id", 1)), name="mail_failure_is_one"
                    )
                ],
            },
        ),
    ]
