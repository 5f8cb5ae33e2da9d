"""Templates without their tags' lines: what pages keep, and what they lose."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from digest.catalogue.load import load
from digest.template_loader import compact
from tests.samples import digest, row

TEMPLATES = sorted(Path(settings.ROOT, "templates").rglob("*.html"))
TAGS = re.compile(r"\{[%{#].*?[%}#]\}")
AS_TYPED = re.compile(r"<(pre|textarea)\b.*?</\1>", re.DOTALL)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{% load a %}\n{# b #}\n<html>\n<p>\n", "{% load a %}{# b #}<html>\n<p>"),
        (
            "<ul>\n  {% for a in b %}\n    <li>\n  {% endfor %}\n</ul>",
            "<ul>{% for a in b %}\n    <li>{% endfor %}\n</ul>",
        ),
        (
            "a\n{% if b %}\nc\n{% else %}\nd\n{% endif %}\ne",
            "a{% if b %}\nc{% else %}\nd{% endif %}\ne",
        ),
        (
            "a\n {% with b=c %}{% if b %}\nd\n {% endif %} {% endwith %}\ne",
            "a{% with b=c %}{% if b %}\nd{% endif %} {% endwith %}\ne",
        ),
        ("a\n  {% if b %}c{% d %}{% endif %}\ne", "a{% if b %}\n  c{% d %}{% endif %}\ne"),
        ("{% url 'a' as b %}\nc\n  {% d e as f %}\ng", "{% url 'a' as b %}c{% d e as f %}\ng"),
    ],
)
def test_lines_of_tags_are_dropped(source, expected):
    assert compact(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        "a\n{% include 'b' %}\nc",
        "{{ a }}\n{{ b }}",
        "a\n{% if b %}c{% else %}d{% endif %}\ne",
        "a\n{% b %}\nc",
    ],
)
def test_lines_that_may_say_something_stay(source):
    assert compact(source) == source


def test_no_template_loses_a_word_a_tag_or_what_is_shown_as_typed():
    for file in TEMPLATES:
        source = file.read_text()
        changed = compact(source)
        assert "".join(changed.split()) == "".join(source.split()), file
        assert TAGS.findall(changed) == TAGS.findall(source), file
        typed = [[found[0] for found in AS_TYPED.finditer(text)] for text in (source, changed)]
        assert typed[0] == typed[1], file


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address", ["/", "/digests/", "/papers/", "/papers/2502.00001/", "/categories/", "/nothing/"]
)
def test_a_page_begins_at_once_and_has_hardly_an_empty_line(client, address):
    load(digest(*(row(number) for number in range(1, 30))), "a.json")
    page = client.get(address).content.decode()
    assert page.startswith("<!DOCTYPE html>")
    lines = AS_TYPED.sub("", page).split("\n")
    assert sum(not line.strip() for line in lines) < len(lines) / 20
