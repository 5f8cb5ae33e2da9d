"""How the bodies of requests are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import JSONParser

from accounts.forms.library import MAX_UPLOAD


class TooLarge(APIException):
    status_code = 413
    default_detail = f"The body has at most {MAX_UPLOAD // 10**6} MB."


class JsonParser(JSONParser):
    """JSON that fits into memory and is nested no deeper than Python reads it.

    DRF reads a body of any size, and answers deep nesting with an error of the server.
    """

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        request = (parser_context or {})["request"]
        if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_UPLOAD:
            raise TooLarge
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise ParseError("The JSON is nested too deeply.") from None
