"""The index with which the browser searches a mirror: made by Pagefind, of the pages of papers."""

from __future__ import annotations

import subprocess
from collections.abc import Collection
from pathlib import Path

from digest.exports.picture import plain
from digest.models import Category, Paper, Placement, Stream

from .folder import CannotExport

FOLDER = "pagefind"
_NEEDED = {"pagefind.js", "pagefind-worker.js"}
"""The scripts of Pagefind that the search page loads; the others are for pages of its own."""
PAPER = "paper"
"""The class of the element that has what a page says of its paper."""
_LEFT_OUT = "#cite, .read, .corrected, .appearances, .related, h2"
"""What of it says what is said already, or what is about others."""
_LAST = 2**31 - 1
"""The largest position that a paper can have."""


def facts_of(papers: Collection[Paper]) -> dict[int, list[dict[str, str]]]:
    """What the index has of papers beside their texts, by their keys: the attributes of <meta>
    elements. papers: from `for_cards`.

    Filters are called as the parameters of the list of papers, and have the same values.
    """
    stream_slugs = dict(Stream.objects.values_list("pk", "slug"))
    area_slugs = dict(Category.objects.filter(is_area=True).values_list("pk", "slug"))
    streams: dict[int, set[str]] = {paper.pk: set() for paper in papers}
    placed = Placement.objects.filter(paper__in=streams).order_by()
    for paper, stream in placed.values_list("paper", "digest__stream"):
        streams[paper].add(stream_slugs[stream])
    return {paper.pk: _facts(paper, streams[paper.pk], area_slugs) for paper in papers}


def _facts(paper: Paper, streams: set[str], area_slugs: dict[int, str]) -> list[dict[str, str]]:
    names = ", ".join(place.author.name for place in paper.authorships.all())
    shown = {
        "title": plain(paper.title_html),
        "authors": f"{names} and others" if names and paper.authors_cut else names,
        "date": paper.date.isoformat(),
        "summary": plain("".join([*paper.points, *paper.abstract_sentences][:1])),
    }
    categories = [place.category for place in paper.classifications.all()]
    areas = {one.pk if one.is_area else one.area_id for one in categories}
    values = {
        "category": [one.slug for one in categories],
        "area": sorted(area_slugs[pk] for pk in areas if pk),
        "has": [kind.split()[0] for kind, _ in paper.links_by_kind],
        "stream": sorted(streams),
        "date": [shown["date"]],
    }
    return [
        *(_meta("meta", name, text) for name, text in shown.items() if text),
        *(_meta("filter", name, value) for name, some in values.items() for value in some),
        # A text: as a number it would be too long. Of the papers of a day, the first is the newest.
        _meta("sort", "date", f"{shown['date']} {_LAST - paper.position:010}"),
    ]


def _meta(kind: str, name: str, content: str) -> dict[str, str]:
    return {f"data-pagefind-{kind}": f"{name}[content]", "content": content}


def write_index(folder: Path) -> None:
    """Write the index of a mirror's pages into it. Raises CannotExport."""
    try:
        from pagefind_bin import get_executable

        program = get_executable().resolve()
    except (ImportError, FileNotFoundError) as error:
        raise CannotExport(f"Pagefind is not installed: {error}") from error
    command = [str(program), "--site", ".", "--output-subdir", FOLDER, "--keep-index-url"]
    command += ["--glob", "papers/*/**/index.html", "--exclude-selectors", _LEFT_OUT, "--silent"]
    # Without the settings of others, which it would read from the environment.
    done = subprocess.run(command, cwd=folder, env={}, capture_output=True, text=True)  # noqa: S603
    if done.returncode or not (folder / FOLDER / "pagefind.js").is_file():
        reason = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise CannotExport(f"Pagefind made no index: {' '.join(reason) or done.returncode}")
    for file in (folder / FOLDER).iterdir():
        if file.suffix in (".js", ".css") and file.name not in _NEEDED:
            file.unlink()
