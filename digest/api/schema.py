"""What the API says of itself in OpenAPI: shapes, parameters, examples, errors.

The views make their answers by hand, which is many times faster; a test holds every answer against
what is declared here.
"""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.helpers import forced_singular_serializer
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from digest.exports import API_FILES
from digest.text.links import KINDS as _KINDS
from digest.text.links import OTHER

KINDS = tuple(_KINDS)


def close_bodies(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Say of what is sent that it holds no other fields: see `parsers.Serializer`. A hook of
    drf-spectacular, which calls the shapes of bodies so."""
    for name, shape in result["components"]["schemas"].items():
        if name.endswith("Request") and shape.get("type") == "object":
            shape["additionalProperties"] = False
    return result


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "accounts.tokens.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A token from your account's page: `Authorization: Bearer pd_…`",
        }


class Problem(serializers.Serializer[Any]):
    """What went wrong, as RFC 9457 has it."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = serializers.DictField(  # type: ignore[assignment]  # a name that DRF has taken
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text="what is wrong, by parameter or field",
    )


class PaperAuthor(serializers.Serializer[Any]):
    id = serializers.CharField()
    name = serializers.CharField(help_text="as printed")
    is_handle = serializers.BooleanField(help_text="one word, so most likely a handle")


class PaperCategory(serializers.Serializer[Any]):
    id = serializers.CharField()
    name = serializers.CharField()


class PaperLink(serializers.Serializer[Any]):
    url = serializers.CharField()
    kind = serializers.ChoiceField(choices=KINDS)


class Paper(serializers.Serializer[Any]):
    id = serializers.CharField(help_text="the arXiv id, else a slug")
    arxiv_id = serializers.CharField(allow_null=True, help_text="without version")
    title = serializers.CharField()
    authors = PaperAuthor(many=True)
    authors_cut = serializers.BooleanField(help_text="there may be more authors")
    summary = serializers.CharField(allow_blank=True)
    categories = PaperCategory(many=True)
    links = PaperLink(many=True)
    date = serializers.DateField(help_text="day of the first digest that had it")
    changed_at = serializers.DateTimeField(help_text="when what is said here was last written")
    url = serializers.CharField(allow_blank=True, help_text="where the paper itself is")
    page = serializers.CharField(help_text="its page here")


class TrimmedPaper(Paper):
    """A paper, with the fields that `fields` names alone."""

    def get_fields(self) -> dict[str, Any]:
        found = super().get_fields()
        for field in found.values():
            field.required = False
        return found


class QueryProblem(serializers.Serializer[Any]):
    part = serializers.CharField()
    reason = serializers.CharField()
    done = serializers.CharField()


class Gone(serializers.Serializer[Any]):
    id = serializers.CharField()
    gone_at = serializers.DateTimeField()


class PaperPage(serializers.Serializer[Any]):
    next = serializers.CharField(allow_null=True, help_text="address of the next page")
    problems = QueryProblem(many=True, required=False, help_text="parts of q that were not read")
    gone = Gone(many=True, required=False, help_text="with modified_since: no longer here")
    results = TrimmedPaper(many=True)


class Lookup(serializers.Serializer[Any]):
    ids = serializers.ListField(
        child=serializers.CharField(allow_blank=True),
        max_length=500,
        help_text="arXiv ids or addresses, any form",
    )


class Found(serializers.Serializer[Any]):
    given = serializers.CharField(allow_blank=True)
    arxiv_id = serializers.CharField(allow_null=True)
    paper = Paper(allow_null=True)


class LookupResult(serializers.Serializer[Any]):
    results = Found(many=True)


class Digest(serializers.Serializer[Any]):
    date = serializers.DateField()
    paper_count = serializers.IntegerField()
    page = serializers.CharField()


class WholeDigest(Digest):
    papers = TrimmedPaper(many=True, help_text="in their order")


class Author(serializers.Serializer[Any]):
    id = serializers.CharField()
    name = serializers.CharField()
    is_handle = serializers.BooleanField()
    paper_count = serializers.IntegerField()
    page = serializers.CharField()


class Category(serializers.Serializer[Any]):
    id = serializers.CharField()
    name = serializers.CharField()
    is_area = serializers.BooleanField()
    area = serializers.CharField(allow_null=True, help_text="id of its area")
    paper_count = serializers.IntegerField()
    page = serializers.CharField()


class Link(serializers.Serializer[Any]):
    url = serializers.CharField()
    kind = serializers.ChoiceField(choices=KINDS)
    paper = serializers.CharField(help_text="id of the paper that it was given for")


class LoadProblem(serializers.Serializer[Any]):
    line = serializers.IntegerField()
    reason = serializers.CharField()
    action = serializers.CharField()


class Source(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    sha256 = serializers.CharField()
    format = serializers.CharField()
    date = serializers.DateField(allow_null=True)
    loaded_at = serializers.DateTimeField()
    rows = serializers.IntegerField()
    problems = LoadProblem(many=True)


class LoadReport(serializers.Serializer[Any]):
    written = serializers.BooleanField()
    name = serializers.CharField()
    status = serializers.ChoiceField(choices=["loaded", "known"])
    format = serializers.CharField()
    digests = serializers.IntegerField()
    rows = serializers.IntegerField()
    new = serializers.IntegerField()
    changed = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    links = serializers.IntegerField()
    problems = LoadProblem(many=True)


class Upload(serializers.Serializer[Any]):
    file = serializers.FileField()
    name = serializers.CharField(required=False, help_text="instead of the file's own")
    dry_run = serializers.BooleanField(default=False, help_text="report, and write nothing")


def single(shape: type[serializers.Serializer[Any]]) -> Any:
    """The shape itself: what a view calls `list` is else taken to be an array of it."""
    return forced_singular_serializer(shape)  # type: ignore[no-untyped-call]


def page_of(row: type[serializers.Serializer[Any]]) -> type[serializers.Serializer[Any]]:
    """A page of rows of one kind."""
    return type(
        f"{row.__name__}Page",
        (serializers.Serializer,),
        {
            "next": serializers.CharField(allow_null=True, help_text="address of the next page"),
            "results": row(many=True),
        },
    )


def problems(*statuses: int) -> dict[Any, OpenApiResponse]:
    """The errors that an operation may answer."""
    names = {
        400: "A parameter is wrong: `errors` names it",
        401: "The token is not known",
        403: "Not allowed with this token, or to this person",
        404: "There is none",
        406: "None of the formats in Accept is to be had",
        409: "It collides with what is there",
        410: "The catalogue changed, and with it the order of the pages: begin without a cursor",
        412: "It was changed since",
        413: "Too large",
        415: "The body is of a type that is not read",
        428: "If-Match is missing",
        429: "Too many requests: Retry-After says when to come back",
        503: "Busy: Retry-After says when to come back",
    }
    return {
        (status, "application/problem+json"): OpenApiResponse(Problem, names[status])
        for status in statuses
    }


COMMON = (400, 401, 403, 406, 429, 503)


def query(
    name: str, description: str, type: Any = str, *, many: bool = False, **more: Any
) -> OpenApiParameter:
    return OpenApiParameter(
        name, type, OpenApiParameter.QUERY, False, description, many=many, **more
    )


SIZE = query("page_size", "rows of a page: 1 to 100", int)
CURSOR = query("cursor", "where the page begins, as `next` says it", pattern="^[A-Za-z0-9_-]+$")
_FIELD = "|".join(Paper().fields)
FIELDS = query(
    "fields",
    "fields of a paper to be told, separated by commas: `id,title`",
    pattern=f"^({_FIELD})(,({_FIELD}))*$",
)
PUBLIC: list[Any] = [{"cookieAuth": []}, {"token": []}, {}]
"""Who may ask: anybody, with a token or without."""
FORMAT = query(
    "format",
    "`json`, or the whole list as a file: "
    + ", ".join(f"`{writer.suffix}`" for writer in API_FILES),
    enum=["json", *(writer.suffix for writer in API_FILES)],
)
JSON_ONLY = query("format", "`json`", enum=["json"])
FILES = {(200, writer.media_type): OpenApiTypes.BINARY for writer in API_FILES}
PAPER_EXAMPLE = {
    "id": "2502.02737",
    "arxiv_id": "2502.02737",
    "title": "SmolLM2: When Smol Goes Big -- Data-Centric Training of a Small Language Model",
    "authors": [{"id": "lvwerra", "name": "lvwerra", "is_handle": True}],
    "authors_cut": True,
    "summary": "- A small language model, and the data that it was trained on.",
    "categories": [{"id": "text-generation", "name": "Text Generation"}],
    "links": [{"url": "https://github.com/huggingface/smollm", "kind": "code"}],
    "date": "2025-02-06",
    "changed_at": "2025-02-07T06:00:00.000000Z",
    "url": "https://arxiv.org/abs/2502.02737",
    "page": "https://digest.example.org/papers/2502.02737/",
}


def example(value: Any, name: str = "Example", **options: Any) -> OpenApiExample:
    return OpenApiExample(name, value=value, **options)


def _listed(
    name: str,
    row: type[serializers.Serializer[Any]],
    *more: Any,
    orders: Any,
    errors: tuple[int, ...] = (),
    public: bool = True,
) -> Any:
    """errors: beside the usual ones."""
    ordering = [query("ordering", "of the rows", enum=list(orders))] if orders else []
    return {
        "operation_id": name,
        "auth": PUBLIC if public else None,
        "parameters": [SIZE, CURSOR, *ordering, JSON_ONLY, *more],
        "responses": {200: single(page_of(row)), **problems(*COMMON, *errors)},
    }


def _one(name: str, row: Any, *parameters: Any, public: bool = True) -> Any:
    return {
        "operation_id": name,
        "auth": PUBLIC if public else None,
        "parameters": [JSON_ONLY, *parameters],
        "responses": {200: row, **problems(*COMMON, 404)},
    }


PAPERS: dict[str, Any] = {
    "operation_id": "papers",
    "auth": PUBLIC,
    "summary": "Papers that match",
    "description": "Where the catalogue changes while you turn the pages, nothing that stays is"
    " left out: by `newest`, what came or changed meanwhile comes after the last page, told before"
    " or not; by `best`, which follows from all papers, all come once more, newest first.",
    "parameters": [
        query("q", "the site's query language: `diffusion -video has:code date:2025-02`"),
        query("category", "id of a category; several must all match", many=True),
        query("area", "id of an area", many=True),
        query("match", "whether all or any of the categories", enum=["all", "any"]),
        query("not_category", "id of a category to leave out", many=True),
        query("author", "id of an author", many=True),
        query(
            "has",
            "kind of a link",
            many=True,
            enum=[kind.split()[0] for kind in KINDS if kind != OTHER],
        ),
        query("date_from", "first day", OpenApiTypes.DATE),
        query("date_to", "last day", OpenApiTypes.DATE),
        query("digest", "day of a digest that has them", OpenApiTypes.DATE),
        query("ordering", "`best` needs words to match", enum=["best", "newest"]),
        query(
            "modified_since",
            "instead of all above: what changed since, oldest change first, and what is gone",
            OpenApiTypes.DATETIME,
        ),
        FIELDS,
        SIZE,
        CURSOR,
        FORMAT,
    ],
    "responses": {
        (200, "application/json"): single(PaperPage),
        **FILES,
        **problems(*COMMON),
    },
    "examples": [
        example(
            {"next": None, "problems": [], "results": [PAPER_EXAMPLE]},
            response_only=True,
            status_codes=["200"],
            media_type="application/json",
        )
    ],
}
PAPER: dict[str, Any] = {
    "operation_id": "paper",
    "auth": PUBLIC,
    "summary": "One paper, by its arXiv id in any form",
    "parameters": [FIELDS, FORMAT],
    "responses": {(200, "application/json"): TrimmedPaper, **FILES, **problems(*COMMON, 404)},
    "examples": [
        example(
            PAPER_EXAMPLE,
            response_only=True,
            status_codes=["200"],
            media_type="application/json",
        )
    ],
}
LOOKUP: dict[str, Any] = {
    "operation_id": "papers_lookup",
    "auth": PUBLIC,
    "summary": "Which of up to 500 arXiv ids or addresses are here",
    "parameters": [JSON_ONLY],
    "request": Lookup,
    "responses": {200: LookupResult, **problems(*COMMON, 413, 415)},
    "examples": [
        example({"ids": ["arXiv:2502.02737v2", "hf.co/papers/2502.02737"]}, request_only=True)
    ],
}
DIGESTS = _listed("digests", Digest, orders=("-date", "date"))
DIGEST = _one("digest", WholeDigest, FIELDS)
LOAD: dict[str, Any] = {
    "operation_id": "digest_load",
    "summary": "Load a digest, as `load_digest` does",
    "description": "The body is the file itself, or a form's `file`. The same bytes twice change"
    " nothing.",
    "parameters": [
        query(
            "dry_run",
            "`true`: report, and write nothing; may stand in the form instead",
            enum=["true", "false", "1", "0"],
        ),
        query("name", "the file's name, whose date counts where the content names none"),
        JSON_ONLY,
    ],
    "request": {
        "multipart/form-data": Upload,
        "text/markdown": OpenApiTypes.BINARY,
        "text/plain": OpenApiTypes.BINARY,
        "application/json": OpenApiTypes.ANY,
        "application/octet-stream": OpenApiTypes.BINARY,
    },
    "responses": {200: LoadReport, 201: LoadReport, **problems(*COMMON, 415)},
}
_REORDERED = {
    "description": "By `-paper_count`, the pages end with 410 where the catalogue changes while you"
    " turn them: begin again, or take `name`, which nothing changes."
}
AUTHORS = _listed("authors", Author, orders=("-paper_count", "name"), errors=(410,)) | _REORDERED
AUTHOR = _one("author", Author)
CATEGORIES = (
    _listed("categories", Category, orders=("name", "-paper_count"), errors=(410,)) | _REORDERED
)
CATEGORY = _one("category", Category)
LINKS = _listed("links", Link, query("kind", "of the links", enum=list(KINDS)), orders=("id",))
SOURCES = _listed("sources", Source, orders=(), public=False)
SOURCE = _one("source", Source, public=False)
