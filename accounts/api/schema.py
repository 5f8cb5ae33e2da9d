"""What the library's API says of itself in OpenAPI, operation by operation."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer
from rest_framework import serializers as drf

from digest.api.schema import QueryProblem, example, problems

from . import serializers as said

SLUG = r"^[-\w.]+(/[-\w.]+)?$"
READ = (400, 401, 403, 406, 429, 503)
"""Errors of all that reads."""
WRITE = (*READ, 413, 415)
"""Errors of all that writes, whether it takes a body or refuses one."""


def page_of(row: type[said.Serializer], **more: Any) -> type[said.Serializer]:
    """A page of rows of one kind, and what else it says."""
    fields = {
        "count": drf.IntegerField(help_text="rows on all pages together"),
        "next": drf.CharField(allow_null=True, help_text="address of the next page"),
        **more,
        "results": row(many=True),
    }
    return type(f"{row.__name__}Page", (said.Serializer,), fields)


def operation(
    name: str,
    answers: dict[Any, Any],
    *errors: int,
    takes: type[said.Serializer] | None = None,
    parameters: tuple[Any, ...] = (),
    examples: tuple[Any, ...] = (),
) -> dict[str, Any]:
    """takes: the body, or the parameters of a query. errors: beside the usual ones."""
    asks = takes is not None and issubclass(takes, said.PageQuery)
    body = None if asks else takes
    usual = WRITE if body or 204 in answers else READ
    return {
        "operation_id": name,
        "tags": ["library"],
        "parameters": [*parameters, *([takes] if asks else [])],
        "request": body,
        "responses": {**answers, **problems(*sorted({*usual, *errors}))},
        "examples": [*examples],
    }


def _in_path(name: str, what: str, kind: Any = OpenApiTypes.STR, **more: Any) -> OpenApiParameter:
    return OpenApiParameter(name, kind, OpenApiParameter.PATH, description=what, **more)


def _header(name: str, what: str, **more: Any) -> OpenApiParameter:
    return OpenApiParameter(name, str, OpenApiParameter.HEADER, description=what, **more)


PAPER = _in_path("slug", "the paper: its arXiv id in any form, or its id here", pattern=SLUG)
LIST = _in_path("slug", "id of the list", pattern=r"^[-\w]+$")
ITEM = _in_path("paper", "the paper: its arXiv id in any form, or its id here", pattern=SLUG)
MEMBER = _in_path("member", "id of the member", OpenApiTypes.INT)
INVITATION = _in_path("invitation", "id of the invitation", OpenApiTypes.INT)
DAY = _in_path("day", "the digest's day", OpenApiTypes.DATE)
IF_MATCH = _header("If-Match", "the ETag of the note that this one is to replace")
IF_NONE_MATCH = _header("If-None-Match", "`*`: only if there is no note yet")
ETAG = _header("ETag", "which note this is", response=[200, 201])
LOCATION = _header("Location", "the new list", response=[201])

_PAPER = {
    "id": "2502.02737",
    "arxiv_id": "2502.02737",
    "title": "SmolLM2: When Smol Goes Big -- Data-Centric Training of a Small Language Model",
    "date": "2025-02-06",
    "url": "https://arxiv.org/abs/2502.02737",
    "page": "https://digest.example.org/papers/2502.02737/",
}
_BOOKMARK = {
    "paper": _PAPER,
    "status": "reading",
    "added_at": "2025-02-06T08:00:00.000000Z",
    "has_note": True,
}
_NOTE = {
    "paper": "2502.02737",
    "text": "Compare their *data mix* with ours.",
    "version": 2,
    "added_at": "2025-02-06T08:00:00.000000Z",
    "changed_at": "2025-02-07T09:30:00.000000Z",
}
_LIST = {
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
_LIST_ITEM = {
    "paper": _PAPER,
    "position": 1,
    "section": "Training data",
    "comment": "Table 2.",
    "shows_note": True,
    "note_html": "<p>Compare their <em>data mix</em> with ours.</p>",
    "added_at": "2025-02-06T08:00:00.000000Z",
}
_INVITED = {
    "id": 7,
    "invitee": "editor@example.org",
    "role": "editor",
    "added_at": "2025-02-06T08:00:00.000000Z",
}


def _asked(value: Any, name: str = "Request") -> Any:
    return example(value, name, request_only=True)


def _told(value: Any, status: int = 200, name: str = "Answer") -> Any:
    return example(value, name, response_only=True, status_codes=[str(status)])


def _page(row: Any, **more: Any) -> Any:
    return _told({"count": 1, "next": None, **more, "results": [row]})


# Bookmarks

BOOKMARKS = operation(
    "bookmarks",
    {
        200: page_of(
            said.Bookmark, problems=QueryProblem(many=True, help_text="parts of q not read")
        )
    },
    410,
    takes=said.BookmarkQuery,
    examples=(_page(_BOOKMARK, problems=[]),),
)
BOOKMARKS_BULK = operation(
    "bookmarks_bulk",
    {200: said.BulkResult},
    takes=said.Bulk,
    examples=(
        _asked({"papers": ["2502.02737", "arXiv:2502.00001v2"], "do": "read"}),
        _told(
            {
                "results": [
                    {"paper": "2502.02737", "outcome": "done"},
                    {"paper": "arXiv:2502.00001v2", "outcome": "missing"},
                ]
            }
        ),
    ),
)
BOOKMARK = operation(
    "bookmark", {200: said.Bookmark}, 404, parameters=(PAPER,), examples=(_told(_BOOKMARK),)
)
BOOKMARK_KEEP = operation(
    "bookmark_keep",
    {200: said.Bookmark, 201: said.Bookmark},
    404,
    takes=said.Mark,
    parameters=(PAPER,),
    examples=(_asked({"status": "reading"}), _told(_BOOKMARK)),
)
BOOKMARK_DROP = operation("bookmark_drop", {204: None}, 404, parameters=(PAPER,))

# Notes

NOTES = operation(
    "notes",
    {200: page_of(said.ListedNote)},
    takes=said.PageQuery,
    examples=(_page({**_NOTE, "title": _PAPER["title"]}),),
)
NOTE = operation("note", {200: said.Note}, 404, parameters=(PAPER, ETAG), examples=(_told(_NOTE),))
NOTE_SAVE = operation(
    "note_save",
    {200: said.Note, 201: said.Note},
    *(404, 412, 428),
    takes=said.NoteText,
    parameters=(PAPER, IF_MATCH, IF_NONE_MATCH, ETAG),
    examples=(_asked({"text": _NOTE["text"]}), _told(_NOTE)),
)
NOTE_DROP = operation("note_drop", {204: None}, 404, 412, 428, parameters=(PAPER, IF_MATCH))

# Reading lists

LISTS = operation(
    "lists",
    {200: page_of(said.ReadingList)},
    takes=said.PageQuery,
    examples=(_page(_LIST),),
)
LIST_MAKE = operation(
    "list_make",
    {201: said.ReadingList},
    409,
    takes=said.NewList,
    parameters=(LOCATION,),
    examples=(
        _asked({"name": "Small models", "visibility": "members"}),
        _told(_LIST, 201),
    ),
)
LIST_ = operation(
    "list", {200: said.ReadingList}, 404, parameters=(LIST,), examples=(_told(_LIST),)
)
LIST_CHANGE = operation(
    "list_change",
    {200: said.ReadingList},
    *(404, 409),
    takes=said.ListChange,
    parameters=(LIST,),
    examples=(_asked({"visibility": "members"}), _told(_LIST)),
)
LIST_DELETE = operation("list_delete", {204: None}, 404, parameters=(LIST,))
LEAVE = operation("list_leave", {204: None}, 404, parameters=(LIST,))
HAND_OVER = operation(
    "list_hand_over",
    {200: said.ReadingList},
    *(404, 409),
    takes=said.Successor,
    parameters=(LIST,),
    examples=(_asked({"member": 7}), _told({**_LIST, "owner": "editor", "access": "editor"})),
)
ITEMS = operation(
    "list_items",
    {200: page_of(said.ListItem)},
    404,
    takes=said.PageQuery,
    parameters=(LIST,),
    examples=(_page(_LIST_ITEM),),
)
ITEMS_ADD = operation(
    "list_items_add",
    {200: said.ItemsAdded},
    *(404, 409),
    takes=said.NewItems,
    parameters=(LIST,),
    examples=(
        _asked({"papers": ["2502.02737", "2502.00001"], "section": "Training data"}),
        _told({"added": 1, "missing": ["2502.00001"]}),
    ),
)
ITEM_ = operation(
    "list_item",
    {200: said.ListItem},
    404,
    parameters=(LIST, ITEM),
    examples=(_told(_LIST_ITEM),),
)
ITEM_CHANGE = operation(
    "list_item_change",
    {200: said.ListItem},
    404,
    takes=said.ItemChange,
    parameters=(LIST, ITEM),
    examples=(_asked({"comment": "Table 2.", "position": 1}), _told(_LIST_ITEM)),
)
ITEM_DROP = operation("list_item_drop", {204: None}, 404, parameters=(LIST, ITEM))

# Their members

MEMBERS = operation(
    "list_members",
    {200: said.Members},
    404,
    parameters=(LIST,),
    examples=(
        _told(
            {
                "owner": "owner",
                "members": [
                    {
                        "id": 5,
                        "name": "viewer",
                        "role": "viewer",
                        "added_at": "2025-02-06T08:00:00.000000Z",
                    }
                ],
                "invitations": [_INVITED],
            }
        ),
    ),
)
INVITE = operation(
    "list_invite",
    {201: said.Invited},
    *(404, 409),
    takes=said.Invitee,
    parameters=(LIST,),
    examples=(
        _asked({"invitee": "editor@example.org", "role": "editor"}),
        _told(_INVITED, 201),
    ),
)
MEMBER_CHANGE = operation(
    "list_member_change",
    {200: said.Member},
    404,
    takes=said.RoleChange,
    parameters=(LIST, MEMBER),
    examples=(_asked({"role": "editor"}),),
)
MEMBER_DISMISS = operation("list_member_dismiss", {204: None}, 404, parameters=(LIST, MEMBER))
UNINVITE = operation("list_uninvite", {204: None}, 404, parameters=(LIST, INVITATION))
INVITATIONS = operation(
    "invitations",
    {200: page_of(said.Invitation)},
    takes=said.PageQuery,
    examples=(
        _page(
            {
                "id": 7,
                "list": {"id": "3f9a01c2d4", "name": "Small models", "owner": "owner"},
                "role": "editor",
                "added_at": "2025-02-06T08:00:00.000000Z",
            }
        ),
    ),
)
INVITATION_ANSWER = operation(
    "invitation_answer",
    {200: said.ReadingList, 204: None},
    404,
    takes=said.Answer,
    parameters=(INVITATION,),
    examples=(_asked({"do": "accept"}), _told({**_LIST, "access": "editor"})),
)

# In and out

IMPORT: dict[str, Any] = operation(
    "import",
    {
        200: PolymorphicProxySerializer(
            component_name="Import",
            serializers=[said.References, said.Restored],
            resource_type_field_name=None,
        )
    },
    *(404, 409),
    takes=said.ImportText,
    parameters=(said.DryRun,),
    examples=(
        _asked({"text": "2502.02737\nhttps://arxiv.org/abs/1706.03762", "dry_run": False}),
        _told(
            {
                "format": "list",
                "dry_run": False,
                "matched": [_PAPER],
                "missing": [
                    {
                        "line": 2,
                        "title": "",
                        "arxiv_id": "1706.03762",
                        "url": "https://arxiv.org/abs/1706.03762",
                    }
                ],
                "problems": [],
            }
        ),
    ),
) | {"request": {"application/json": said.ImportText, "multipart/form-data": said.ImportFile}}
EXPORT = operation("export", {(200, "application/zip"): OpenApiTypes.BINARY})

# What is new

UNREAD = operation(
    "unread",
    {
        200: page_of(
            said.UnreadDigest,
            new_papers=drf.IntegerField(help_text="papers that came first in one of all these"),
        )
    },
    takes=said.PageQuery,
    examples=(
        _page(
            {
                "date": "2025-02-06",
                "paper_count": 20,
                "page": "https://digest.example.org/digests/2025-02-06/",
            },
            new_papers=18,
        ),
    ),
)
UNREAD_MARK = operation(
    "unread_mark",
    {200: said.ReadState},
    404,
    takes=said.ReadMark,
    parameters=(DAY,),
    examples=(_asked({"read": True}), _told({"date": "2025-02-06", "read": True})),
)
