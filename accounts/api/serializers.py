"""The shapes of what the library's API answers."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.urls import reverse
from rest_framework import serializers

from accounts.library import Access
from accounts.models import Role, SearchKind, Status, Visibility
from digest.api.serializers import DigestSerializer, MomentField, PageAddressField, Serializer


class PersonField(serializers.CharField):
    """What a person is called."""


class PaperPageField(PageAddressField):
    def to_representation(self, value: Any) -> Any:
        return None if value.hidden else super().to_representation(value)


class SecretLinkField(serializers.CharField):
    """The link that opens a list to whoever has it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(source="*", allow_null=True, **options)

    def to_representation(self, value: Any) -> Any:
        found = value.list
        if value.access != Access.OWNER.name.lower() or found.visibility != Visibility.LINK:
            return None
        return settings.SITE_URL + reverse("shared-list", args=[found.secret])


class PaperNameSerializer(Serializer):
    example = {
        "id": "2502.02737",
        "arxiv_id": "2502.02737",
        "title": "SmolLM2: When Smol Goes Big -- Data-Centric Training of a Small Language Model",
        "date": "2025-02-06",
        "url": "https://arxiv.org/abs/2502.02737",
        "page": "https://digest.example.org/papers/2502.02737/",
    }

    id = serializers.CharField(source="slug", help_text="the arXiv id, else a slug")
    arxiv_id = serializers.CharField(allow_null=True, help_text="without version")
    title = serializers.CharField()
    date = serializers.DateField(help_text="day of the first digest that had it")
    url = serializers.CharField(
        source="abstract_url", allow_blank=True, help_text="where the paper itself is"
    )
    page = PaperPageField(
        allow_null=True, help_text="its page here; null once it is no longer in the catalogue"
    )


class BookmarkSerializer(Serializer):
    # A bookmark as `Library.bookmarks.of` finds it.

    example = {
        "paper": PaperNameSerializer.example,
        "status": "reading",
        "added_at": "2025-02-06T08:00:00.000000Z",
        "has_note": True,
    }

    paper = PaperNameSerializer()
    status = serializers.ChoiceField(choices=Status.choices)
    added_at = MomentField()
    has_note = serializers.BooleanField()


class BulkOutcomeSerializer(Serializer):
    paper = serializers.CharField(help_text="as it was said")
    outcome = serializers.ChoiceField(
        choices=["done", "unchanged", "missing"],
        help_text="`unchanged`: it was so already; `missing`: there is no such paper",
    )


class BulkResultSerializer(Serializer):
    example = {
        "results": [
            {"paper": "2502.02737", "outcome": "done"},
            {"paper": "arXiv:2502.00001v2", "outcome": "missing"},
        ]
    }

    results = BulkOutcomeSerializer(many=True, help_text="in the order of the papers")


class NoteSerializer(Serializer):
    example = {
        "paper": "2502.02737",
        "text": "Compare their *data mix* with ours.",
        "version": 2,
        "added_at": "2025-02-06T08:00:00.000000Z",
        "changed_at": "2025-02-07T09:30:00.000000Z",
    }

    paper = serializers.CharField(source="paper.slug", help_text="id of the paper")
    text = serializers.CharField(help_text="Markdown")
    version = serializers.IntegerField(help_text="how often it was saved")
    added_at = MomentField()
    changed_at = MomentField()


class ListedNoteSerializer(NoteSerializer):
    example = {**NoteSerializer.example, "title": PaperNameSerializer.example["title"]}

    title = serializers.CharField(source="paper.title", help_text="of the paper")


class ReadingListSerializer(Serializer):
    # A list, what the person who asks may do with it, and how many papers are in it.

    example = {
        "id": "3f9a01c2d4",
        "name": "Small models",
        "description": "What we read in *spring*.",
        "visibility": "members",
        "owner": "owner",
        "access": "owner",
        "items_count": 12,
        "added_at": "2025-02-06T08:00:00.000000Z",
        "changed_at": "2025-02-07T09:30:00.000000Z",
        "page": "https://digest.example.org/lists/3f9a01c2d4/",
        "link": None,
    }

    id = serializers.CharField(source="list.slug")
    name = serializers.CharField(source="list.name")
    description = serializers.CharField(
        source="list.description", allow_blank=True, help_text="Markdown"
    )
    visibility = serializers.ChoiceField(source="list.visibility", choices=Visibility.choices)
    owner = PersonField(source="list.owner", help_text="what they are called")
    access = serializers.ChoiceField(
        choices=["owner", "editor", "viewer", "reader"], help_text="what you may do with it"
    )
    items_count = serializers.IntegerField()
    added_at = MomentField(source="list.added_at")
    changed_at = MomentField(source="list.changed_at")
    page = PageAddressField(source="list", help_text="its page here")
    link = SecretLinkField(help_text="the secret link, told to its owner while it opens the list")


class ListItemSerializer(Serializer):
    # A row of a list, its place, and the note that is shown with it.

    example = {
        "paper": PaperNameSerializer.example,
        "position": 1,
        "section": "Training data",
        "comment": "Table 2.",
        "shows_note": True,
        "note_html": "<p>Compare their <em>data mix</em> with ours.</p>",
        "added_at": "2025-02-06T08:00:00.000000Z",
    }

    paper = PaperNameSerializer(source="item.paper")
    position = serializers.IntegerField(help_text="from 1")
    section = serializers.CharField(source="item.section", allow_blank=True)
    comment = serializers.CharField(source="item.comment", allow_blank=True, help_text="Markdown")
    shows_note = serializers.BooleanField(source="item.shows_note")
    note_html = serializers.CharField(
        allow_null=True, help_text="what the list's owner noted on it, if that is shown"
    )
    added_at = MomentField(source="item.added_at")


class ItemsAddedSerializer(Serializer):
    example = {"added": 1, "missing": ["2502.00001"]}

    added = serializers.IntegerField(help_text="those excepted that were in the list already")
    missing = serializers.ListField(
        child=serializers.CharField(), help_text="what names no paper here, as it was said"
    )


class SavedSearchSerializer(Serializer):
    # A saved search, and what is new in it.

    example = {
        "id": 7,
        "name": "Robots",
        "kind": "papers",
        "query": "category=robotics&q=robot",
        "is_mailed": True,
        "new": 3,
        "new_is_exact": True,
        "added_at": "2025-02-06T08:00:00.000000Z",
        "seen_at": "2025-02-07T09:30:00.000000Z",
        "page": "https://digest.example.org/library/searches/7/",
    }

    id = serializers.IntegerField(source="search.pk")
    name = serializers.CharField(source="search.name")
    kind = serializers.ChoiceField(source="search.kind", choices=SearchKind.choices)
    query = serializers.CharField(
        source="search.query", help_text="of the address of the list, in one order"
    )
    is_mailed = serializers.BooleanField(source="search.is_mailed")
    new = serializers.IntegerField(
        help_text="papers of the last 30 days that came since you looked"
    )
    new_is_exact = serializers.BooleanField(help_text="false: there are at least so many")
    added_at = MomentField(source="search.added_at")
    seen_at = MomentField(source="search.seen_at", help_text="when you last looked")
    page = PageAddressField(source="search", help_text="its page here")


class MemberSerializer(Serializer):
    id = serializers.IntegerField()
    name = PersonField(source="user")
    role = serializers.ChoiceField(choices=Role.choices)
    added_at = MomentField()


class InvitedSerializer(Serializer):
    example = {
        "id": 7,
        "invitee": "editor@example.org",
        "role": "editor",
        "added_at": "2025-02-06T08:00:00.000000Z",
    }

    id = serializers.IntegerField()
    invitee = serializers.CharField()
    role = serializers.ChoiceField(choices=Role.choices)
    added_at = MomentField()


class MembersSerializer(Serializer):
    example = {
        "owner": "owner",
        "members": [
            {
                "id": 5,
                "name": "viewer",
                "role": "viewer",
                "added_at": "2025-02-06T08:00:00.000000Z",
            }
        ],
        "invitations": [InvitedSerializer.example],
    }

    owner = PersonField(help_text="what they are called")
    members = MemberSerializer(many=True)
    invitations = InvitedSerializer(
        many=True, help_text="that nobody answered yet; for the owner alone"
    )


class InvitedToSerializer(Serializer):
    id = serializers.CharField(source="slug")
    name = serializers.CharField()
    owner = PersonField()


class InvitationSerializer(Serializer):
    example = {
        "id": 7,
        "list": {"id": "3f9a01c2d4", "name": "Small models", "owner": "owner"},
        "role": "editor",
        "added_at": "2025-02-06T08:00:00.000000Z",
    }

    id = serializers.IntegerField()
    list = InvitedToSerializer(source="reading_list")
    role = serializers.ChoiceField(choices=Role.choices)
    added_at = MomentField()


class MissingReferenceSerializer(Serializer):
    line = serializers.IntegerField()
    title = serializers.CharField(allow_blank=True)
    arxiv_id = serializers.CharField(allow_null=True)
    url = serializers.CharField(allow_null=True)


class UnreadReferenceSerializer(Serializer):
    line = serializers.IntegerField()
    reason = serializers.CharField()
    text = serializers.CharField(allow_blank=True, help_text="how the place begins")


class MentionSerializer(Serializer):
    line = serializers.IntegerField()
    name = serializers.CharField(help_text="`arXiv:` and an id, or an address")


class ReferencesSerializer(Serializer):
    example = {
        "format": "list",
        "dry_run": False,
        "matched": [PaperNameSerializer.example],
        "missing": [
            {
                "line": 2,
                "title": "",
                "arxiv_id": "1706.03762",
                "url": "https://arxiv.org/abs/1706.03762",
            }
        ],
        "problems": [],
        "mentions": [],
        "notes": 0,
        "tags": [],
    }

    format = serializers.CharField(
        allow_null=True,
        help_text="what they were read as, of several forms with commas between; null if they could"
        " not be read at all",
    )
    dry_run = serializers.BooleanField()
    matched = PaperNameSerializer(many=True)
    missing = MissingReferenceSerializer(many=True, help_text="references to no paper here")
    problems = UnreadReferenceSerializer(many=True, help_text="what was not understood")
    mentions = MentionSerializer(
        many=True, help_text="what abstracts, comments and texts name beside the references"
    )
    notes = serializers.IntegerField(help_text="matched papers that get a note")
    tags = serializers.ListField(
        child=serializers.CharField(), help_text="tags of the matched papers"
    )


class RestoredSerializer(Serializer):
    format = serializers.ChoiceField(choices=["library"])
    dry_run = serializers.BooleanField()
    bookmarks = serializers.IntegerField()
    notes = serializers.IntegerField()
    lists = serializers.IntegerField()
    searches = serializers.IntegerField()
    missing = serializers.ListField(
        child=serializers.CharField(), help_text="titles of papers that are not here"
    )
    problems = serializers.ListField(child=serializers.CharField())


class UnreadDigestSerializer(DigestSerializer):
    example = {
        "stream": "daily",
        "date": "2025-02-06",
        "paper_count": 20,
        "page": "https://digest.example.org/digests/2025-02-06/",
    }

    page = PageAddressField(help_text="its page here")


class ReadStateSerializer(Serializer):
    example = {"stream": "daily", "date": "2025-02-06", "read": True}

    stream = serializers.CharField(help_text="id of its stream")
    date = serializers.DateField()
    read = serializers.BooleanField()
