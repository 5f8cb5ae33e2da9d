"""What curators do to the catalogue: correct, hide, merge, split, and settle differences.

Each is one decision, written in one transaction with what the papers then show, which is worked out
before. Nothing is ever edited or deleted by it, so that each can be ended again. All raise
ValidationError, in a sentence for people, and change nothing then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.dispatch import Signal
from django.utils import timezone

from digest.batches import batches
from digest.catalogue.fields import AUTHORS, HIDDEN, correctable
from digest.catalogue.plan import ENDED, Edit, Plan
from digest.catalogue.projection import (
    Statement,
    origins,
    project,
    statements_of,
)
from digest.catalogue.write import ChangeSet, write_serialized
from digest.formats import Record
from digest.models import Alias, Correction, Difference, Entry, Merge, Paper, Source
from digest.text import identity
from digest.text.normalize import line

papers_merging = Signal()
"""Sent before the transaction, with the keys `paper`, which is to be hidden, and `into`. What a
receiver returns is called within it, and writes what belongs to that."""
papers_splitting = Signal()
"""The same, when `paper` is to be itself again. into: where its merges ended."""


Curator = Any
"""A user; None where nobody in particular decides."""


Also = Callable[[], None]
"""What belongs to a decision, and is written in the same transaction."""
_Write = Callable[[], None] | None
Writes = list[Callable[[], None]]


# Corrections


def correct(
    paper: Paper, field: str, value: Any, by: Curator, reason: str = "", also: Also | None = None
) -> Correction | None:
    """Correct one field of a paper; the correction that is active then.

    field: its name. value: as `Correction` has it; for links, also the whole list. What the sources
    state by themselves needs no correction: an earlier one ends, and None is returned.
    """
    return correct_all(lambda: [(paper, field, value)], by, reason, also)[0]


def correct_all(
    right: Callable[[], Iterable[tuple[Paper, str, Any]]],
    by: Curator,
    reason: str = "",
    also: Also | None = None,
) -> list[Correction | None]:
    """The same for any fields of several papers, all of them or none, which are written at once.

    right: gives papers, fields and values, from what the catalogue shows at the time. It may be
    called several times, and what it raises is raised.
    """
    memo: dict[Any, Any] = {}
    return write_serialized(
        lambda: _corrected(right(), by, reason, memo), also and (lambda _: also())
    )


def _corrected(
    values: Iterable[tuple[Paper, str, Any]], by: Curator, reason: str, memo: dict[Any, Any]
) -> tuple[list[Correction | None], _Write]:
    """The corrections that would be active, and what writes them."""
    values = [(paper, name, _cleaned(name, value)) for paper, name, value in values]
    _check_exist(paper for paper, _, _ in values)
    names = Alias.shown()
    keys = {paper.pk for paper, _, _ in values}
    statements: dict[int, list[Statement]] = defaultdict(list)
    active: dict[int, dict[str, Correction]] = defaultdict(dict)
    for some in batches(keys):
        for _, key, statement in statements_of(Entry.objects.filter(paper__in=some)):
            statements[key].append(statement)
        for correction in Correction.objects.active().filter(paper__in=some):
            active[correction.paper_id][correction.field] = correction
    results: list[Correction | None] = []
    created: list[Correction] = []
    ended: list[Correction] = []
    edits: dict[str, dict[str, Any]] = defaultdict(dict)
    for paper, name, value in values:
        own, now = statements[paper.pk], active[paper.pk]
        if not own and name != HIDDEN.name:
            raise ValidationError("No source has this paper any longer.")
        field = correctable()[name]
        was = project(own, names=names)[name] if own else None
        value = field.correction(value, was)
        current = now.get(name)
        if current and current.value == value:
            results.append(current)
            continue
        if current:
            ended.append(now.pop(name))
        # What is shown of one field may depend on the corrections of others.
        corrected = {other: one.value for other, one in now.items()}
        needless = bool(own) and field.is_needless(value, project(own, corrected, names)[name])
        edits[paper.slug][name] = ENDED if needless else value
        if needless:
            results.append(None)
        else:
            new = Correction(paper=paper, field=name, value=value, was=was, why=reason, made_by=by)
            now[name] = new
            created.append(new)
            results.append(new)
    if not edits:
        return results, None
    changes = ChangeSet(Plan(Edit([*edits], corrections=edits), memo=memo))

    def write() -> None:
        # One ends when the one is made to which it gives way.
        now = timezone.now()
        for one in created:
            one.made_at = now
        _end(Correction.objects.filter(pk__in=[one.pk for one in ended]), by, now)
        Correction.objects.bulk_create(created)
        changes.write()

    return results, write


def withdraw(correction: Correction, by: Curator, also: Also | None = None) -> None:
    """End a correction: the paper shows what its sources state again."""

    def edit() -> Edit:
        if not _is_active(correction):
            raise ValidationError("This correction is no longer in force.")
        slug = correction.paper.slug
        return Edit([slug], corrections={slug: {correction.field: ENDED}})

    _decide(edit, lambda _: _end(Correction.objects.filter(pk=correction.pk), by), also=also)


def _cleaned(name: str, value: Any) -> Any:
    if name not in correctable():
        raise ValidationError(f"{name} cannot be corrected.")
    return correctable()[name].clean(value)


@dataclass(frozen=True)
class Origin:
    """Where what a paper shows of a field comes from: a correction, or a source and its day, or
    several of them (links) or none, and then neither is there.

    shown: what the paper shows; one that is hidden would show it. theirs: what the sources state.
    """

    shown: Any
    theirs: Any
    correction: Correction | None = None
    source: Source | None = None
    day: date | None = None


def provenance(paper: Paper) -> dict[str, Origin]:
    """For each field of a paper that can be corrected where it comes from, in four queries."""
    entries = Entry.objects.filter(paper=paper)
    statements = [statement for *_, statement in statements_of(entries)]
    names = Alias.shown()
    first = origins(statements)
    corrections = {
        correction.field: correction
        for correction in paper.corrections.active().select_related("made_by")
    }
    given = {field: correction.value for field, correction in corrections.items()}
    theirs = project(statements, names=names) if statements else {}
    shown = project(statements, given, names) if statements else {}
    sources = {
        source.sha256: source
        for source in Source.objects.filter(sha256__in={one.sha256 for one in first.values()})
        .defer("content")
        .order_by("-loaded_at")
    }
    return {
        field: Origin(
            shown.get(field),
            theirs.get(field),
            corrections.get(field),
            sources.get(first[field].sha256) if field in first else None,
            first[field].date if field in first else None,
        )
        for field in correctable()
    }


# Differences


def settle(
    difference: Difference, how: str, by: Curator, value: Any = None, also: Also | None = None
) -> None:
    """Settle a difference between a correction and a source.

    how: of `Difference.Settled`: the correction is kept, the source's value is used, or `value`,
    for EDITED.
    """
    if how == Difference.Settled.EDITED and value is None:
        raise ValidationError("Enter a value.")
    right = difference.theirs if how == Difference.Settled.TAKEN else value
    memo: dict[Any, Any] = {}

    def prepare() -> tuple[None, Callable[[], None]]:
        correction, write = difference.correction, None
        if how != Difference.Settled.KEPT:
            values = [(correction.paper, correction.field, right)]
            _, write = _corrected(values, by, f"settled: {difference.source}", memo)

        def settle() -> None:
            open_ = Difference.objects.filter(pk=difference.pk, settled="")
            if not open_.update(settled=how, settled_at=timezone.now(), settled_by=by):
                raise ValidationError("This difference is settled already.")
            if write:
                write()

        return None, settle

    write_serialized(prepare, also and (lambda _: also()))


# Papers that are one


def merge_papers(
    paper: Paper, into: Paper, by: Curator, reason: str = "", also: Also | None = None
) -> Merge:
    """Merge a paper into another: what is stated of it and what people made of it are
    the other's from now on, and its address redirects there."""
    merge = Merge(paper=paper, into=into, why=reason, made_by=by)

    def others(edit: Edit) -> Writes:
        return _answers(papers_merging, paper.pk, into.pk)

    _decide(lambda: to_merge_papers(paper, into), lambda _: merge.save(), others, also)
    return merge


def to_merge_papers(paper: Paper, into: Paper) -> Edit:
    """What that is."""
    _check_exist([paper, into])
    merged = Merge.ends([paper.slug, into.slug])
    if paper.pk == into.pk:
        raise ValidationError("These are the same paper already.")
    if merged:
        raise ValidationError("One of them was merged into another paper already.")
    moved = Entry.objects.filter(paper=paper).order_by().values_list("pk", flat=True)
    return Edit([into.slug, paper.slug], moved=dict.fromkeys(moved, into.slug))


def split_paper(merge: Merge, by: Curator, also: Also | None = None) -> None:
    """End a merge: each paper has its own entries again, and what people made of it."""

    def others(edit: Edit) -> Writes:
        end = Paper.objects.only("pk").get(slug=edit.papers[1])
        return _answers(papers_splitting, merge.paper_id, end.pk)

    def end(edit: Edit) -> None:
        _end(Merge.objects.filter(pk=merge.pk), by)

    _decide(lambda: to_split_paper(merge), end, others, also)


def to_split_paper(merge: Merge) -> Edit:
    """What that is. Its papers: the one that was merged, and the one where its merges ended."""
    merged_into = dict(Merge.objects.active().values_list("paper__slug", "into__slug"))
    if merged_into.pop(merge.paper.slug, None) is None or not _is_active(merge):
        raise ValidationError("This merge is no longer in force.")
    # What the other paper has now may have come through merges that went before or after.
    end = merge.into.slug
    while end in merged_into:
        end = merged_into[end]
    entries = Entry.objects.filter(paper__slug=end)
    moved = {}
    for pk, record in entries.values_list("pk", "record"):
        row = Record.from_dict(record)
        slug = identity.paper_slug(line(row.title), row.link)[0]
        while slug in merged_into:
            slug = merged_into[slug]
        if slug == merge.paper.slug:
            moved[pk] = slug
    return Edit([merge.paper.slug, end], moved=moved)


# Authors who are one


def merge_authors(
    name: str, into: str, by: Curator, reason: str = "", also: Also | None = None
) -> Alias:
    """Make a printed name an alias of another: wherever a file prints it, the other is shown."""
    alias = Alias(name=name, of=into, why=reason, made_by=by)

    def save(edit: Edit) -> None:
        (alias.name,), (alias.of,) = (AUTHORS.clean([one]) for one in (name, into))
        alias.slug = identity.author_slug(alias.name)
        alias.save()

    _decide(lambda: to_merge_authors(name, into), save, also=also)
    return alias


def to_merge_authors(name: str, into: str) -> Edit:
    """What that is. Papers are in the order of lists."""
    if not line(name) or not line(into):
        raise ValidationError("Enter both names.")
    (name,), (into,) = AUTHORS.clean([name]), AUTHORS.clean([into])
    shown = Alias.shown()
    if name == into or shown.get(into) == name:
        raise ValidationError("These are the same author already.")
    if name in shown:
        raise ValidationError(f"{name} stands for {shown[name]} already.")
    return Edit(_by(name), names=Alias.shown(more={name: into}))


def split_author(alias: Alias, by: Curator, also: Also | None = None) -> None:
    """End an alias: where a file prints the name, it is shown again."""

    def end(edit: Edit) -> None:
        _end(Alias.objects.filter(pk=alias.pk), by)

    _decide(lambda: to_split_author(alias), end, also=also)


def to_split_author(alias: Alias) -> Edit:
    """What that is. Papers are in the order of lists."""
    if not _is_active(alias):
        raise ValidationError("This name is no longer an alias.")
    return Edit(_by(Alias.shown()[alias.name]), names=Alias.shown(without=alias.name))


def _by(author: str) -> list[str]:
    papers = Paper.objects.filter(authorships__author__name=author)
    return list(papers.newest().values_list("slug", flat=True))


# What all of them need


def _decide(
    edit: Callable[[], Edit],
    save: Callable[[Edit], object],
    others: Callable[[Edit], Writes] | None = None,
    also: Also | None = None,
) -> None:
    """Save a decision, and what papers show then. edit: what it changes, computed from what is
    there; what it raises is raised. others: what else writes what comes of it."""
    memo: dict[Any, Any] = {}

    def prepare() -> tuple[None, Callable[[], None]]:
        wanted = edit()
        changes = ChangeSet(Plan(wanted, memo=memo))
        writes = others(wanted) if others else []

        def write() -> None:
            save(wanted)
            changes.write()
            for each in writes:
                each()

        return None, write

    write_serialized(prepare, also and (lambda _: also()))


def _answers(signal: Signal, paper: int, into: int) -> Writes:
    answers: list[Any] = signal.send(Merge, paper=paper, into=into)
    return [write for _, write in answers]


def _check_exist(papers: Iterable[Paper]) -> None:
    """Raise ValidationError unless all are there still."""
    keys = {paper.pk for paper in papers}
    if Paper.objects.filter(pk__in=keys).count() < len(keys):
        raise ValidationError("A paper no longer exists, since its source was undone.")


def _is_active(decision: Any) -> bool:
    return bool(type(decision).objects.active().filter(pk=decision.pk).exists())


def _end(decisions: Any, by: Curator, at: datetime | None = None) -> None:
    """End those that are active. at: now, by default."""
    decisions.active().update(ended_at=at or timezone.now(), ended_by=by)
