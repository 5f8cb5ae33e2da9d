"""The texts of a list: its name, and its description and comments in Markdown with their HTML."""

from __future__ import annotations

import secrets
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import markdown
from accounts.models import ReadingList, User
from digest.text.markup import clean


def one_line(text: str) -> str:
    return " ".join(clean(text).split())


class Text(NamedTuple):
    """A text of a list in Markdown and as HTML: to be made before a transaction begins."""

    text: str
    html: str

    @classmethod
    def of(cls, text: str) -> Text:
        text = clean(text).strip()
        return cls(text, markdown.render(text) if text else "")


def new_list(owner: User, name: str, description: Text, visibility: str) -> ReadingList:
    """A list to be saved. Raises ValidationError if a text is not valid."""
    created = ReadingList(
        owner=owner,
        slug=secrets.token_hex(5),
        secret=secrets.token_urlsafe(16),
        visibility=visibility,
        added_at=timezone.now(),
    )
    describe(created, name, description)
    return created


def describe(reading_list: ReadingList, name: str | None, description: Text | None) -> None:
    """Change a list's name and description. Raises ValidationError if they are not valid."""
    if name is not None:
        reading_list.name = one_line(name)
    if not any(char.isprintable() and char != " " for char in reading_list.name):
        raise ValidationError({"name": "Give the list a name with visible characters."})
    if description:
        reading_list.description, reading_list.description_html = description
    reading_list.changed_at = timezone.now()
    reading_list.clean_fields(exclude=("owner",))  # the person themselves


def save_unique(reading_list: ReadingList) -> None:
    """Save it. Raises ValidationError if its owner has another list of this name."""
    try:
        with transaction.atomic():
            reading_list.save()
    except IntegrityError:
        raise ValidationError({"name": f"There is a list “{reading_list.name}” already."}) from None
