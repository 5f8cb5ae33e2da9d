"""The whole public catalogue as a folder of static files, with a search that runs in the browser.

The site's own views make the pages, for a visitor: what people keep here, and what the catalogue
hides, is in none of them. `addresses` says which pages there are, `visitor` has them made,
`static_pages` makes files of them, `search_index` has them indexed, and `folder` puts the whole in
its place.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import Http404
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import resolve, reverse
from django.utils import timezone
from lxml import etree

from digest.batches import batches
from digest.exports import WRITERS
from digest.models import Catalogue, Category, Digest, Paper, Stream
from digest.pages.files import about_page, title_of
from digest.pages.views import not_found
from digest.search.filters import PaperFilter
from digest.snapshot import snapshot
from digest.text.links import KINDS, OTHER

from .addresses import INDEX, SEARCH, Links, file_of, files_of_paper, pages
from .folder import MARKER, CannotExport, new_folder
from .search_index import facts_of, write_index
from .static_pages import StaticPages
from .visitor import Visit, answer, site_at

__all__ = ["CannotExport", "Report", "export_site"]

NOT_FOUND = "404.html"
"""What most hosts of static files show where there is no file."""
IN_A_SITEMAP = 50_000
"""Addresses of one file of a site map, at most: the protocol's own limit."""

_NOT_COLLECTED = "run `manage.py collectstatic` first: static files are not collected"


@dataclass
class Report:
    """What was written: how many papers, pages, and files with the pages among them; and bytes."""

    papers: int = 0
    pages: int = 0
    files: int = 0
    size: int = 0


def export_site(
    folder: Path, url: str = "", progress: Callable[[str, int, int], None] = lambda *_: None
) -> Report:
    """Write a mirror of the catalogue, as it is at one moment, to a folder.

    url: the full address that the mirror will have, without a slash at its end; "" if it is not
    known: then there are no feeds, no site map and no canonical links. progress: is told what is
    being done, how much of it is done, and how much there is to do. A folder that is there must be
    empty, or an earlier mirror, which is replaced once the new one is whole. Raises CannotExport
    and OSError; then the folder is as it was.
    """
    try:
        static("site.css")
    except ValueError as error:
        raise CannotExport(_NOT_COLLECTED) from error
    with new_folder(folder) as new:
        with snapshot(), site_at(url):
            if not Paper.objects.visible().exists():
                raise CannotExport("there are no papers yet: load digests, or fetch papers")
            mirror = _Mirror(new, url, progress)
            mirror.write()
        progress("Making the index of the search", 0, 0)
        write_index(new)
        index = [file.stat().st_size for file in new.glob("pagefind/**/*") if file.is_file()]
        mirror.report.files += len(index)
        mirror.report.size += sum(index)
    return mirror.report


class _Mirror:
    def __init__(self, folder: Path, url: str, progress: Callable[[str, int, int], None]) -> None:
        self._folder, self._url, self._progress = folder, url, progress
        self.report = Report(papers=Paper.objects.visible().count())
        self._pages = pages()
        slugs = Paper.objects.visible().values_list("slug", flat=True)
        files = {file for slug in slugs for file in files_of_paper(slug)}
        self._links = Links(files.union(self._pages), has_address=bool(url))
        self._about = {
            "made_at": timezone.now(),
            "papers": self.report.papers,
            "digests": Digest.objects.count(),
        }
        colophon = render_to_string("digest/mirror/_colophon.html", self._about)
        self._static_pages = StaticPages(self._links, url, colophon)

    def write(self) -> None:
        papers = Paper.objects.visible().newest().for_cards()
        for file, address in self._pages.items():
            if not address.startswith(reverse("papers")):  # those of papers follow
                self._write_page(file, answer(address), address)
        for some in batches(papers.iterator(chunk_size=500)):
            facts = facts_of(some)
            for paper in some:
                self._write_paper(paper, facts[paper.pk])
        self._write_page(SEARCH, self._search_page(), reverse("papers"))
        missing = not_found(Visit(reverse("home")), Http404())
        self._write_page(NOT_FOUND, missing.content, reverse("home"))
        for file, address in self._wanted():
            self._write(file, self._content_of(file, address))
        for name in sorted(self._static_pages.static):
            self._write(f"{settings.STATIC_URL[1:]}{name}", _static_file(name))
        if self._url:
            self._write_site_map()
        marker = {
            "made_by": f"Paper Digest {settings.VERSION}",
            **self._about,
            "made_at": self._about["made_at"].isoformat(timespec="seconds"),  # type: ignore[attr-defined]
            "revision": str(Catalogue.current().revision),
            "address": self._url,
        }
        self._write(MARKER, json.dumps(marker, indent=2).encode())

    # Pages

    def _write_page(self, file: str, page: bytes, address: str, facts: Any = ()) -> None:
        self._write(file, self._static_pages.made_static(page, address, file, facts))
        self.report.pages += 1
        self._progress("Writing pages", self.report.pages, len(self._pages) + 2)

    def _write_paper(self, paper: Paper, facts: list[dict[str, str]]) -> None:
        """Its page, and the files that the page offers."""
        address = paper.get_absolute_url()
        if not (file := file_of(address)):
            return
        self._write_page(file, answer(address), address, facts)
        about = about_page(paper.title, address, Visit(address))
        for name, suffix in files_of_paper(paper.slug).items():
            self._write(name, b"".join(WRITERS[suffix].stream([paper], about)))

    def _search_page(self) -> bytes:
        categories = Category.objects.filter(paper_count__gt=0).order_by("name")
        several = Stream.objects.several()
        days = Paper.objects.visible().order_by("date").values_list("date", flat=True)
        context = {
            "facets": [
                ("Area", "area", [(one.slug, one.name) for one in categories if one.is_area]),
                ("Category", "category", [(o.slug, o.name) for o in categories if not o.is_area]),
                ("With", "has", [(kind.split()[0], kind) for kind in KINDS if kind != OTHER]),
                ("Stream", "stream", [(stream.slug, stream.name) for stream in several]),
            ],
            "dates": [("date_from", "From"), ("date_to", "To")],
            "first": days.first(),
            "last": days.last(),
        }
        request = Visit(reverse("papers"))
        return render_to_string("digest/mirror/search.html", context, request).encode()

    # Files that pages link to

    def _wanted(self) -> Any:
        wanted = self._links.wanted
        for number, (file, address) in enumerate(wanted.items(), 1):
            self._progress("Writing files", number, len(wanted))
            yield file, address

    def _content_of(self, file: str, address: str) -> bytes:
        request = Visit(address)
        match = resolve(request.path)
        suffix = match.kwargs.get("suffix", "")
        if match.url_name == "papers-file" and suffix != "atom":
            # Without the limits of the site's own view.
            found = PaperFilter(request.GET)
            papers = found.qs
            path = f"{reverse('papers')}{address[len(request.path) :]}"
            about = about_page(title_of(found), path, request)
            return b"".join(WRITERS[suffix].stream(papers, about))
        content = answer(address)
        return self._as_one_document(content, file) if file.endswith(".atom") else content

    def _as_one_document(self, feed: bytes, file: str) -> bytes:
        """A feed that names its own address, and no others with older papers."""
        root = etree.fromstring(feed, etree.XMLParser(resolve_entities=False))
        for link in root.findall("{*}link"):
            if link.get("rel") in ("first", "next"):
                root.remove(link)
            elif link.get("rel") == "self":
                link.set("href", f"{self._url}/{file}")
        content: bytes = etree.tostring(root, encoding="utf-8", xml_declaration=True)
        return content

    def _write_site_map(self) -> None:
        addresses = [
            (f"{self._url}/{file.removesuffix(INDEX)}", None) for file in [*self._pages, SEARCH]
        ]
        parts = []
        for number, some in enumerate(batches(addresses, IN_A_SITEMAP)):
            name = f"sitemap-{number}.xml"
            parts.append((f"{self._url}/{name}", None))
            content = render_to_string("digest/urlset.xml", {"pages": some})
            self._write(name, content.encode())
        content = render_to_string("digest/sitemap.xml", {"pages": parts})
        self._write("sitemap.xml", content.encode())

    def _write(self, name: str, content: bytes) -> None:
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        self.report.files += 1
        self.report.size += len(content)


def _static_file(name: str) -> bytes:
    """A static file: from its source, where it has that name, else as it was collected."""
    if path := finders.find(name):
        return Path(path).read_bytes()
    if not staticfiles_storage.exists(name):
        raise CannotExport(f"{name} is missing: {_NOT_COLLECTED}")
    with staticfiles_storage.open(name) as file:
        return cast(bytes, file.read())
