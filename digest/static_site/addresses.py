"""Which pages a mirror has, and in which file it has what the site has at an address."""

from __future__ import annotations

from collections.abc import Container, Iterator
from urllib.parse import parse_qsl, quote, unquote

from django.db.models import Count
from django.urls import Resolver404, resolve, reverse

from digest.exports import FILES
from digest.models import Author, Category, Digest, Paper, Stream
from digest.pages.streams import address_of
from digest.pages.views import AUTHORS_ON_A_PAGE, PAPERS_ON_A_PAGE
from digest.text.identity import OTHER

INDEX = "index.html"
SEARCH = f"papers/{INDEX}"
"""The search page: in place of the list of papers, whose parameters it takes."""
SEARCHED = frozenset(
    {"q", "category", "area", "has", "stream", "not_category", "date_from", "date_to", "order"}
)
"""The parameters of the list of papers that the search page of a mirror has as well."""
LONGEST_NAME = 255
"""Bytes that file systems take as the name of a file."""
_LINKED = frozenset(
    {"digest-file", "stream-digest-file", "author-months", "category-months", "trends-file"}
)
"""Files that a mirror has where a page links to them."""
_NEED_ADDRESS = frozenset({"digests-feed", "stream-digests-feed", "site-preview"})
"""The same, of a mirror whose address is known: they have to name full addresses, or to be named
by one."""


def file_of(address: str) -> str | None:
    """The file that stands for an address: a path in the mirror's folder. None if there is none
    for the parameters of the address.

    A page is an `index.html` in a folder, so that old addresses lead to it; other pages of the same
    list are beside it.
    """
    path, _, query = address.partition("?")
    name = unquote(path)[1:]
    given = parse_qsl(query, keep_blank_values=True)
    chosen = dict(given)
    is_page = not name or name.endswith("/")
    if len(chosen) < len(given):
        return None
    if is_page and chosen.keys() <= {"letter", "page"}:
        parts = []
        if letter := chosen.get("letter"):
            parts.append(f"letter-{'other' if letter == OTHER else letter}")
        if (page := chosen.get("page", "1")) != "1":
            parts.append(f"page-{page}")
        name += f"{'-'.join(parts)}.html" if parts else INDEX
    elif chosen.keys() == {"category"} and name.startswith("papers."):
        name = f"{unquote(reverse('category', args=[chosen['category']]))[1:]}{name}"
    elif chosen:
        return None
    too_long = any(len(part.encode()) > LONGEST_NAME for part in name.split("/"))
    return None if too_long else name


def pages() -> dict[str, str]:
    """The pages of a mirror that the site has as well: the file of each, and its address."""
    return {file: address for address in _addresses() if (file := file_of(address))}


def _addresses() -> Iterator[str]:
    for name in ("home", "digests", "categories", "trends"):
        yield reverse(name)
    for stream in Stream.objects.with_digests():
        yield address_of("home", stream)
        yield address_of("digests", stream)
    for digest in Digest.objects.select_related("stream"):
        yield digest.get_absolute_url()
    for category in Category.objects.all():
        yield from _paged(category.get_absolute_url(), category.paper_count, PAPERS_ON_A_PAGE)
    authors = reverse("authors")
    yield from _paged(authors, Author.objects.count(), AUTHORS_ON_A_PAGE)
    counts = dict(Author.objects.order_by().values_list("letter").annotate(Count("pk")))
    for letter, count in counts.items():
        yield from _paged(f"{authors}?letter={quote(letter)}", count, AUTHORS_ON_A_PAGE)
    for author in Author.objects.only("slug", "paper_count").iterator():
        yield from _paged(author.get_absolute_url(), author.paper_count, PAPERS_ON_A_PAGE)
    for paper in Paper.objects.visible().newest().only("slug").iterator():
        yield paper.get_absolute_url()


def _paged(address: str, rows: int, size: int) -> Iterator[str]:
    """The addresses of all pages of a list."""
    yield address
    sign = "&" if "?" in address else "?"
    for number in range(2, -(-rows // size) + 1):
        yield f"{address}{sign}page={number}"


def files_of_paper(paper: str) -> dict[str, str]:
    """The files that a paper's page offers: of each its path, and its suffix. paper: its slug."""
    found = {}
    for writer in FILES:
        if file := file_of(reverse("paper-file", args=[paper, writer.suffix])):
            found[file] = writer.suffix
    return found


class Links:
    """Which file of a mirror a link leads to.

    files: the pages of the mirror, and the files of papers. has_address: whether its full address
    is known. wanted: other files that links lead to, each with its address; they are still to be
    written.
    """

    def __init__(self, files: Container[str], has_address: bool) -> None:
        self._files, self._has_address = files, has_address
        self._papers = reverse("papers")
        self.wanted: dict[str, str] = {}

    def target(self, address: str) -> str | None:
        """The file for an address, with the query of a search; None if the mirror has nothing in
        its place."""
        file = file_of(address)
        if file in self._files or file in self.wanted:
            return file
        path, _, query = address.partition("?")
        if path == self._papers:
            names = {name for name, _ in parse_qsl(query, keep_blank_values=True)}
            return f"{SEARCH}?{query}".rstrip("?") if names <= SEARCHED else None
        if not file or not self._has_file(path):
            return None
        self.wanted[file] = address
        return file

    def _has_file(self, path: str) -> bool:
        try:
            match = resolve(unquote(path))
        except Resolver404:
            return False
        if match.url_name == "papers-file":
            return self._has_address or match.kwargs["suffix"] != "atom"
        return match.url_name in _LINKED or (self._has_address and match.url_name in _NEED_ADDRESS)
