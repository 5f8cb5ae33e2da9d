"""The page of one paper: what it shows, who stated that, and how the paper is cited."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from django.conf import settings
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import date_format
from django.utils.functional import SimpleLazyObject
from django.views.decorators.http import require_safe

from digest.caches.revision import Revision, key_of
from digest.catalogue.fields import FIELDS, HIDDEN, SUMMARY, stored
from digest.catalogue.kinds import LongText, PaperField, Values
from digest.catalogue.projection import Statement, origins, project, statements_of
from digest.exports import CITATIONS, About, Citation
from digest.exports.metadata import highwire, json_ld, open_graph
from digest.exports.picture import plain
from digest.exports.styled import STYLES, styled
from digest.formats import Format
from digest.models import (
    Correction,
    DigestKey,
    Entry,
    LinkHealth,
    Merge,
    Paper,
    Placement,
    Stream,
)
from digest.search.related import related
from digest.text.identity import arxiv_id
from digest.text.links import destination

from .cache import cached_for_visitors
from .installed import offline_copy
from .paging import PageNotFound


@require_safe
@partial(cached_for_visitors, parameters=["style"])
@offline_copy
def paper(request: HttpRequest, slug: str) -> HttpResponse:
    """One paper. Its arXiv id with a version, or in capitals, leads to it as well.

    style: in which the address asks for it to be cited.
    """
    number = arxiv_id(slug)
    if number and number != slug:
        return redirect("paper", number, permanent=True)
    revision = Revision()
    paper = Paper.objects.visible().filter(slug=slug).first()
    if paper is None:
        if slug in (merged := Merge.ends([slug])):
            return redirect("paper", merged[slug])
        links = [(f"arXiv may have {number}", f"https://arxiv.org/abs/{number}")] if number else []
        raise PageNotFound(f"No digest here has a paper “{slug}”.", links)
    context = {
        "paper": paper,
        "one": [paper],
        "revision": revision,
        "style_asked": request.GET.get("style"),
        "impersonal": SimpleLazyObject(partial(_about, paper, request.GET.get("style"))),
    }
    return render(request, "digest/paper.html", context)


def _about(paper: Paper, style: str | None) -> dict[str, Any]:
    """What a paper's page says of it to everybody. style: in which it is to be cited."""
    around = {
        place.position - paper.place: place.paper
        for place in Placement.objects.filter(
            digest__date=paper.date,
            digest__stream=paper.first_digest.stream,
            position__in=(paper.place - 1, paper.place + 1),
        ).select_related("paper")
    }
    statements = [one for *_, one in statements_of(Entry.objects.filter(paper=paper))]
    paper = Paper.objects.for_cards().get(pk=paper.pk)
    return {
        "paper": paper,
        "source": destination(paper.url).label if paper.url else "",
        "silent": _silent(paper),
        "appearances": _appearances(paper, statements),
        "has_streams": bool(Stream.objects.several()),
        "corrected": _corrected(paper, statements),
        "summary_by": _summary_by(paper, statements),
        "previous": around.get(-1),
        "next": around.get(1),
        "related": related(paper),
        **_cited(paper),
        **_styled(paper, style),
    }


def _silent(paper: Paper) -> dict[str, datetime]:
    """The paper's addresses that are dead, each with when it last did not answer."""
    urls = [paper.url, *(link.url for link in paper.links.all())]
    dead = LinkHealth.objects.filter(url__in=urls, dead=True)
    return dict(dead.values_list("url", "checked_at"))


def _cited(paper: Paper) -> dict[str, Any]:
    """What a paper's page says of it to those who cite it, by hand or with a program."""
    citation = Citation.of(paper)
    page = settings.SITE_URL and settings.SITE_URL + paper.get_absolute_url()
    about = About(paper.title, page, page, settings.SITE_URL)
    graph = open_graph(citation, page, plain(paper.title_html))
    return {
        "description": dict(graph).get("og:description", paper.title),
        "caveats": citation.caveats,
        "citations": [
            (writer, b"".join(writer.stream([paper], about)).decode().strip())
            for writer in CITATIONS
        ],
        "highwire": highwire(citation),
        "open_graph": graph,
        "json_ld": json_ld(citation, page),
    }


def _styled(paper: Paper, asked: str | None) -> dict[str, Any]:
    """The paper as a line of a bibliography, and the styles that it can be had in. asked: one of
    them, if the address asks for any."""
    style = asked if asked in STYLES else next(iter(STYLES))
    key = key_of("styled", paper.pk, paper.changed_at, style)
    return {
        "style": STYLES[style],
        "style_error": "" if asked in (None, style) else f"There is no style “{asked[:40]}”.",
        "styles": [
            {"label": label, "address": f"?style={name}#cite", "chosen": name == style}
            for name, label in STYLES.items()
        ],
        "styled": caches["cards"].get_or_set(key, lambda: styled(Citation.of(paper), style)),
    }


class FieldValues(NamedTuple):
    """A field of a paper, what digests say of it and what is shown, as text; columns: those that
    `Paper` would have if it showed what these digests say."""

    field: PaperField
    label: str
    stated: str
    shown: str
    columns: Values


class Appearance(NamedTuple):
    """A paper's place in one digest, and the fields for which that digest has other values."""

    placement: Placement
    differing: list[FieldValues]


def _appearances(paper: Paper, statements: Iterable[Statement]) -> list[Appearance]:
    """The digests that have the paper, the newest first. statements: all about it."""
    of_digest: dict[DigestKey, list[Statement]] = defaultdict(list)
    for statement in statements:
        of_digest[statement.digest].append(statement)
    shown = _loaded(paper)
    found = []
    placements = paper.placements.select_related("digest__stream")
    for placement in placements.order_by("-digest__date", "digest__stream"):
        stated = project(of_digest[placement.digest.key])
        differing = [
            name
            for name, field in FIELDS.items()
            if field.is_correctable
            and field.has_one_origin
            and stated[name]
            and not field.reads_alike(stated[name], shown[name])
        ]
        # A long text comes last, so that the others are seen beside it.
        differing.sort(key=lambda name: isinstance(FIELDS[name], LongText))
        found.append(Appearance(placement, _compared(differing, stated, shown)))
    return found


def _summary_by(paper: Paper, statements: list[Statement]) -> str:
    """Who wrote the summary that a paper shows, as far as that is known. statements: all about
    it."""
    origin = origins(statements).get(SUMMARY.name)
    if origin is None or not SUMMARY.reads_alike(SUMMARY.stated(origin.record), paper.summary):
        return "Written by a curator"
    if origin.format is Format.HUGGING_FACE:
        return "Written by a language model of Hugging Face"
    where = f"the digest of {date_format(origin.date, 'j F Y')}"
    if origin.record.machine_summary:
        return f"Written by a machine, in {where}"
    return f"From {where}"


class Corrected(NamedTuple):
    """What curators corrected of a paper, and when they did last."""

    on: datetime
    fields: list[FieldValues]


def _corrected(paper: Paper, statements: list[Statement]) -> Corrected | None:
    """What is corrected of a paper that is shown, if anything is. statements: all about it."""
    corrections = Correction.objects.active().filter(paper=paper).exclude(field=HIDDEN.name)
    dates = dict(corrections.values_list("field", "made_at"))
    if not dates:
        return None
    names = [name for name in FIELDS if name in dates]
    compared = _compared(names, project(statements), _loaded(paper))
    return Corrected(max(dates.values()), compared)


def _loaded(paper: Paper) -> Values:
    return {name: field.loaded(paper) for name, field in FIELDS.items()}


def _compared(names: list[str], stated: Values, shown: Values) -> list[FieldValues]:
    columns = stored(stated) if names else {}
    return [
        FieldValues(
            field,
            field.label_for_readers or field.label,
            field.text_of(stated),
            field.text_of(shown),
            columns,
        )
        for field in (FIELDS[name] for name in names)
    ]
