"""What looks wrong in the catalogue, for a curator to look at.

Each check is a name, a sentence and a way to find: rows are walked once, in batches, and no further
than is asked for. Nothing is changed, and nothing here is certain: a title may well end in "of".

Of 200,000 papers a check takes a second or two at most, that of links' columns and of counts some
more; a check that finds many ends early.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from itertools import groupby, islice, pairwise
from operator import itemgetter
from typing import Any, NamedTuple

from django.db.models import Count, Exists, F, Model, OuterRef, Q, QuerySet, Subquery
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce
from django.urls import reverse

from digest.models import (
    DEFAULT,
    Author,
    Authorship,
    Category,
    Classification,
    Digest,
    Entry,
    Link,
    LinkHealth,
    Paper,
    Source,
    Stream,
    Verdict,
)
from digest.text import links

MANY_DAYS = 4
"""A paper on so many days is one that some source goes on giving."""
FEW_PAPERS = 2
"""A digest with no more papers than this was most likely not read to its end."""


class Finding(NamedTuple):
    """What was found: of which row, by which name people know it, and what is odd about it.

    key: of the row in the admin; None where there is nothing to open there.
    """

    model: type[Model]
    key: int | None
    name: str
    detail: str

    @property
    def address(self) -> str:
        """The admin's page on which to correct it, or the page where it shows."""
        if self.key is None:
            return reverse("digests")
        return reverse(f"admin:digest_{self.model._meta.model_name}_change", args=[self.key])


class Check(NamedTuple):
    """name: for the command line. title, meaning: for people. find: all findings, as they come."""

    name: str
    title: str
    meaning: str
    find: Callable[[], Iterator[Finding]]


CHECKS: dict[str, Check] = {}

_Find = Callable[[], Iterator[Finding]]


def _check(title: str, meaning: str) -> Callable[[_Find], _Find]:
    def register(find: _Find) -> _Find:
        name = find.__name__.replace("_", "-")
        CHECKS[name] = Check(name, title, meaning, find)
        return find

    return register


class Examined(NamedTuple):
    """The findings of a check, as many as were asked for, and whether there are more."""

    check: Check
    findings: list[Finding]
    more: bool


def examine(check: Check, most: int = 1000) -> Examined:
    """What a check finds, at most so many."""
    found = list(islice(check.find(), most + 1))
    return Examined(check, found[:most], len(found) > most)


def _papers(papers: Iterable[tuple[int, str, str]], detail: str = "") -> Iterator[Finding]:
    """Findings of papers that are given as key, slug and title."""
    for pk, slug, title in papers:
        yield Finding(Paper, pk, slug, detail or title)


def _walk(condition: Any, *fields: str) -> Iterator[Any]:
    """Key, slug, title and more of the visible papers of which something is true."""
    papers = Paper.objects.visible().filter(condition).order_by("pk")
    return papers.values_list("pk", "slug", "title", *fields).iterator()


# Titles

_CUT = re.compile(
    r"(?:[-–—,:;(\[{/&]|\.\.\.|…|"
    r"\b(?:a|an|the|of|for|in|on|at|by|to|from|with|without|and|or|via|into|as|using|is|are))$"
)
_ESCAPED = re.compile(r"\\.")
_MONEY = re.compile(r"\$\d[\d.,]*(?:[kmb]\b|\s?(?:[mb]illion|USD)\b|(?=[\s-]|$))|\d\$", re.I)
_MATHEMATICS = re.compile(r"\$[^$]*\$")
_MARKDOWN = re.compile(
    r"\*\*|__\w|\]\(|\[\[|^#+ |^[-*>] |\|$|^\||</?(?:b|i|em|sub|sup|br)/?>|&\w+;"
)
_NO_BRACKETS = re.compile(r"[^()\[\]{}]+")
_OPENED_BY = {")": "(", "]": "[", "}": "{"}


def cut(title: str) -> str:
    """Why a title seems to be cut off, or ""."""
    if found := _CUT.search(title):
        return f"ends in “{found[0]}”"
    text = _ESCAPED.sub("", title)
    if text.count("$") % 2 and _MONEY.sub("", text).count("$") % 2:
        return "a $ opens mathematics that does not end"
    opened: list[str] = []
    for bracket in _NO_BRACKETS.sub("", _MATHEMATICS.sub("", text)):
        if bracket not in _OPENED_BY:
            opened.append(bracket)
        elif not opened or opened.pop() != _OPENED_BY[bracket]:
            return f"a {bracket} closes what was not opened"
    return f"a {opened[-1]} is not closed" if opened else ""


def misshapen(title: str) -> str:
    """What is odd about a title's form, or ""."""
    if found := _MARKDOWN.search(title):
        return f"has “{found[0].strip()}” in it, as markup has"
    shouts = title.isupper() and " " in title and sum(map(str.isupper, title)) > 10
    return "is all in capitals" if shouts else ""


@_check("Titles cut off", "The title ends where no title ends: a line was wrapped or cut.")
def cut_titles() -> Iterator[Finding]:
    for pk, slug, title in _walk(Q()):
        if reason := cut(title):
            yield Finding(Paper, pk, slug, f"{title}: {reason}")


@_check("Titles out of shape", "The title is all in capitals, or has markup left in it.")
def odd_titles() -> Iterator[Finding]:
    for pk, slug, title in _walk(Q()):
        if reason := misshapen(title):
            yield Finding(Paper, pk, slug, f"{title}: {reason}")


# What papers lack


@_check("No summary", "No source gives a summary of the paper, or one that says anything.")
def no_summary() -> Iterator[Finding]:
    return _papers(_walk(Q(points=[])))


@_check("No authors", "No source names an author of the paper.")
def no_authors() -> Iterator[Finding]:
    return _papers(_walk(~Exists(Authorship.objects.filter(paper=OuterRef("pk")))))


@_check("Authors cut", "The paper has five authors exactly, where digests cut their lists.")
def authors_cut() -> Iterator[Finding]:
    return _papers(_walk(Q(authors_cut=True)))


@_check("Handles alone", "All authors of the paper are single words, and so most likely handles.")
def handles_only() -> Iterator[Finding]:
    written = Authorship.objects.filter(paper=OuterRef("pk"))
    names = written.filter(author__name__contains=" ")
    return _papers(_walk(Exists(written) & ~Exists(names)))


@_check(
    "No address of the paper",
    "Neither an arXiv id nor an address nor a link says where the paper itself is.",
)
def no_address() -> Iterator[Finding]:
    linked = Link.objects.filter(paper=OuterRef("pk"))
    return _papers(_walk(Q(arxiv_id=None, url="") & ~Exists(linked)))


@_check("Unknown categories", "The taxonomy does not have the category, so that it has no area.")
def unknown_categories() -> Iterator[Finding]:
    found = Category.objects.filter(area=None, is_area=False).order_by("-paper_count", "name")
    for pk, name, count in found.values_list("pk", "name", "paper_count").iterator():
        yield Finding(Category, pk, name, f"{count} paper{'s' if count != 1 else ''}")


# Links


@_check(
    "Links in the wrong column",
    "A source gives a Hugging Face address as one of GitHub, or the other way round.",
)
def misplaced_links() -> Iterator[Finding]:
    code = Q(github__icontains="huggingface.co") | Q(github__icontains="hf.co")
    code |= Q(repo__icontains="huggingface.co") | Q(repo__icontains="hf.co")
    entries = Entry.objects.annotate(
        github=KT("record__github_urls"),
        repo=KT("record__github_repo"),
        hugging_face=KT("record__huggingface_urls"),
    ).filter(code | Q(hugging_face__icontains="git"), paper__hidden=False)
    rows = entries.order_by("pk").values_list("paper", "paper__slug", "record")
    seen: set[tuple[int, str]] = set()
    for pk, slug, record in rows.iterator():
        for given, ours, name in (
            ([record.get("github_repo"), *(record.get("github_urls") or ())], False, "GitHub"),
            (record.get("huggingface_urls") or (), True, "Hugging Face"),
        ):
            for text in given:
                url = links.clean_url(text or "")
                if not url or (pk, url) in seen:
                    continue
                site = links.destination(url).site
                if site and (site == "Hugging Face") != ours:
                    seen.add((pk, url))
                    yield Finding(Paper, pk, slug, f"{url} is given as one of {name}")


@_check("Dead links", "A link of the paper does not answer any longer.")
def dead_links() -> Iterator[Finding]:
    dead = LinkHealth.objects.filter(dead=True)
    found = Link.objects.filter(paper__hidden=False, url__in=dead.values("url")).order_by("pk")
    for pk, slug, url in found.values_list("paper", "paper__slug", "url").iterator():
        yield Finding(Paper, pk, slug, url)
    for pk, slug, _, url in _walk(Q(url__in=dead.values("url")), "url"):
        yield Finding(Paper, pk, slug, url)


# Days


@_check("On many days", f"The paper is in {MANY_DAYS} digests or more.")
def many_days() -> Iterator[Finding]:
    papers = Paper.objects.visible().annotate(days=Count("placements")).filter(days__gte=MANY_DAYS)
    found = papers.order_by("-days", "pk").values_list("pk", "slug", "title", "days")
    for pk, slug, title, days in found.iterator():
        yield Finding(Paper, pk, slug, f"{title}: {days} days")


@_check("Days ahead", "The digest is dated after tomorrow.")
def days_ahead() -> Iterator[Finding]:
    yield from _with_counts(Digest.objects.ahead())


@_check("Days missing", "A working day between the first digest and the last has none.")
def missing_days() -> Iterator[Finding]:
    names = _stream_names()
    found = Digest.objects.out().order_by("stream_id", "date").values_list("stream", "date")
    for stream, days in groupby(found, itemgetter(0)):
        for before, after in pairwise(day for _, day in days):
            for number in range(1, (after - before).days):
                day = before + timedelta(days=number)
                if day.weekday() < 5:
                    yield Finding(Digest, None, day.isoformat(), f"{day:%A}{names[stream]}")


@_check("Digests nearly empty", f"The digest has {FEW_PAPERS} papers or fewer.")
def empty_digests() -> Iterator[Finding]:
    yield from _with_counts(Digest.objects.filter(paper_count__lte=FEW_PAPERS))


def _with_counts(digests: QuerySet[Digest]) -> Iterator[Finding]:
    """A finding for each digest, by date, with the number of its papers."""
    names = _stream_names()
    found = digests.order_by("date", "stream_id").values_list("date", "stream", "paper_count")
    for day, stream, count in found.iterator():
        papers = f"{count} paper{'s' if count != 1 else ''}"
        yield Finding(Digest, None, day.isoformat(), papers + names[stream])


def _stream_names() -> dict[int, str]:
    """By its key what to add to a finding about a digest of a stream: nothing for the default's."""
    names = dict(Stream.objects.values_list("pk", "name"))
    return {key: "" if key == DEFAULT else f", {name}" for key, name in names.items()}


# What does not add up


@_check(
    "Sources that do not add up",
    "What the source says became of its rows is not what its entries say.",
)
def source_counts() -> Iterator[Finding]:
    counted: dict[int, Counter[str]] = defaultdict(Counter)
    grouped = Entry.objects.order_by().values_list("source", "verdict").annotate(Count("pk"))
    for source, verdict, count in grouped.iterator():
        counted[source][verdict] = count
    verdicts = [verdict for verdict in Verdict.values if verdict != Verdict.REJECTED]
    for pk, name, *counts in Source.objects.order_by("pk").values_list("pk", "name", *verdicts):
        for verdict, count in zip(verdicts, counts, strict=True):
            if count != counted[pk][verdict]:
                detail = f"{verdict}: {count} by the source, {counted[pk][verdict]} by its entries"
                yield Finding(Source, pk, name, detail)


@_check(
    "Counts that are wrong",
    "An author or a category says another number of papers than it has, or has none.",
)
def wrong_counts() -> Iterator[Finding]:
    written = Authorship.objects.filter(author=OuterRef("pk")).order_by().values("author")
    count = Subquery(written.annotate(count=Count("pk")).values("count"))
    authors = Author.objects.order_by("pk").annotate(papers_now=Coalesce(count, 0))
    wrong = authors.filter(~Q(paper_count=F("papers_now")) | Q(papers_now=0))
    rows = wrong.values_list("pk", "name", "paper_count", "papers_now").iterator()
    for pk, name, says, has in rows:
        yield Finding(Author, pk, name, f"says {says}, has {has}")
    yield from _wrong_categories()


def _wrong_categories() -> Iterator[Finding]:
    tagged = Classification.objects.order_by()
    own = dict(tagged.values_list("category").annotate(Count("pk")))
    area = Coalesce("category__area", "category")
    of_areas = dict(
        tagged.values_list(area).annotate(Count("paper", distinct=True))  # its categories'
    )
    for category in Category.objects.order_by("pk"):
        has = (of_areas if category.is_area else own).get(category.pk, 0)
        if category.paper_count != has or not has:
            detail = f"says {category.paper_count}, has {has}"
            yield Finding(Category, category.pk, category.name, detail)
