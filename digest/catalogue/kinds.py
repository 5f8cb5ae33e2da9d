"""The kinds of fields that a paper has: a text on one line, a long text, a number, true or false, a
list.

A field of `fields` is a subclass of one of them. Values are texts, lists of texts, numbers, or true
and false. Nothing here asks the database.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any, ClassVar

from django.core.exceptions import ValidationError

from digest.formats import Record
from digest.formats.records import MAX_ITEMS, MAX_TEXT
from digest.text.normalize import block, line

MAX_NAME = 200
"""Characters of an author's or a category's name."""

Values = dict[str, Any]
"""The values of a paper's fields, by name."""

Corrections = Mapping[str, Any]
"""The values that curators gave, by the field's name: see `models.Correction`."""


class PaperField:
    """A text on one line; the methods say what every field can do."""

    name: ClassVar[str]
    """Its key in corrections and previews, and the column of `Paper` that has its value."""
    label: ClassVar[str] = ""
    """What it is called within a sentence."""
    label_for_readers: ClassVar[str] = ""
    """What it is called on the site, if that is something else than in the admin."""
    columns: ClassVar[tuple[str, ...]] = ()
    """The columns of `Paper` that are made of it; none if it has a table of its own."""
    max_length: ClassVar[int] = MAX_TEXT
    is_required: ClassVar[bool] = False
    is_correctable: ClassVar[bool] = True
    is_previewed: ClassVar[bool] = True
    """Whether previews show how it changes."""
    has_one_origin: ClassVar[bool] = True
    """Whether its value is what one record states, so that a source can state something else."""
    corrected_with: ClassVar[tuple[str, ...]] = ()
    """Fields that are corrected to what the curator saw whenever this one is corrected."""

    # What records and corrections state

    def stated(self, record: Record) -> Any:
        """What a record states of it; something false if it states nothing."""
        return None

    def ordered(self, records: Sequence[Record]) -> Sequence[Record]:
        """The records, the one that counts most for this field first. records: in the order in
        which they count for most fields."""
        return records

    def combined(self, records: Sequence[Record]) -> Any:
        """What records state together, the one that counts most first."""
        return next(filter(None, map(self.stated, self.ordered(records))), "")

    def corrected(self, stated: Any, correction: Any) -> Any:
        """What a correction makes of what records state."""
        return correction

    def value(
        self, records: Sequence[Record], corrections: Corrections, names: Mapping[str, str]
    ) -> Any:
        """What a paper shows of it. names: as for `projection.project`."""
        stated = self.combined(records)
        if self.name in corrections:
            return self.corrected(stated, corrections[self.name])
        return stated

    def problems(self, record: Record) -> Iterable[str]:
        """What is wrong with what a record gives for it, though the record is loaded."""
        return ()

    # Corrections

    def clean(self, value: Any) -> Any:
        """A value, or a correction, as it can be shown. Raises ValidationError, for people."""
        return within(line(str(value)), self.max_length)

    def correction(self, value: Any, stated: Any) -> Any:
        """The correction that makes a clean value of what records state."""
        return value

    def is_needless(self, correction: Any, shown: Any) -> bool:
        """Whether a correction changes nothing. shown: the value without it."""
        return bool(correction == shown)

    def is_disputed(self, stated: Values, correction: Any) -> bool:
        """Whether a source that states this does not agree with a correction; one that states
        nothing agrees."""
        return bool(stated[self.name]) and not self.reads_alike(stated[self.name], correction)

    # Values for people

    def is_same(self, one: Any, other: Any) -> bool:
        """Whether two values are the same for a curator."""
        return bool(one == other)

    def reads_alike(self, one: Any, other: Any) -> bool:
        """Whether two values are the same for a reader."""
        return self.is_same(one, other)

    def text(self, value: Any) -> str:
        """A value as text; "" for None."""
        return "" if value is None else str(value)

    def text_of(self, values: Values) -> str:
        """Its value among those of a paper, as text for readers."""
        return self.text(values[self.name])

    # Rows

    def stored(self, value: Any) -> Values:
        """What its columns have, or its table, by name."""
        return {self.name: value}

    def loaded(self, paper: Any) -> Any:
        """The value that a row has; that of a list takes a query, if it is not prefetched."""
        return getattr(paper, self.name)


class LongText(PaperField):
    """A text with line breaks."""

    def clean(self, value: Any) -> str:
        return within(block(str(value)), self.max_length)

    def reads_alike(self, one: Any, other: Any) -> bool:
        return bool(one.split() == other.split())


class TextList(PaperField):
    """A list of short texts that stands in one column."""

    def combined(self, records: Sequence[Record]) -> list[str]:
        return super().combined(records) or []

    def clean(self, value: Any) -> list[str]:
        """value: the texts, or one text with a line for each."""
        texts = value.split("\n") if isinstance(value, str) else value
        return short_texts(texts)

    def text(self, value: Any) -> str:
        return ", ".join(value or ())


class Number(PaperField):
    """A number that only grows, so that the largest counts; 0 where none is stated. Curators do not
    correct it."""

    is_correctable = False
    has_one_origin = False

    def combined(self, records: Sequence[Record]) -> int:
        return max(map(self.stated, records), default=0)

    def text(self, value: Any) -> str:
        return f"{value:,}" if value else ""


class Flag(PaperField):
    """True or false, which no record states by itself."""

    has_one_origin = False
    when_true: ClassVar[str]
    """Its text if it is true."""

    def combined(self, records: Sequence[Record]) -> bool:
        return False

    def clean(self, value: Any) -> bool:
        return bool(value)

    def is_disputed(self, stated: Values, correction: Any) -> bool:
        return False

    def text(self, value: Any) -> str:
        return "" if value is None else "yes" if value else "no"


class ListField(PaperField):
    """A list of texts. They have a table of their own, with a row for each text of each paper."""

    relation: ClassVar[str]
    """A paper's rows, as an attribute of `Paper`."""
    item: ClassVar[str]
    """Where such a row has its text, as a lookup."""
    is_ordered: ClassVar[bool] = True
    """Whether curators say in which order the items stand."""

    def combined(self, records: Sequence[Record]) -> list[str]:
        return super().combined(records) or []

    def text(self, value: Any) -> str:
        return ", ".join(value or ())

    def row(self, item: str, keys: Mapping[str, int]) -> Values:
        """What an item's row has beside its paper and its place. keys: of names, by name."""
        return {self.item: item}

    def loaded(self, paper: Any) -> list[str]:
        item = attrgetter(self.item.replace("__", "."))
        return [item(row) for row in getattr(paper, self.relation).all()]


class Names(ListField):
    """A list of names. They have a table of their own as well, since papers share them."""

    @property
    def reference(self) -> str:
        """The column by which a paper's row leads to a name's row."""
        return self.item.partition("__")[0]

    def clean(self, value: Any) -> list[str]:
        return short_texts(value)

    def row(self, item: str, keys: Mapping[str, int]) -> Values:
        return {f"{self.reference}_id": keys[item]}

    def counted(self, names: Iterable[str]) -> Iterator[str]:
        """The names among whose papers one with these names counts."""
        return iter(names)


def short_texts(texts: Iterable[str]) -> list[str]:
    """The texts on one line, each once. Raises ValidationError if there are too many, or one is too
    long."""
    found = list(dict.fromkeys(filter(None, map(line, texts))))
    if len(found) > MAX_ITEMS:
        raise ValidationError(f"At most {MAX_ITEMS}, and these are {len(found)}.")
    for text in found:
        within(text, MAX_NAME)
    return found


def within(text: str, most: int) -> str:
    """The text. Raises ValidationError if it has more than so many characters."""
    if len(text) > most:
        raise ValidationError(f"At most {most:,} characters, and this has {len(text):,}.")
    return text
