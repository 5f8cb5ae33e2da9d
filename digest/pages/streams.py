"""Which stream a page is about: the one that its address names, else the default one."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from digest.models import DEFAULT, Stream

from .paging import PageNotFound


class StreamLink(NamedTuple):
    """A stream, the address of the page that is shown, but of this stream, and whether it is."""

    stream: Stream
    address: str
    chosen: bool


class StreamOfPage:
    """The stream of a page. key: its key. slug: "" for the default one. several: all that there are
    to choose from, if there is more than one."""

    def __init__(self, slug: str = "") -> None:
        """Raises PageNotFound."""
        self.several = Stream.objects.several()
        self.slug, self.key = "", DEFAULT
        if slug:
            found = next((one for one in self.several if one.slug == slug), None)
            found = found or Stream.objects.filter(slug=slug).first()
            if found is None:
                links = [(one.name, address_of("home", one)) for one in self.several]
                raise PageNotFound(f"There is no stream {slug}.", links)
            self.key = found.pk
            self.slug = "" if found.is_default else slug
            self.several = self.several or [found][found.is_default :]

    @property
    def name(self) -> str:
        """Its name, where there are several."""
        return next((one.name for one in self.several if one.pk == self.key), "")

    @property
    def description(self) -> str:
        return next((one.description for one in self.several if one.pk == self.key), "")

    def address(self, name: str, *arguments: Any) -> str:
        """The address of a page of this stream, by the name that the default one's has."""
        if self.slug:
            return reverse(f"stream-{name}", args=[self.slug, *arguments])
        return reverse(name, args=arguments)

    def links(self, name: str) -> list[StreamLink]:
        """The same page of each stream, if there are several. name: as in `address`."""
        return [StreamLink(one, address_of(name, one), one.pk == self.key) for one in self.several]


def address_of(name: str, stream: Stream, *arguments: Any) -> str:
    """The address of a page of a stream, by the name that the default one's has."""
    if stream.is_default:
        return reverse(name, args=arguments)
    return reverse(f"stream-{name}", args=[stream.slug, *arguments])


View = Callable[..., HttpResponseBase]


def of_stream(name: str) -> Callable[[Any], View]:
    """Makes a view of a stream serve two addresses: one without stream, which is the default
    stream's, and one with its slug. With that of the default one, it redirects to the former.

    name: of the address without stream. The view is given a `StreamOfPage`.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def of(request: HttpRequest, slug: str = "", **parameters: Any) -> HttpResponseBase:
            stream = StreamOfPage(slug)
            if slug and not stream.slug:
                address: HttpResponseBase = redirect(name, **parameters)
                return address
            response: HttpResponseBase = view(request, stream, **parameters)
            return response

        return of

    return decorate
