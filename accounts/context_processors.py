"""What the templates of every page may ask of the person who reads it."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from .library import Library


def library(request: HttpRequest) -> dict[str, Any]:
    """The reader's own library; it costs nothing until a template asks for something of it."""
    return {"library": SimpleLazyObject(lambda: Library(request.user))}
