from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("digest", "0006_plain_labels"),
    ]

    operations = [
        migrations.CreateModel(
            name="SearchWord",
            fields=[
                ("word", models.TextField(primary_key=True, serialize=False)),
                ("papers", models.IntegerField()),
                ("in_authors", models.IntegerField()),
            ],
        ),
        migrations.AddField(
            model_name="catalogue",
            name="index_version",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="searchtext",
            name="summary_stems",
            field=models.TextField(default=""),
        ),
        migrations.AddField(
            model_name="searchtext",
            name="title_stems",
            field=models.TextField(default=""),
        ),
    ]
