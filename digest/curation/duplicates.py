"""Papers and authors that look like one, proposed for a curator to say.

A proposal costs somebody's time, so what is not likely is left out: common names in another order,
short titles, titles that differ in a number, names that stand side by side on a paper.

All titles and names are read once and compared only within blocks of what could be alike: 200,000
papers and 400,000 names take about half a minute.
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator
from itertools import combinations, groupby, product
from operator import itemgetter
from typing import NamedTuple

from django.db import transaction
from django.db.models import Count, Q
from django.db.models.fields.json import KT

from digest.batches import batches
from digest.models import Alias, Author, Authorship, Entry, Link, Merge, Paper, Proposal
from digest.text.identity import arxiv_id
from digest.text.normalize import line
from digest.text.similarity import (
    CROWD,
    DIGITS,
    WORD,
    plain_words,
    share_most_words,
    similar_titles,
)

SHORTEST_HANDLE = 8
"""Letters of a handle that says by itself who it is."""
Pair = tuple[str, str]
"""What looks like one, the first in order first: slugs of papers, or names of authors."""


class ProposalCounts(NamedTuple):
    """What proposing did: how many proposals are new, were taken away, and wait now, by kind."""

    new: Counter[str]
    removed: int
    waiting: Counter[str]


def propose() -> ProposalCounts:
    """Write what looks like one now. What a curator decided, either way, stays decided; what waits
    and no longer looks like one, or is not there any more, is taken away.

    Others write meanwhile: all is compared first, and what is written stands beside what they
    decided in that time.
    """
    kinds = Proposal.Kind
    found = {(kinds.PAPER.value, *pair): reason for pair, reason in papers().items()}
    found |= {(kinds.AUTHOR.value, *pair): reason for pair, reason in authors().items()}
    for key in _decided():
        found.pop(key, None)
    outdated = []
    waiting = Counter(kind for kind, *_ in found)
    changed = []
    for proposal in Proposal.objects.all():
        reason = found.pop((proposal.kind, proposal.first, proposal.second), None)
        if reason is None and not proposal.refused_at:
            outdated.append(proposal.pk)
        elif reason and proposal.refused_at:
            waiting[proposal.kind] -= 1
        elif reason and reason != proposal.reason:
            proposal.reason = reason
            changed.append(proposal)
    for keys in batches(outdated):
        Proposal.objects.filter(pk__in=keys, refused_at=None).delete()
    for some in batches(changed):
        Proposal.objects.bulk_update(some, ["reason"], batch_size=100)
    new: Counter[str] = Counter()
    for several in batches(sorted(found.items())):
        rows = {
            key: Proposal(kind=key[0], first=key[1], second=key[2], reason=reason)
            for key, reason in several
        }
        with transaction.atomic():
            for key in _decided():
                if rows.pop(key, None):
                    waiting[key[0]] -= 1
            # What was proposed or refused meanwhile is there.
            Proposal.objects.bulk_create(rows.values(), batch_size=100, ignore_conflicts=True)
        new.update(kind for kind, *_ in rows)
    return ProposalCounts(new, len(outdated), +waiting)


def _decided() -> Iterator[tuple[str, str, str]]:
    """What was merged once, whether or not it was split again."""
    for paper, into in Merge.objects.values_list("paper__slug", "into__slug"):
        yield (Proposal.Kind.PAPER.value, *_in_order(paper, into))
    for name, of in Alias.objects.values_list("name", "of"):
        yield (Proposal.Kind.AUTHOR.value, *_in_order(name, of))


def _in_order(one: str, other: str) -> Pair:
    return (one, other) if one < other else (other, one)


# Papers


def papers() -> dict[Pair, str]:
    """Pairs of visible papers that look like one, each with the reason."""
    return _alike(_titles()) | _same_arxiv_id()


def _titles() -> dict[str, list[str]]:
    """The slugs of the papers of each plain title."""
    titles: dict[str, list[str]] = defaultdict(list)
    for slug, title in Paper.objects.visible().values_list("slug", "title").iterator():
        titles[plain_words(title)].append(slug)
    return titles


def _same_arxiv_id() -> dict[Pair, str]:
    """Papers of which one has the arXiv id that an address of the other names."""
    may_name = Q()
    for piece in ("xiv", "ar5iv", "lanl.gov", "10.48550/", "/papers/", "pid="):
        may_name |= Q(url__contains=piece)
    links = Link.objects.filter(may_name, paper__hidden=False)
    addresses = list(links.values_list("paper__slug", "paper__arxiv_id", "paper__title", "url"))
    own = Paper.objects.visible().filter(may_name, arxiv_id=None)
    addresses += own.values_list("slug", "arxiv_id", "title", "url")
    named = [
        (slug, own_id, title, number)
        for slug, own_id, title, url in addresses
        if (number := arxiv_id(url))
    ]
    titles: dict[str, str] = {}
    for some in batches({number for *_, number in named}):
        there = Paper.objects.visible().filter(arxiv_id__in=some)
        titles |= dict(there.values_list("slug", "title"))
    found = {}
    for slug, own_id, title, number in named:
        # A paper with an arXiv id of its own most likely names another as what it builds upon.
        if (
            number in titles
            and slug != number
            and (not own_id or share_most_words(title, titles[number]))
        ):
            found[_in_order(slug, number)] = f"both are arXiv:{number}, one of them by its address"
    return found


def _alike(titles: dict[str, list[str]]) -> dict[Pair, str]:
    """Papers whose titles are the same but for a few letters, and whose authors may be the same."""
    pairs: dict[Pair, int] = {}
    for slugs in titles.values():
        if 1 < len(slugs) <= CROWD:
            pairs |= {_in_order(*pair): 0 for pair in combinations(slugs, 2)}
    for one, other, edits in similar_titles(titles):
        pairs |= {_in_order(a, b): edits for a in titles[one] for b in titles[other]}
    written: dict[str, set[str]] = defaultdict(set)
    numbered: set[str] = set()
    for some in batches({slug for pair in pairs for slug in pair}):
        rows = Authorship.objects.filter(paper__slug__in=some)
        for slug, name in rows.values_list("paper__slug", "author__name"):
            written[slug].add(plain_words(name).replace(" ", ""))
        known = Paper.objects.filter(slug__in=some).exclude(arxiv_id=None)
        numbered.update(known.values_list("slug", flat=True))
    found = {}
    for pair, edits in pairs.items():
        ours, theirs = (written[slug] for slug in pair)
        # arXiv sees to it that a work has one id, so that two of them take more to be one.
        strangers = {*pair} <= numbered or (ours and theirs)
        if not strangers or ours & theirs:
            found[pair] = (
                f"titles differ in {edits} letter{'s' if edits > 1 else ''}"
                if edits
                else "titles are the same"
            )
    return found


# Authors


class _Name(NamedTuple):
    """A name as printed, and its plain words: of a handle, one."""

    printed: str
    words: tuple[str, ...]

    @property
    def is_handle(self) -> bool:
        return " " not in self.printed


def _name(printed: str) -> _Name:
    return _Name(printed, tuple(plain_words(printed).split()))


class _Likeness(NamedTuple):
    """Why two names look like one. sure: without anybody whom both wrote with."""

    reason: str
    sure: bool


def authors() -> dict[Pair, str]:
    """Pairs of authors' names that look like one, each with the reason."""
    names = list(map(_name, Author.objects.values_list("name", flat=True).iterator()))
    crowd = _Crowd(names)
    likely = _on_one_paper({name.printed for name in names})
    likely |= _initials(names) | _handles(names, crowd) | _same_words(names, crowd)
    wrote_with = _wrote_with({name for pair in likely for name in pair})
    found = {}
    for (one, other), (reason, sure) in likely.items():
        if other in wrote_with[one]:
            continue
        together = sorted(wrote_with[one] & wrote_with[other])
        if together:
            reason += f", with the same co-author {together[0]}"
        if together or sure:
            found[one, other] = reason
    return found


class _Crowd:
    """How often words stand in names, which tells what is rare."""

    def __init__(self, names: Iterable[_Name]) -> None:
        self.family: Counter[str] = Counter()
        self.given: Counter[tuple[str, ...]] = Counter()
        for name in names:
            if len(name.words) > 1:
                self.family[name.words[-1]] += 1
                self.given[name.words[:-1]] += 1


def _same_words(names: Iterable[_Name], crowd: _Crowd) -> dict[Pair, _Likeness]:
    grouped: dict[str, list[_Name]] = defaultdict(list)
    for name in names:
        if name.words:
            grouped[" ".join(sorted(name.words))].append(name)
    found = {}
    for group in grouped.values():
        if len(group) > CROWD:
            continue
        for one, other in combinations(group, 2):
            pair = _in_order(one.printed, other.printed)
            if one.words == other.words:
                found[pair] = _Likeness(f"differ only in {_difference(*pair)}", True)
            else:
                # Of "Fan Hehe" and "Hehe Fan" one ends in what nobody else is called. Of "Yang Liu"
                # and "Liu Yang" neither does, and they may be two.
                rare = 1 in (crowd.family[one.words[-1]], crowd.family[other.words[-1]])
                found[pair] = _Likeness("the same words in another order", rare)
    return found


def _difference(one: str, other: str) -> str:
    if one.casefold() == other.casefold():
        return "case"
    accents = any(
        unicodedata.combining(letter) for letter in unicodedata.normalize("NFKD", one + other)
    )
    if accents and WORD.sub("", one) == WORD.sub("", other):
        return "accents"
    return "spaces and punctuation"


def _initials(names: Iterable[_Name]) -> dict[Pair, _Likeness]:
    """ "A. Lovelace" and "Ada Lovelace", "Ada K. Lovelace" and "Ada Lovelace", where only one full
    name fits."""
    by_family: dict[Pair, list[_Name]] = defaultdict(list)
    for name in names:
        if len(name.words) > 1 and not name.is_handle:
            by_family[name.words[-1], name.words[0][0]].append(name)
    found = {}
    for group in by_family.values():
        full = [name for name in group if len(name.words[0]) > 1]
        for name in group:
            if len(name.words[0]) == 1:
                fitting = [other for other in full if _fits(name, other)]
            elif len(name.words) > 2 and all(len(word) == 1 for word in name.words[1:-1]):
                fitting = [
                    other
                    for other in full
                    if other.words[0] == name.words[0] and len(other.words) == 2
                ]
            else:
                continue
            if len(fitting) == 1:
                pair = _in_order(name.printed, fitting[0].printed)
                sure = len(name.words[0]) > 1
                found[pair] = _Likeness("one has initials where the other has words", sure)
    return found


def _fits(short: _Name, full: _Name) -> bool:
    """Whether the short name's words begin the full one's, as far as both have them."""
    pairs = zip(short.words[:-1], full.words[:-1], strict=False)
    return all(word.startswith(initial) for initial, word in pairs)


def _handles(names: Iterable[_Name], crowd: _Crowd) -> dict[Pair, _Likeness]:
    """Handles that spell one name, which no other handle spells."""
    handles: dict[str, list[_Name]] = defaultdict(list)
    for name in names:
        if name.is_handle and len(letters := _letters(name)) >= 6:
            handles[letters].append(name)
    spelled: dict[str, set[_Name]] = defaultdict(set)
    for name in names:
        if not name.is_handle and len(name.words) > 1:
            for letters in _spellings(name):
                if letters in handles:
                    spelled[letters].add(name)
    found = {}
    for letters, written in spelled.items():
        if len(written) == len(handles[letters]) == 1:
            (handle,), (name,) = handles[letters], written
            sure = len(letters) >= SHORTEST_HANDLE and crowd.given[name.words[:-1]] == 1
            pair = _in_order(handle.printed, name.printed)
            found[pair] = _Likeness("the handle spells the name", sure)
    return found


def _letters(name: _Name) -> str:
    return DIGITS.sub("", "".join(name.words))


def _spellings(name: _Name) -> set[str]:
    """The name's words in one, its family's name last or first."""
    *given, family = name.words
    return {"".join([*given, family]), "".join([family, *given])}


def _on_one_paper(names: Container[str]) -> dict[Pair, _Likeness]:
    """A handle and a name that two sources print of one paper: in one place, where the rest of
    their lists is the same, or where the handle spells the name."""
    several = Entry.objects.filter(paper__hidden=False).order_by().values("paper")
    several = several.annotate(count=Count("pk")).filter(count__gt=1)
    entries = Entry.objects.filter(paper__in=several.values("paper")).order_by("paper")
    rows = entries.annotate(printed=KT("record__authors")).values_list("paper", "printed")
    found = {}
    for _, of_paper in groupby(rows.iterator(), itemgetter(0)):
        lists = {tuple(map(line, (printed or "").split(","))) for _, printed in of_paper}
        for ours, theirs in combinations(sorted(lists), 2):
            for one, other in _exchanged(ours, theirs):
                if one in names and other in names:
                    found[_in_order(one, other)] = _Likeness(
                        "two sources name them as authors of one paper", True
                    )
    return found


def _exchanged(ours: tuple[str, ...], theirs: tuple[str, ...]) -> Iterator[Pair]:
    """The handles and names that stand for each other in two lists of one paper's authors."""
    left = [_name(printed) for printed in ours if printed not in theirs]
    right = [_name(printed) for printed in theirs if printed not in ours]
    alone = len(left) == len(right) == 1 and len(ours) == len(theirs)
    for one, other in product(left, right):
        if one.is_handle == other.is_handle:
            continue
        handle, name = (one, other) if one.is_handle else (other, one)
        in_place = alone and ours.index(one.printed) == theirs.index(other.printed)
        if in_place or (len(name.words) > 1 and _letters(handle) in _spellings(name)):
            yield one.printed, other.printed


def _wrote_with(names: Iterable[str]) -> dict[str, set[str]]:
    """The names that stand beside each of these on a paper."""
    found: dict[str, set[str]] = defaultdict(set)
    rows = Authorship.objects.values_list("paper", "author__name")
    for some in batches(names):
        papers: dict[int, list[str]] = defaultdict(list)
        for paper, name in rows.filter(author__name__in=some):
            papers[paper].append(name)
        for several in batches(papers):
            for paper, other in rows.filter(paper__in=several):
                for name in papers[paper]:
                    if name != other:
                        found[name].add(other)
    return found
