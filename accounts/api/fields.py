"""Fields that take only their own type: DRF's own read "5" as 5, 5 as "5", and "yes" as true."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.validators import RegexValidator
from rest_framework import serializers
from rest_framework.fields import empty

from digest.api.parsers import as_boolean

MOST_PAPERS = 500
"""Papers that one request may name."""
NAME_LENGTH = 2_000
"""Characters of what may name a paper: an id, or an address."""


class TextField(serializers.CharField):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        if not self.allow_blank:
            # So that the schema states it, too.
            self.validators.append(RegexValidator(r"\S", self.error_messages["blank"]))

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class LineField(TextField):
    """Text on one line."""

    def to_internal_value(self, data: Any) -> str:
        return " ".join(super().to_internal_value(data).split())


class NumberField(serializers.IntegerField):
    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, str | bool):
            self.fail("invalid")
        return super().to_internal_value(data)


class FlagField(serializers.BooleanField):
    """true or false; in a form, where all is text, the same as text."""

    def to_internal_value(self, data: Any) -> bool:
        if data is True or data == "true":
            return True
        if data is False or data == "false":
            return False
        self.fail("invalid", input=data)


class SwitchField(serializers.BooleanField):
    """true or false, in any spelling that programs have for them."""

    default_empty_html = empty  # a form that does not name it has the default, not false

    def to_internal_value(self, data: Any) -> bool:
        on = as_boolean(data)
        if on is None:
            self.fail("invalid", input=data)
        return on


class WordField(serializers.ChoiceField):
    """One of some words. The error lists them, and does not repeat what was sent, which may be
    anything."""

    def __init__(self, choices: Sequence[Any], **options: Any) -> None:
        super().__init__(choices=choices, **options)
        values = ", ".join(map(str, self.choices))
        self.error_messages["invalid_choice"] = f"Choose one of these: {values}."

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid_choice")
        return str(super().to_internal_value(data))


class PapersField(serializers.ListField):
    def __init__(self, **options: Any) -> None:
        super().__init__(
            child=TextField(max_length=NAME_LENGTH),
            min_length=1,
            max_length=MOST_PAPERS,
            help_text="arXiv ids in any common form, or ids of papers here",
            **options,
        )
