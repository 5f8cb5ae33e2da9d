from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("digest", "0007_search_words"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="correction",
            name="correction_field",
        ),
        migrations.RemoveConstraint(
            model_name="entry",
            name="entry_format",
        ),
        migrations.RemoveConstraint(
            model_name="source",
            name="source_format",
        ),
        migrations.AddField(
            model_name="paper",
            name="abstract",
            field=models.TextField(blank=True, help_text="what the authors wrote of the paper"),
        ),
        migrations.AddField(
            model_name="paper",
            name="abstract_sentences",
            field=models.JSONField(
                default=list, help_text="the abstract's sentences as safe HTML, in order"
            ),
        ),
        migrations.AddField(
            model_name="paper",
            name="comment",
            field=models.TextField(blank=True, help_text="the authors' own, at arXiv"),
        ),
        migrations.AddField(
            model_name="paper",
            name="doi",
            field=models.CharField(
                blank=True, help_text="of the published paper", max_length=200, verbose_name="DOI"
            ),
        ),
        migrations.AddField(
            model_name="paper",
            name="keywords",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="paper",
            name="upvotes",
            field=models.PositiveIntegerField(
                default=0, help_text="at Hugging Face; 0 where none are known"
            ),
        ),
        migrations.AddField(
            model_name="paper",
            name="version",
            field=models.PositiveIntegerField(
                default=0, help_text="the newest of the preprint; 0 where none is known"
            ),
        ),
        migrations.AlterField(
            model_name="correction",
            name="field",
            field=models.CharField(
                choices=[
                    ("title", "title"),
                    ("summary", "summary"),
                    ("abstract", "abstract"),
                    ("authors", "authors"),
                    ("authors_cut", "whether the author list was cut"),
                    ("categories", "categories"),
                    ("keywords", "keywords"),
                    ("links", "links"),
                    ("comment", "the authors' comment"),
                    ("doi", "DOI"),
                    ("hidden", "whether it is hidden"),
                ],
                max_length=11,
            ),
        ),
        migrations.AlterField(
            model_name="entry",
            name="format",
            field=models.CharField(
                choices=[
                    ("json", "json"),
                    ("six-column", "six-column"),
                    ("three-column", "three-column"),
                    ("table", "table"),
                    ("headed-list", "headed-list"),
                    ("hugging-face", "hugging-face"),
                    ("arxiv-atom", "arxiv-atom"),
                    ("arxiv-rss", "arxiv-rss"),
                    ("arxiv-oai", "arxiv-oai"),
                ],
                max_length=12,
            ),
        ),
        migrations.AlterField(
            model_name="source",
            name="format",
            field=models.CharField(
                choices=[
                    ("json", "json"),
                    ("six-column", "six-column"),
                    ("three-column", "three-column"),
                    ("table", "table"),
                    ("headed-list", "headed-list"),
                    ("hugging-face", "hugging-face"),
                    ("arxiv-atom", "arxiv-atom"),
                    ("arxiv-rss", "arxiv-rss"),
                    ("arxiv-oai", "arxiv-oai"),
                ],
                max_length=12,
            ),
        ),
        migrations.AddIndex(
            model_name="paper",
            index=models.Index(
                fields=["-upvotes", "-date", "position", "slug"], name="paper_upvotes"
            ),
        ),
        migrations.AddConstraint(
            model_name="correction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "field__in",
                        [
                            "title",
                            "summary",
                            "abstract",
                            "authors",
                            "authors_cut",
                            "categories",
                            "keywords",
                            "links",
                            "comment",
                            "doi",
                            "hidden",
                        ],
                    )
                ),
                name="correction_field",
            ),
        ),
        migrations.AddConstraint(
            model_name="entry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "format__in",
                        [
                            "json",
                            "six-column",
                            "three-column",
                            "table",
                            "headed-list",
                            "hugging-face",
                            "arxiv-atom",
                            "arxiv-rss",
                            "arxiv-oai",
                        ],
                    )
                ),
                name="entry_format",
            ),
        ),
        migrations.AddConstraint(
            model_name="source",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "format__in",
                        [
                            "json",
                            "six-column",
                            "three-column",
                            "table",
                            "headed-list",
                            "hugging-face",
                            "arxiv-atom",
                            "arxiv-rss",
                            "arxiv-oai",
                        ],
                    )
                ),
                name="source_format",
            ),
        ),
    ]
