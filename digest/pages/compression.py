"""Answers in fewer bytes, in Brotli or gzip, for whoever takes them.

What is compressed says by its length how often a text occurs in it. So nobody who chooses a text of
an answer, and sees how long it is, may have a browser fetch it together with a secret (BREACH):
answers that hold a secret are not compressed (`hold_secret`), nor are those to a browser with
cookies unless it says that this site, or the person, asked. SECURITY.md has the whole of it.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar, cast

import brotli
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.cache import patch_vary_headers

SMALL = 1_000
"""Bytes that fit into one packet, so that fewer gain nothing."""
_TEXT = re.compile(
    r"text/|application/(?:[\w.-]+\+)?(?:json|xml)\b|application/x-(?:bibtex|research-info-systems)\b"
)
_QUALITIES = {"br": (4, 5), "gzip": (4, 6)}
"""Of what is made for one answer, in a millisecond or so, and of what is stored for many."""

_Response = TypeVar("_Response", bound=HttpResponseBase)


class Compression:
    """Compresses every answer of text that is not small, or compressed already."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        encoding = encoding_for(request)
        if encoding and response.status_code == 304:
            _weaken(response)  # as that of the whole answer
        return compressed(response, encoding)


def encoding_for(request: HttpRequest) -> str:
    """What the answer may be compressed in: "br", "gzip" or ""."""
    asked_from_here = request.headers.get("Sec-Fetch-Site") in ("same-origin", "none")
    if request.COOKIES and request.is_secure() and not asked_from_here:
        return ""  # over plain http nobody needs to guess
    return _best(request.headers.get("Accept-Encoding", ""))


def _best(header: str) -> str:
    """Of both encodings the one that a header prefers, Brotli where it has no preference."""
    weights = {}
    for part in header.lower().split(","):
        name, *parameters = (each.strip() for each in part.split(";"))
        weight = 1.0
        for each in parameters:
            if each.startswith("q="):
                try:
                    weight = float(each[2:])
                except ValueError:
                    weight = 0.0
        weights[name] = weight
    found = [(weights.get(name, weights.get("*", 0.0)), name) for name in ("gzip", "br")]
    weight, name = max(found, key=lambda pair: pair[0] + (pair[1] == "br") / 1_000)
    return name if weight > 0 else ""


def compressed(response: _Response, encoding: str, stored: bool = False) -> _Response:
    """The response, compressed as `encoding_for` found; a file as it is sent. stored: whether it is
    made once for many."""
    if (
        response.has_header("Content-Encoding")
        or getattr(response, "_holds_secret", False)
        or not _TEXT.match(response.get("Content-Type", ""))
        or (isinstance(response, HttpResponse) and len(response.content) < SMALL)
    ):
        return response
    patch_vary_headers(response, ["Accept-Encoding"])
    if encoding:
        if isinstance(response, StreamingHttpResponse):
            pieces = cast("Iterator[bytes]", response.streaming_content)
            response.streaming_content = _pieces(pieces, encoding, stored)
            del response["Content-Length"]
        elif isinstance(response, HttpResponse):
            response.content = b"".join(_pieces([response.content], encoding, stored))
            if response.has_header("Content-Length"):
                response["Content-Length"] = str(len(response.content))
        response["Content-Encoding"] = encoding
        _weaken(response)
    return response


def _pieces(pieces: Iterable[bytes], encoding: str, stored: bool) -> Iterator[bytes]:
    """The pieces, compressed."""
    quality = _QUALITIES[encoding][stored]
    if encoding == "br":
        brotli_encoder = brotli.Compressor(quality=quality)
        encode, end = brotli_encoder.process, brotli_encoder.finish
    else:
        gzip_encoder = zlib.compressobj(quality, wbits=31)
        encode, end = gzip_encoder.compress, gzip_encoder.flush
    for piece in pieces:
        if packed := encode(piece):
            yield packed
    yield end()


def hold_secret(response: HttpResponseBase) -> None:
    """Say of a response that it has a secret, such as the link of a private list."""
    response._holds_secret = True  # type: ignore[attr-defined]


def _weaken(response: HttpResponseBase) -> None:
    """A tag of bytes is one of other bytes that mean the same."""
    tag = response.get("ETag", "")
    if tag.startswith('"'):
        response["ETag"] = f"W/{tag}"
