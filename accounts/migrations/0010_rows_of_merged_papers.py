import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0009_sent_mail_outlives_its_sender"),
        ("digest", "0005_curation"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="bookmark",
            name="bookmark_once",
        ),
        migrations.RemoveConstraint(
            model_name="dismissal",
            name="dismissal_once",
        ),
        migrations.RemoveConstraint(
            model_name="listitem",
            name="list_item_once",
        ),
        migrations.RemoveConstraint(
            model_name="listitem",
            name="list_item_place",
        ),
        migrations.RemoveConstraint(
            model_name="note",
            name="note_once",
        ),
        migrations.AddField(
            model_name="bookmark",
            name="home",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="digest.paper",
            ),
        ),
        migrations.AddField(
            model_name="bookmark",
            name="joined",
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.AddField(
            model_name="bookmark",
            name="shown",
            field=models.BooleanField(default=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="dismissal",
            name="home",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="digest.paper",
            ),
        ),
        migrations.AddField(
            model_name="dismissal",
            name="joined",
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.AddField(
            model_name="dismissal",
            name="shown",
            field=models.BooleanField(default=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="listitem",
            name="home",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="digest.paper",
            ),
        ),
        migrations.AddField(
            model_name="listitem",
            name="joined",
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.AddField(
            model_name="listitem",
            name="shown",
            field=models.BooleanField(default=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="note",
            name="home",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="digest.paper",
            ),
        ),
        migrations.AddField(
            model_name="note",
            name="joined",
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.AddField(
            model_name="note",
            name="shown",
            field=models.BooleanField(default=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="report",
            name="home",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="digest.paper",
            ),
        ),
        migrations.AddConstraint(
            model_name="bookmark",
            constraint=models.UniqueConstraint(
                fields=("user", "paper", "shown"), name="bookmark_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="dismissal",
            constraint=models.UniqueConstraint(
                fields=("user", "paper", "shown"), name="dismissal_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="listitem",
            constraint=models.UniqueConstraint(
                fields=("reading_list", "paper", "shown"), name="list_item_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="listitem",
            constraint=models.UniqueConstraint(
                fields=("reading_list", "position", "shown"), name="list_item_place"
            ),
        ),
        migrations.AddConstraint(
            model_name="note",
            constraint=models.UniqueConstraint(fields=("user", "paper", "shown"), name="note_once"),
        ),
    ]
