import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0016_saved_searches"),
    ]

    operations = [
        migrations.CreateModel(
            name="Mail",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("due_at", models.DateTimeField()),
                ("claimed_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(null=True)),
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
        ),
        migrations.CreateModel(
            name="MailedPaper",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("paper", models.BigIntegerField()),
                (
                    "mail",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="papers",
                        to="accounts.mail",
                    ),
                ),
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
        ),
        migrations.CreateModel(
            name="MailSettings",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "frequency",
                    models.CharField(
                        choices=[
                            ("off", "never"),
                            ("daily", "every day"),
                            ("weekly", "every week"),
                        ],
                        default="off",
                        max_length=6,
                    ),
                ),
                (
                    "hour",
                    models.PositiveSmallIntegerField(
                        default=8, help_text="of the day in the person's time zone"
                    ),
                ),
                (
                    "weekday",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "Monday"),
                            (1, "Tuesday"),
                            (2, "Wednesday"),
                            (3, "Thursday"),
                            (4, "Friday"),
                            (5, "Saturday"),
                            (6, "Sunday"),
                        ],
                        default=0,
                        help_text="of weekly mails, from 0 for Monday",
                    ),
                ),
                (
                    "left_out",
                    models.JSONField(
                        default=list,
                        help_text="names of the sections that the person does not want",
                    ),
                ),
                ("since", models.DateTimeField(help_text="when they were switched on")),
                (
                    "last_due",
                    models.DateTimeField(
                        help_text="when the last one was due, be it that there was nothing to send"
                    ),
                ),
                (
                    "bounced_at",
                    models.DateTimeField(
                        help_text="when a mail came back, which ended them", null=True
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "mail settings",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("frequency__in", ["off", "daily", "weekly"])),
                        name="mail_settings_frequency",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("hour__lte", 23)), name="mail_settings_hour"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("weekday__lte", 6)), name="mail_settings_weekday"
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="mail",
            index=models.Index(
                condition=models.Q(("sent_at", None)), fields=["claimed_at"], name="mail_unsent"
            ),
        ),
        migrations.AddConstraint(
            model_name="mail",
            constraint=models.UniqueConstraint(fields=("user", "due_at"), name="mail_once"),
        ),
        migrations.AddConstraint(
            model_name="mailedpaper",
            constraint=models.UniqueConstraint(fields=("user", "paper"), name="mailed_paper_once"),
        ),
    ]
