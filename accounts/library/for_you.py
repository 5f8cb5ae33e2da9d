"""Papers likely to matter to a person: what is learned from their rows, and what they state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.models import (
    Bookmark,
    Dismissal,
    InterestModel,
    Note,
    Preference,
    Rating,
    User,
)
from accounts.recommender.examples import Examples
from accounts.recommender.features import AUTHOR, CATEGORY, READ, WORD, Score, Weights, word_feature
from digest.batches import batches
from digest.models import Author, Category, SearchText

from .base import NotFound, Part, accessible
from .examples import examples_of

if TYPE_CHECKING:
    # It needs NumPy, which takes 20 MB of a process, and which only learning needs.
    from accounts.recommender.vectors import Vectors

MOST_PREFERENCES = 500
"""Words, authors and categories that a person may want more or less of, at most."""
_LEARNED = {WORD: 12, AUTHOR: 8, CATEGORY: 8}
"""Features of each kind that the person is shown, at most."""
_LEAST = 0.2
"""And each has so much of the weight of the first of its kind, at least."""
_KINDS = {
    WORD: Preference.Kind.WORD,
    AUTHOR: Preference.Kind.AUTHOR,
    CATEGORY: Preference.Kind.CATEGORY,
}


class Reason(NamedTuple):
    """Something that a person can want less of: a kind of `Preference`, and its name."""

    kind: str
    name: str


class Likely(NamedTuple):
    """How much a paper is likely to matter to the person, and why. value: above 0 if it is more
    like what they kept than nine of ten other papers."""

    value: float
    reasons: list[Reason]


class SavedRating(NamedTuple):
    """An answer, to restore it."""

    paper: int
    is_relevant: bool
    added_at: datetime


class SavedPreference(NamedTuple):
    """A preference, to restore it."""

    kind: str
    name: str
    wants_more: bool
    added_at: datetime


class ForYou(Part):
    """The person's own model. Nobody else's rows are read for it."""

    @cached_property
    def model(self) -> InterestModel | None:
        """What was learned last; None if nothing was, or the person switched it off."""
        if not isinstance(self._user, User) or not self._user.recommendations:
            return None
        return InterestModel.objects.filter(user=self._user).first()

    @property
    def orders(self) -> bool:
        """Whether there is a model that may order papers."""
        return self.model is not None and self.model.is_useful

    # What is likely to matter

    def likely(self, papers: Collection[int]) -> dict[int, Likely]:
        """How likely the papers with these keys are to matter, of those that the catalogue shows,
        in a fixed number of queries; nothing without a model."""
        if self.model is None or not papers:
            return {}
        weights = self._weights
        scores: dict[int, Score] = {}
        for some in batches(papers):
            for text in SearchText.objects.filter(paper__in=some).only(*READ):
                scores[text.paper_id] = weights.score(text)
        reasons = (reason for score in scores.values() for reason in score.reasons)
        names = self._names({reason.name for reason in reasons})
        return {
            paper: Likely(
                score.value,
                [
                    Reason(_KINDS[one.kind], name)
                    for one in score.reasons
                    if (name := one.text or names.get(one.name))
                ],
            )
            for paper, score in scores.items()
        }

    @property
    def _weights(self) -> Weights:
        assert self.model
        return Weights(self.model.weights, self.model.threshold, self._less)

    @cached_property
    def _less(self) -> frozenset[str]:
        """The features that the person wants less of."""
        unwanted = [one for one in self.preferences if not one.wants_more]
        words = {word_feature(one.name) for one in unwanted if one.kind == Preference.Kind.WORD}
        found = words - {""}
        for letter, model in ((AUTHOR, Author), (CATEGORY, Category)):
            names = [one.name for one in unwanted if one.kind == _KINDS[letter]]
            if names:
                rows: Any = model
                keys = rows.objects.filter(name__in=names).values_list("pk", flat=True)
                found |= {f"{letter}{key}" for key in keys}
        return frozenset(found)

    def _names(self, features: Iterable[str]) -> dict[str, str]:
        """The names of authors and categories, by feature, in two queries."""
        keys: dict[str, set[int]] = {AUTHOR: set(), CATEGORY: set()}
        for feature in features:
            if feature[:1] in keys:
                keys[feature[0]].add(int(feature[1:]))
        found: dict[str, str] = {}
        for letter, model in ((AUTHOR, Author), (CATEGORY, Category)):
            rows: Any = model
            for some in batches(keys[letter]):
                names = rows.objects.filter(pk__in=some).values_list("pk", "name")
                found |= {f"{letter}{key}": name for key, name in names}
        return found

    def learned(self) -> list[Reason]:
        """What speaks most for a paper: words, then authors, then categories."""
        if self.model is None:
            return []
        names = {**self.model.words, **self._names(self.model.weights)}
        found = []
        for letter, most in _LEARNED.items():
            good = sorted(
                (-value, name)
                for name, value in self.model.weights.items()
                if name[:1] == letter and value > 0 and name in names and name not in self._less
            )
            found += [
                Reason(_KINDS[letter], names[name])
                for value, name in good[:most]
                if value <= _LEAST * good[0][0]
            ]
        return found

    # What the person states

    @cached_property
    def preferences(self) -> list[Preference]:
        """What the person wants more or less of, the last one first."""
        return list(Preference.objects.filter(user=self._user.pk))

    @transaction.atomic
    def prefer(self, reasons: Iterable[Reason], *, more: bool) -> None:
        """Want more or less of something from now on. Raises ValidationError if it is too much."""
        rows = [
            Preference(
                user=self._owner,
                kind=reason.kind,
                name=reason.name,
                wants_more=more,
                added_at=timezone.now(),
            )
            for reason in dict.fromkeys(reasons)
        ]
        User.objects.select_for_update().get(pk=self._owner.pk)
        if Preference.objects.filter(user=self._owner).count() + len(rows) > MOST_PREFERENCES:
            raise ValidationError(
                f"You have {MOST_PREFERENCES} of “more” and “less” together: undo some first."
            )
        Preference.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["user", "kind", "name"],
            update_fields=["wants_more", "added_at"],
        )
        self._forget()

    def forget_preference(self, preference: int) -> Preference:
        """Want neither more nor less of something any longer. Raises NotFound."""
        found = Preference.objects.filter(user=self._user.pk, pk=preference).first()
        if found is None:
            raise NotFound("There is no such preference.")
        Preference.objects.filter(pk=found.pk).delete()
        self._forget()
        return found

    def ratings(self) -> Any:
        """The person's answers with their papers, the first one first."""
        found = Rating.objects.filter(user=self._user.pk).select_related("paper")
        return found.order_by("added_at", "pk")

    def rate(self, answers: Mapping[int, bool]) -> None:
        """Save whether papers are of interest; a later answer replaces an earlier one."""
        there = accessible(self._user).filter(pk__in=list(answers)).values_list("pk", flat=True)
        now = timezone.now()
        with transaction.atomic():
            Rating.objects.filter(user=self._owner, paper__in=list(there)).delete()
            Rating.objects.bulk_create(
                [
                    Rating(
                        user=self._owner,
                        paper_id=paper,
                        is_relevant=answers[paper],
                        added_at=now,
                    )
                    for paper in there
                ],
                ignore_conflicts=True,
            )

    def forget_ratings(self) -> None:
        """Take all answers back."""
        Rating.with_parts.filter(user=self._owner).delete()

    def questions(self, papers: Iterable[int], most: int) -> list[int]:
        """Of some papers those to ask the person about: of no other row of theirs, and where there
        is a model, those that it is least sure of."""
        asked = list(papers)
        for model in (Bookmark, Dismissal, Note, Rating):
            rows: Any = model
            seen = {
                *rows.objects.filter(user=self._user.pk, paper__in=asked).values_list(
                    "paper", flat=True
                )
            }
            asked = [paper for paper in asked if paper not in seen]
        if likely := self.likely(asked):
            asked.sort(key=lambda paper: abs(likely[paper].value) if paper in likely else 1e9)
        return asked[:most]

    @transaction.atomic
    def restore(
        self, ratings: Iterable[SavedRating], preferences: Iterable[SavedPreference]
    ) -> list[str]:
        """Add what an export has. What there is already stays as it is. Gives problems, in
        words."""
        Rating.objects.bulk_create(
            [
                Rating(user=self._owner, paper_id=paper, is_relevant=yes, added_at=at)
                for paper, yes, at in ratings
            ],
            ignore_conflicts=True,
        )
        User.objects.select_for_update().get(pk=self._owner.pk)
        own = Preference.objects.filter(user=self._owner)
        there = {*own.values_list("kind", "name")}
        new: dict[tuple[str, str], SavedPreference] = {}
        for one in preferences:
            if (one.kind, one.name) not in there:
                new.setdefault((one.kind, one.name), one)
        room = max(MOST_PREFERENCES - len(there), 0)
        Preference.objects.bulk_create(
            Preference(user=self._owner, kind=kind, name=name, wants_more=more, added_at=at)
            for kind, name, more, at in list(new.values())[:room]
        )
        self._forget()
        if len(new) <= room:
            return []
        return [
            f"{len(new) - room} of “more” and “less” are not added: there are"
            f" {MOST_PREFERENCES}, which is the most."
        ]

    def _forget(self) -> None:
        """Forget what was read, so that it is read again."""
        for name in ("model", "preferences", "_less"):
            self.__dict__.pop(name, None)

    # What is learned

    def train(self, vectors: Vectors) -> InterestModel | None:
        """Learn from the person's rows, and test it on them. None if they kept nothing, or switched
        it off: then nothing is stored."""
        from accounts.recommender.training import (  # and NumPy: see Vectors
            Learned,
            back_test,
            learn,
        )

        owner = self._owner
        vectors.trim()
        examples = examples_of(owner, self.preferences)
        weights, threshold = learn(examples, vectors) if owner.recommendations else Learned({})
        self._forget()
        if not weights:
            InterestModel.objects.filter(user=owner).delete()
            return None
        values = {
            "weights": weights,
            "threshold": threshold,
            "words": self._printed(weights, examples),
            "kept": len(examples.kept),
            "trained_at": timezone.now(),
            **back_test(examples, vectors)._asdict(),
        }
        with transaction.atomic():
            # While it was learned, the person may have switched it off, or be gone.
            people = User.objects.select_for_update().filter(pk=owner.pk, recommendations=True)
            if not people:
                return None
            return InterestModel.objects.update_or_create(user=owner, defaults=values)[0]

    def switch_off(self) -> None:
        """Learn nothing any more, and delete what was learned. What the person stated stays."""
        with transaction.atomic():
            User.objects.filter(pk=self._owner.pk).update(recommendations=False)
            InterestModel.objects.filter(user=self._owner).delete()
        self._owner.recommendations = False
        self._forget()

    def switch_on(self) -> None:
        """Learn again."""
        User.objects.filter(pk=self._owner.pk).update(recommendations=True)
        self._owner.recommendations = True
        self._forget()

    @staticmethod
    def _printed(weights: Mapping[str, float], examples: Examples) -> dict[str, str]:
        """How the papers that were kept last print the words that speak most for a paper."""
        best = sorted((-value, name) for name, value in weights.items() if name[:1] == WORD)
        wanted = {name for _, name in best[: 4 * _LEARNED[WORD]]}
        papers = [one.paper for one in examples.kept[-50:]] + list(examples.wanted)[:50]
        often: dict[str, Counter[str]] = {}
        for text in SearchText.objects.filter(paper__in=papers).only(*READ):
            for word in (*text.title.split(), *text.summary.split()):
                if (feature := word_feature(word)) in wanted:
                    often.setdefault(feature, Counter())[word] += 1
        return {name: words.most_common(1)[0][0] for name, words in often.items()}
