"""What programs say to the library, and the shapes of what it answers.

What comes in is read by these; what goes out is made by the views, since that is many times faster,
and declared here. A test holds every answer against the declaration.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.validators import RegexValidator
from rest_framework import serializers

from accounts.library import Sort
from accounts.library.lists.members import name_or_address
from accounts.models import COMMENT_LENGTH, NOTE_LENGTH, Role, Status, Visibility
from digest.api.pages import MOST, PAGE
from digest.api.parsers import Serializer as Serializer
from digest.api.parsers import meant

MOST_PAPERS = 500
"""Papers that one request may name."""
NAME_LENGTH = 2_000
"""Characters of what may name a paper: an id, or an address."""

# Fields that take what they say they take: DRF's own read "5" as 5, 5 as "5", and "yes" as true.


class Text(serializers.CharField):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        if not self.allow_blank:
            # So that what is declared says it, too.
            self.validators.append(RegexValidator(r"\S", self.error_messages["blank"]))

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Line(Text):
    """Text on one line."""

    def to_internal_value(self, data: Any) -> str:
        return " ".join(super().to_internal_value(data).split())


class Number(serializers.IntegerField):
    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, str | bool):
            self.fail("invalid")
        return super().to_internal_value(data)


class Flag(serializers.BooleanField):
    """true or false; in a form, where all is text, the same as text."""

    def to_internal_value(self, data: Any) -> bool:
        if data is True or data == "true":
            return True
        if data is False or data == "false":
            return False
        self.fail("invalid", input=data)


class Switch(serializers.BooleanField):
    """true or false, in any spelling that programs have for them."""

    def to_internal_value(self, data: Any) -> bool:
        on = meant(data)
        if on is None:
            self.fail("invalid", input=data)
        return on


class Choice(serializers.ChoiceField):
    """One of some words. The error says which, and not what was said, which may be anything."""

    def __init__(self, choices: Sequence[Any], **options: Any) -> None:
        super().__init__(choices=choices, **options)
        values = ", ".join(map(str, self.choices))
        self.error_messages["invalid_choice"] = f"Choose one of these: {values}."

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid_choice")
        return str(super().to_internal_value(data))


class Papers(serializers.ListField):
    def __init__(self, **options: Any) -> None:
        super().__init__(
            child=Text(max_length=NAME_LENGTH),
            min_length=1,
            max_length=MOST_PAPERS,
            help_text="arXiv ids in any common form, or ids of papers here",
            **options,
        )


# In


class Nothing(Serializer):
    """A request that says nothing but its address."""


class DryRun(Serializer):
    dry_run = Switch(required=False, help_text="as in the body")


class PageQuery(Serializer):
    page_size = serializers.IntegerField(
        min_value=1, max_value=MOST, default=PAGE, help_text="rows of a page"
    )
    cursor = serializers.RegexField(
        "^[A-Za-z0-9_-]+$", required=False, help_text="where the page begins, as `next` says it"
    )


class BookmarkQuery(PageQuery):
    q = serializers.CharField(
        default="",
        allow_blank=True,
        help_text='the site\'s query language, with `is:reading`, `in:"a list"` and `has:note`',
    )
    sort = Choice(
        [sort.value for sort in Sort],
        default=Sort.ADDED.value,
        help_text="what comes first; pages by `date` and `title` end with 410 where the catalogue"
        " changes meanwhile: begin again",
    )
    status = Choice(Status.choices, required=False, help_text="of these alone")


class Mark(Serializer):
    status = Choice(
        Status.choices,
        required=False,
        help_text="by default a bookmark keeps its own, and a new one is `to-read`",
    )


class Bulk(Serializer):
    papers = Papers()
    do = Choice(
        ["add", *Status.values, "remove", "dismiss", "show"],
        help_text="a status bookmarks as well; `dismiss` hides the papers from the site's lists,"
        " and `show` takes that back",
    )


class NoteText(Serializer):
    text = Text(max_length=NOTE_LENGTH, trim_whitespace=False, help_text="Markdown")


class NewList(Serializer):
    name = Line(max_length=200)
    description = Text(max_length=COMMENT_LENGTH, default="", allow_blank=True)
    visibility = Choice(Visibility.choices, default=Visibility.PRIVATE.value)


class ListChange(Serializer):
    name = Line(max_length=200, required=False)
    description = Text(max_length=COMMENT_LENGTH, required=False, allow_blank=True)
    visibility = Choice(Visibility.choices, required=False)


class NewItems(Serializer):
    papers = Papers()
    section = Line(max_length=200, default="", allow_blank=True)


class ItemChange(Serializer):
    comment = Text(max_length=COMMENT_LENGTH, required=False, allow_blank=True)
    section = Line(
        max_length=200,
        required=False,
        allow_blank=True,
        help_text="with a position, one of the sections that meet there, else that of the paper"
        " before it",
    )
    shows_note = Flag(required=False, help_text="for the list's owner alone to say")
    position = Number(
        min_value=1, max_value=1_000_000, required=False, help_text="from 1; beyond the end is last"
    )


class Invitee(Serializer):
    invitee = Line(
        max_length=254,
        validators=[name_or_address],
        help_text="a user name, or an address that they confirmed",
    )
    role = Choice(Role.choices, default=Role.VIEWER.value)


class RoleChange(Serializer):
    role = Choice(Role.choices, required=False)


class Successor(Serializer):
    member = Number(help_text="id of the member who is to own the list")


class Answer(Serializer):
    do = Choice(["accept", "decline"])


class ImportOptions(Serializer):
    dry_run = Switch(
        default=True, help_text="only say what would be done; may stand in the address instead"
    )
    status = Choice(
        Status.choices,
        required=False,
        help_text="of the bookmarks; by default they keep theirs, and new ones are `to-read`",
    )
    list = Text(
        max_length=100, default="", allow_blank=True, help_text="id of a list to put them into, too"
    )


class ImportText(ImportOptions):
    text = Text(trim_whitespace=False, help_text="references, or arXiv ids and addresses")


class ImportFile(ImportOptions):
    file = serializers.FileField(help_text="the same in a file, or an export from here")


class ReadMark(Serializer):
    read = Flag()


# Out


class PaperName(Serializer):
    id = serializers.CharField(help_text="the arXiv id, else a slug")
    arxiv_id = serializers.CharField(allow_null=True, help_text="without version")
    title = serializers.CharField()
    date = serializers.DateField(help_text="day of the first digest that had it")
    url = serializers.CharField(allow_blank=True, help_text="where the paper itself is")
    page = serializers.CharField(
        allow_null=True, help_text="its page here; null once it is no longer in the catalogue"
    )


class Bookmark(Serializer):
    paper = PaperName()
    status = serializers.ChoiceField(choices=Status.choices)
    added_at = serializers.DateTimeField()
    has_note = serializers.BooleanField()


class BulkOutcome(Serializer):
    paper = serializers.CharField(help_text="as it was said")
    outcome = serializers.ChoiceField(
        choices=["done", "unchanged", "missing"],
        help_text="`unchanged`: it was so already; `missing`: there is no such paper",
    )


class BulkResult(Serializer):
    results = BulkOutcome(many=True, help_text="in the order of the papers")


class Note(Serializer):
    paper = serializers.CharField(help_text="id of the paper")
    text = serializers.CharField(help_text="Markdown")
    version = serializers.IntegerField(help_text="how often it was saved")
    added_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField()


class ListedNote(Note):
    title = serializers.CharField(help_text="of the paper")


class ReadingList(Serializer):
    id = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField(allow_blank=True, help_text="Markdown")
    visibility = serializers.ChoiceField(choices=Visibility.choices)
    owner = serializers.CharField(help_text="what they are called")
    access = serializers.ChoiceField(
        choices=["owner", "editor", "viewer", "reader"], help_text="what you may do with it"
    )
    items_count = serializers.IntegerField()
    added_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField()
    page = serializers.CharField(help_text="its page here")
    link = serializers.CharField(
        allow_null=True, help_text="the secret link, told to its owner while it opens the list"
    )


class ListItem(Serializer):
    paper = PaperName()
    position = serializers.IntegerField(help_text="from 1")
    section = serializers.CharField(allow_blank=True)
    comment = serializers.CharField(allow_blank=True, help_text="Markdown")
    shows_note = serializers.BooleanField()
    note_html = serializers.CharField(
        allow_null=True, help_text="what the list's owner noted on it, if that is shown"
    )
    added_at = serializers.DateTimeField()


class ItemsAdded(Serializer):
    added = serializers.IntegerField(help_text="those excepted that were in the list already")
    missing = serializers.ListField(
        child=serializers.CharField(), help_text="what names no paper here, as it was said"
    )


class Member(Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    role = serializers.ChoiceField(choices=Role.choices)
    added_at = serializers.DateTimeField()


class Invited(Serializer):
    id = serializers.IntegerField()
    invitee = serializers.CharField()
    role = serializers.ChoiceField(choices=Role.choices)
    added_at = serializers.DateTimeField()


class Members(Serializer):
    owner = serializers.CharField(help_text="what they are called")
    members = Member(many=True)
    invitations = Invited(many=True, help_text="that nobody answered yet; for the owner alone")


class InvitedTo(Serializer):
    id = serializers.CharField()
    name = serializers.CharField()
    owner = serializers.CharField()


class Invitation(Serializer):
    id = serializers.IntegerField()
    list = InvitedTo()
    role = serializers.ChoiceField(choices=Role.choices)
    added_at = serializers.DateTimeField()


class MissingReference(Serializer):
    line = serializers.IntegerField()
    title = serializers.CharField(allow_blank=True)
    arxiv_id = serializers.CharField(allow_null=True)
    url = serializers.CharField(allow_null=True)


class UnreadReference(Serializer):
    line = serializers.IntegerField()
    reason = serializers.CharField()
    text = serializers.CharField(allow_blank=True, help_text="how the place begins")


class References(Serializer):
    format = serializers.CharField(
        allow_null=True, help_text="what they were read as; null if they could not be read at all"
    )
    dry_run = serializers.BooleanField()
    matched = PaperName(many=True)
    missing = MissingReference(many=True, help_text="references to no paper here")
    problems = UnreadReference(many=True, help_text="what was not understood")


class Restored(Serializer):
    format = serializers.ChoiceField(choices=["library"])
    dry_run = serializers.BooleanField()
    bookmarks = serializers.IntegerField()
    notes = serializers.IntegerField()
    lists = serializers.IntegerField()
    missing = serializers.ListField(
        child=serializers.CharField(), help_text="titles of papers that are not here"
    )
    problems = serializers.ListField(child=serializers.CharField())


class UnreadDigest(Serializer):
    date = serializers.DateField()
    paper_count = serializers.IntegerField()
    page = serializers.CharField(help_text="its page here")


class ReadState(Serializer):
    date = serializers.DateField()
    read = serializers.BooleanField()
