"""How the bodies of requests are read: unknown fields are refused, as in addresses."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.http import QueryDict
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import BaseParser, JSONParser
from rest_framework.request import Request
from rest_framework.utils import json

from digest.formats import MAX_BYTES

SWITCH = {
    **dict.fromkeys(("true", "1", "on", "yes", "t", "y"), True),
    **dict.fromkeys(("false", "0", "off", "no", "f", "n"), False),
}
"""How programs spell that something is to be, or not to be, in small letters."""

_CSRF_FIELD = "csrfmiddlewaretoken"  # which the forms of a logged-in browser have besides
_NAME_SHOWN = 100
_HALVES = re.compile("[\ud800-\udfff]")


def as_boolean(value: Any) -> bool | None:
    """A value as true or false, or None if it is a spelling of neither."""
    return SWITCH.get(str(value).strip().lower()) if isinstance(value, str | int) else None


def switch(name: str, values: Iterable[Any], default: bool) -> bool:
    """Whether a request turns a switch on.

    values: those of the address and of the body alike. Raises ValidationError if one is no
    spelling of true or false, or if two differ.
    """
    wanted = set()
    for value in values:
        on = as_boolean(value)
        if on is None:
            raise ValidationError({name: ["Say true or false."]})
        wanted.add(on)
    if len(wanted) > 1:
        raise ValidationError({name: ["It is said twice, and not the same: say it once."]})
    return wanted.pop() if wanted else default


def dry_run(request: Request, default: bool) -> bool:
    """Whether a request says, in its address or in its body, that nothing is to be written."""
    data = request.data
    values = [*request.query_params.getlist("dry_run")]
    if isinstance(data, QueryDict):
        values += data.getlist("dry_run")
    elif isinstance(data, Mapping) and "dry_run" in data:
        values.append(data["dry_run"])
    return switch("dry_run", values, default)


def form_only(form: QueryDict, *allowed: str, many: Iterable[str] = ()) -> None:
    """Refuse unknown fields of a form, and repeated ones. many: fields that may be repeated."""
    errors = no_such_fields(name for name in form if name != _CSRF_FIELD and name not in allowed)
    for name, values in form.lists():
        if len(values) > 1 and name in allowed and name not in many:
            errors[name] = ["Say it once."]
    if errors:
        raise ValidationError(errors)


def is_text(value: object) -> bool:
    """Whether it is a text that a database takes, and an answer: JSON may hold halves of signs."""
    return isinstance(value, str) and "\x00" not in value and not _HALVES.search(value)


def spelt(name: str) -> str:
    """A field's name as an error has it: it may be long, and hold what no answer can."""
    return name[:_NAME_SHOWN].encode("utf-8", "backslashreplace").decode()


def no_such_fields(names: Iterable[str]) -> dict[str, list[str]]:
    """The errors of unknown fields."""
    return {spelt(name): ["There is no such field."] for name in names}


class JsonParser(JSONParser):
    """JSON in which no object has a name twice, and that is nested no deeper than Python reads it:
    DRF's own takes the last of the two, and answers the other with an error of the server.
    Django's DATA_UPLOAD_MAX_MEMORY_SIZE bounds its length."""

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        encoding = (parser_context or {}).get("encoding", settings.DEFAULT_CHARSET)
        try:
            return json.loads(stream.read().decode(encoding), object_pairs_hook=_object)
        except RecursionError:
            raise ParseError("The JSON is nested too deeply.") from None
        except ValueError as error:
            raise ParseError(f"JSON parse error - {error}") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        times = Counter(name for name, _ in pairs)
        raise ValidationError(
            {spelt(name): ["Say it once."] for name, number in times.items() if number > 1}
        )
    return found


class RawParser(BaseParser):
    """A digest as it is, in the body of the request."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        return stream.read(MAX_BYTES + 1)


class MarkdownParser(RawParser):
    media_type = "text/markdown"


class XmlParser(RawParser):
    media_type = "application/xml"


class TextParser(RawParser):
    media_type = "text/plain"


class RawJsonParser(RawParser):
    media_type = "application/json"


class BytesParser(RawParser):
    media_type = "application/octet-stream"
