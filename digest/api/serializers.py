"""The shapes of the catalogue's API. Each is declared once: a serializer makes the answer, and the
schema is inferred from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import cache, cached_property
from operator import attrgetter
from types import SimpleNamespace
from typing import Any, ClassVar

from django.conf import settings
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from digest.text.links import KINDS

from .parsers import is_text, no_such_fields

Reader = Callable[[Any], Any]

_AS_IS = (
    serializers.BooleanField,
    serializers.CharField,
    serializers.ChoiceField,
    serializers.IntegerField,
)
"""Fields of values that a renderer writes as they are."""
_ABSENT = object()


class Serializer(serializers.Serializer[Any]):
    # No docstring: the schema would give it as the description of each shape.
    #
    # To answer, a class looks up once how each of its fields is read: DRF does so for each row,
    # which takes more than twice as long. It answers objects and dictionaries alike, and leaves
    # out a field that is not required where the object does not have it. A body is refused if it,
    # or an object in it, has fields that nobody knows: a misspelt one would be left out of what is
    # done.

    example: ClassVar[Any] = None
    """An answer or a body of this shape, for the schema."""

    @classmethod
    @cache
    def readers(cls) -> tuple[dict[str, Reader], list[str]]:
        """How each field is read from what is to be answered, by name; and which may be absent."""
        fields = cls().fields.items()
        optional = [name for name, field in fields if not field.required]
        return {name: _reader(field) for name, field in fields}, optional

    @cached_property
    def _readers(self) -> tuple[dict[str, Reader], list[str]]:
        return self.readers()

    def to_representation(self, instance: Any) -> Any:
        if type(instance) is dict:
            instance = SimpleNamespace(**instance)
        readers, optional = self._readers
        found = {name: read(instance) for name, read in readers.items()}
        for name in optional:
            if found[name] is _ABSENT:
                del found[name]
        return found

    def to_internal_value(self, data: Any) -> Any:
        unknown: dict[str, Any] = {}
        if isinstance(data, Mapping):
            unknown |= no_such_fields(name for name in data if name not in self.fields)
        try:
            value = super().to_internal_value(data)
        except ValidationError as error:
            raise ValidationError({**unknown, **error.detail}) from None  # type: ignore[dict-item]
        if unknown:
            raise ValidationError(unknown)
        return value


def _reader(field: serializers.Field[Any, Any, Any, Any]) -> Reader:
    represent: Reader = field.to_representation
    source = str(field.source)
    if type(field) is serializers.DateField:
        represent = date.isoformat  # what DRF's gives, without asking its settings
    if source == "*":
        return represent
    get: Reader = attrgetter(source)
    if field.allow_null and "." in source:
        head, _, rest = source.partition(".")
        first, then = attrgetter(head), attrgetter(rest)

        def get(instance: Any) -> Any:
            found = first(instance)
            return None if found is None else then(found)

    elif not field.required:

        def get(instance: Any) -> Any:
            return getattr(instance, source, _ABSENT)

    if type(field) in _AS_IS:
        return get

    def read(instance: Any) -> Any:
        value = get(instance)
        return value if value is None or value is _ABSENT else represent(value)

    return read


def stamp(moment: datetime, timespec: str = "microseconds") -> str:
    """A moment as an answer has it: in UTC, and by default to the microsecond."""
    return moment.astimezone(UTC).isoformat(timespec=timespec).replace("+00:00", "Z")


class MomentField(serializers.DateTimeField):
    """A moment. timespec: as `datetime.isoformat` has it."""

    def __init__(self, timespec: str = "auto", **options: Any) -> None:
        super().__init__(**options)
        self.timespec = timespec

    def to_representation(self, value: datetime) -> str:
        return stamp(value, self.timespec)


class PageAddressField(serializers.CharField):
    """The address of the page here that shows the object."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"source": "*", **options})

    def to_representation(self, value: Any) -> str:
        return f"{settings.SITE_URL}{value.get_absolute_url()}"


class ProblemSerializer(Serializer):
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
    request_id = serializers.CharField(
        required=False, help_text="by which operators find the request in their log"
    )


class PaperAuthorSerializer(Serializer):
    id = serializers.CharField(source="author.slug")
    name = serializers.CharField(source="author.name", help_text="as printed")
    is_handle = serializers.BooleanField(
        source="author.is_handle", help_text="one word, so most likely a handle"
    )


class PaperCategorySerializer(Serializer):
    id = serializers.CharField(source="category.slug")
    name = serializers.CharField(source="category.name")


class PaperLinkSerializer(Serializer):
    url = serializers.CharField()
    kind = serializers.ChoiceField(choices=tuple(KINDS))


class PaperSerializer(Serializer):
    # A paper as `for_cards` fetches it.

    id = serializers.CharField(source="slug", help_text="the arXiv id, else a slug")
    arxiv_id = serializers.CharField(allow_null=True, help_text="without version")
    title = serializers.CharField()
    authors = PaperAuthorSerializer(many=True, source="authorships")
    authors_cut = serializers.BooleanField(help_text="there may be more authors")
    summary = serializers.CharField(
        allow_blank=True, help_text="what a digest, often a machine, says of it"
    )
    abstract = serializers.CharField(allow_blank=True, help_text="what the authors wrote")
    categories = PaperCategorySerializer(many=True, source="classifications")
    categories_suggested = serializers.BooleanField(
        help_text="no source states the categories: papers that are alike have them"
    )
    keywords = serializers.ListField(child=serializers.CharField())
    links = PaperLinkSerializer(many=True)
    comment = serializers.CharField(allow_blank=True, help_text="the authors' own, at arXiv")
    doi = serializers.CharField(allow_blank=True, help_text="of the published paper")
    version = serializers.IntegerField(help_text="of the preprint; 0 where none is known")
    upvotes = serializers.IntegerField(help_text="at Hugging Face; 0 where none are known")
    date = serializers.DateField(help_text="day of the first digest that had it")
    changed_at = MomentField("microseconds", help_text="when what is said here was last written")
    url = serializers.CharField(
        source="abstract_url", allow_blank=True, help_text="where the paper itself is"
    )
    page = PageAddressField(help_text="its page here")


class TrimmedPaperSerializer(PaperSerializer):
    """A paper, with the fields that `fields` names alone."""

    # Answers a paper together with the names of the fields.

    example = {
        "id": "2502.02737",
        "arxiv_id": "2502.02737",
        "title": "SmolLM2: When Smol Goes Big -- Data-Centric Training of a Small Language Model",
        "authors": [{"id": "lvwerra", "name": "lvwerra", "is_handle": True}],
        "authors_cut": True,
        "summary": "- A small language model, and the data that it was trained on.",
        "abstract": "While large language models have facilitated breakthroughs …",
        "categories": [{"id": "text-generation", "name": "Text Generation"}],
        "categories_suggested": False,
        "keywords": ["small language model"],
        "links": [{"url": "https://github.com/huggingface/smollm", "kind": "code"}],
        "comment": "",
        "doi": "",
        "version": 1,
        "upvotes": 182,
        "date": "2025-02-06",
        "changed_at": "2025-02-07T06:00:00.000000Z",
        "url": "https://arxiv.org/abs/2502.02737",
        "page": "https://digest.example.org/papers/2502.02737/",
    }

    def get_fields(self) -> dict[str, Any]:
        found = super().get_fields()
        for field in found.values():
            field.required = False
        return found

    def to_representation(self, instance: Any) -> Any:
        paper, fields = instance
        readers, _ = PaperSerializer.readers()
        return {name: readers[name](paper) for name in fields}


class QueryProblemSerializer(Serializer):
    part = serializers.CharField()
    reason = serializers.CharField()
    done = serializers.CharField()


class CorrectionSerializer(Serializer):
    q = serializers.CharField(source="text")
    typed = serializers.CharField()


class ClosePaperSerializer(Serializer):
    paper = TrimmedPaperSerializer()
    without = serializers.ListField(
        child=serializers.CharField(), help_text="the words of q that the paper has not"
    )


class GoneSerializer(Serializer):
    id = serializers.CharField(source="slug")
    gone_at = MomentField("microseconds")


class NamesField(serializers.ListField):
    """What may name papers, as it is."""

    def __init__(self) -> None:
        wrong = "Say a list of arXiv ids or addresses, as texts."
        super().__init__(
            child=serializers.CharField(allow_blank=True),
            max_length=500,
            help_text="arXiv ids or addresses, any form",
            error_messages={
                **dict.fromkeys(("required", "null", "not_a_list"), wrong),
                "max_length": "At most {max_length} at once.",
            },
        )

    def to_internal_value(self, data: Any) -> list[str]:
        if not isinstance(data, list) or not all(map(is_text, data)):
            self.fail("not_a_list")
        return data


class LookupSerializer(Serializer):
    example = {"ids": ["arXiv:2502.02737v2", "hf.co/papers/2502.02737"]}

    ids = NamesField()

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value(data if isinstance(data, Mapping) else {})


class FoundSerializer(Serializer):
    given = serializers.CharField(allow_blank=True)
    arxiv_id = serializers.CharField(allow_null=True)
    paper = PaperSerializer(allow_null=True)


class LookupResultSerializer(Serializer):
    results = FoundSerializer(many=True)


class StreamSerializer(Serializer):
    id = serializers.CharField(source="slug")
    name = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    is_default = serializers.BooleanField(help_text="what is of no other stream is of this one")
    page = PageAddressField(help_text="its newest digest")


class DigestSerializer(Serializer):
    stream = serializers.CharField(source="stream.slug", help_text="id of its stream")
    date = serializers.DateField()
    paper_count = serializers.IntegerField()
    page = PageAddressField()


class WholeDigestSerializer(DigestSerializer):
    papers = TrimmedPaperSerializer(many=True, source="trimmed", help_text="in their order")


class AuthorSerializer(Serializer):
    id = serializers.CharField(source="slug")
    name = serializers.CharField()
    is_handle = serializers.BooleanField()
    paper_count = serializers.IntegerField()
    page = PageAddressField()


class CategorySerializer(Serializer):
    id = serializers.CharField(source="slug")
    name = serializers.CharField()
    is_area = serializers.BooleanField()
    area = serializers.CharField(source="area.slug", allow_null=True, help_text="id of its area")
    paper_count = serializers.IntegerField()
    page = PageAddressField()


class LinkSerializer(Serializer):
    url = serializers.CharField()
    kind = serializers.ChoiceField(choices=tuple(KINDS))
    paper = serializers.CharField(
        source="paper.slug", help_text="id of the paper that it was given for"
    )


class LoadProblemSerializer(Serializer):
    line = serializers.IntegerField()
    reason = serializers.CharField()
    action = serializers.CharField()


class SourceSerializer(Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    sha256 = serializers.CharField()
    format = serializers.CharField()
    date = serializers.DateField(allow_null=True)
    stream = serializers.CharField(source="stream.slug", help_text="id of its stream")
    loaded_at = MomentField("microseconds")
    rows = serializers.IntegerField()
    problems = LoadProblemSerializer(many=True)


class LoadReportSerializer(Serializer):
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
    problems = LoadProblemSerializer(many=True)


class UploadSerializer(Serializer):
    file = serializers.FileField()
    name = serializers.CharField(required=False, help_text="instead of the file's own")
    stream = serializers.CharField(required=False, help_text="id of the stream of its digests")
    dry_run = serializers.BooleanField(default=False, help_text="report, and write nothing")
