"""What programs send to the library: bodies, and the parameters of lists."""

from __future__ import annotations

from rest_framework import serializers

from accounts.library import Sort
from accounts.library.lists.members import name_or_address
from accounts.models import (
    COMMENT_LENGTH,
    NOTE_LENGTH,
    QUERY_LENGTH,
    Role,
    SearchKind,
    Status,
    Visibility,
)
from digest.api.pages import MOST, PAGE
from digest.api.serializers import Serializer

from .fields import (
    FlagField,
    LineField,
    NumberField,
    PapersField,
    SwitchField,
    TextField,
    WordField,
)


class PageQuerySerializer(Serializer):
    page_size = serializers.IntegerField(
        min_value=1, max_value=MOST, default=PAGE, help_text="rows of a page"
    )
    cursor = serializers.RegexField(
        "^[A-Za-z0-9_-]+$", required=False, help_text="where the page begins, as `next` says it"
    )


ORDERINGS = {"-added_at": Sort.ADDED, "-date": Sort.DATE, "title": Sort.TITLE}


class BookmarkQuerySerializer(PageQuerySerializer):
    q = serializers.CharField(
        default="",
        allow_blank=True,
        help_text='the site\'s query language, with `is:reading`, `in:"a list"` and `has:note`',
    )
    ordering = WordField(
        list(ORDERINGS),
        default="-added_at",
        help_text="pages by `-date` and `title` end with 410 where the catalogue changes meanwhile:"
        " begin again",
    )
    sort = WordField(
        [sort.value for sort in Sort],
        required=False,
        help_text="the same by older names, where there is no `ordering`",
    )
    status = WordField(Status.choices, required=False, help_text="of these alone")


class MarkSerializer(Serializer):
    example = {"status": "reading"}

    status = WordField(
        Status.choices,
        required=False,
        help_text="by default a bookmark keeps its own, and a new one is `to-read`",
    )


class BulkSerializer(Serializer):
    example = {"papers": ["2502.02737", "arXiv:2502.00001v2"], "do": "read"}

    papers = PapersField()
    do = WordField(
        ["add", *Status.values, "remove", "dismiss", "show"],
        help_text="a status bookmarks as well; `dismiss` hides the papers from the site's lists,"
        " and `show` takes that back",
    )


class NoteTextSerializer(Serializer):
    example = {"text": "Compare their *data mix* with ours."}

    text = TextField(max_length=NOTE_LENGTH, trim_whitespace=False, help_text="Markdown")


class NewListSerializer(Serializer):
    example = {"name": "Small models", "visibility": "members"}

    name = LineField(max_length=200)
    description = TextField(max_length=COMMENT_LENGTH, default="", allow_blank=True)
    visibility = WordField(Visibility.choices, default=Visibility.PRIVATE.value)


class ListChangeSerializer(Serializer):
    example = {"visibility": "members"}

    name = LineField(max_length=200, required=False)
    description = TextField(max_length=COMMENT_LENGTH, required=False, allow_blank=True)
    visibility = WordField(Visibility.choices, required=False)


class NewItemsSerializer(Serializer):
    example = {"papers": ["2502.02737", "2502.00001"], "section": "Training data"}

    papers = PapersField()
    section = LineField(max_length=200, default="", allow_blank=True)


class ItemChangeSerializer(Serializer):
    example = {"comment": "Table 2.", "position": 1}

    comment = TextField(max_length=COMMENT_LENGTH, required=False, allow_blank=True)
    section = LineField(
        max_length=200,
        required=False,
        allow_blank=True,
        help_text="with a position, one of the sections that meet there, else that of the paper"
        " before it",
    )
    shows_note = FlagField(required=False, help_text="for the list's owner alone to say")
    position = NumberField(
        min_value=1, max_value=1_000_000, required=False, help_text="from 1; beyond the end is last"
    )


class NewSearchSerializer(Serializer):
    example = {"name": "Robots", "query": "q=robot&category=robotics"}

    name = LineField(max_length=200)
    kind = WordField(SearchKind.choices, default=SearchKind.PAPERS.value)
    query = TextField(
        max_length=QUERY_LENGTH,
        help_text="the query string of the page's address: of `/papers/`, or, with the kind"
        " `library`, of `/library/`",
    )


class SearchChangeSerializer(Serializer):
    example = {"seen": True}

    name = LineField(max_length=200, required=False)
    is_mailed = FlagField(
        required=False, help_text="whether its new papers are sent to you, by mail and otherwise"
    )
    seen = FlagField(
        required=False, help_text="true: count all papers that have come until now as seen"
    )


class InviteeSerializer(Serializer):
    example = {"invitee": "editor@example.org", "role": "editor"}

    invitee = LineField(
        max_length=254,
        validators=[name_or_address],
        help_text="a user name, or an address that they confirmed",
    )
    role = WordField(Role.choices, default=Role.VIEWER.value)


class RoleChangeSerializer(Serializer):
    example = {"role": "editor"}

    role = WordField(Role.choices, required=False)


class SuccessorSerializer(Serializer):
    example = {"member": 7}

    member = NumberField(help_text="id of the member who is to own the list")


class AnswerSerializer(Serializer):
    example = {"do": "accept"}

    do = WordField(["accept", "decline"])


class ImportOptionsSerializer(Serializer):
    dry_run = SwitchField(
        default=True, help_text="only say what would be done; may stand in the address instead"
    )
    status = WordField(
        Status.choices,
        required=False,
        help_text="of the bookmarks; by default they keep theirs, and new ones are `to-read`",
    )
    list = TextField(
        max_length=100, default="", allow_blank=True, help_text="id of a list to put them into, too"
    )
    notes = SwitchField(
        default=True, help_text="add the notes of the file; where there is one, below it"
    )
    tag_lists = SwitchField(
        default=False, help_text="put the papers of each tag of the file into a list of its name"
    )


class ImportTextSerializer(ImportOptionsSerializer):
    example = {"text": "2502.02737\nhttps://arxiv.org/abs/1706.03762", "dry_run": False}

    text = TextField(trim_whitespace=False, help_text="references, or arXiv ids and addresses")


class ImportFileSerializer(ImportOptionsSerializer):
    file = serializers.FileField(help_text="the same in a file, or an export from here")


class ReadMarkSerializer(Serializer):
    example = {"read": True}

    read = FlagField()
