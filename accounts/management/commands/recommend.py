"""`manage.py recommend`: learns for each person which new papers are likely to matter to them."""

from itertools import chain
from typing import Any

from django.core.management.base import BaseCommand
from django.db import IntegrityError

from accounts.library import Library
from accounts.models import InterestModel, User
from accounts.recommender.vectors import Vectors
from digest.batches import batches


class Command(BaseCommand):
    help = (
        "Learn for each person, from their own rows alone, which papers are likely to matter to"
        " them, and test it on what they bookmarked last. Who switched it off is left out."
    )

    def handle(self, verbosity: int, **options: Any) -> None:
        people = User.objects.filter(is_active=True, recommendations=True)
        InterestModel.objects.exclude(user__in=people).delete()
        vectors = Vectors()
        learned = 0
        keys = list(people.order_by("pk").values_list("pk", flat=True))
        for person in chain.from_iterable(people.in_bulk(some).values() for some in batches(keys)):
            try:
                learned += Library(person).for_you.train(vectors) is not None
            except IntegrityError:  # the account was deleted meanwhile
                if User.objects.filter(pk=person.pk).exists():
                    raise
        if verbosity:
            self.stdout.write(f"Learned for {learned:,} {'person' if learned == 1 else 'people'}.")
