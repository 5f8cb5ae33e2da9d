"""How the bodies of requests are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser, JSONParser

from digest.formats import MAX_BYTES


class JsonParser(JSONParser):
    """JSON that is nested no deeper than Python reads it: DRF's own answers with an error of the
    server. Django's DATA_UPLOAD_MAX_MEMORY_SIZE bounds its length."""

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise ParseError("The JSON is nested too deeply.") from None


class RawParser(BaseParser):
    """A digest as it is, in the body of the request."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        return stream.read(MAX_BYTES + 1)


class MarkdownParser(RawParser):
    media_type = "text/markdown"


class TextParser(RawParser):
    media_type = "text/plain"


class RawJsonParser(RawParser):
    media_type = "application/json"


class BytesParser(RawParser):
    media_type = "application/octet-stream"
