"""Values that are made once for each revision of the catalogue."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from typing import TypeVar

from django.core.cache import caches

from digest.models import Catalogue

_Value = TypeVar("_Value")


def key_of(*parts: object) -> str:
    """The key of a value that is made of these parts: the same for the same parts in their order,
    of 64 characters, whatever the length of theirs. None is another part than any text."""
    texts = [None if part is None else str(part) for part in parts]
    return sha256(json.dumps(texts).encode()).hexdigest()


class Revision:
    """The current revision of the catalogue, and what was made of it, for all of a process.

    Get it before anything of the catalogue is read: a value that a load overtakes is then stored
    under the revision that has passed, where nobody will look for it.
    """

    def __init__(self) -> None:
        self.catalogue = Catalogue.current()

    def key(self, *name: object) -> str:
        """The key of a value that follows from the catalogue and its name alone."""
        return key_of(self.catalogue.revision, *name)

    def once(
        self,
        make: Callable[[], _Value],
        *name: object,
        storable: Callable[[_Value], bool] = lambda _: True,
    ) -> _Value:
        """What `make` gives, made once under a name.

        The first part of a name is the kind of the value. storable: whether the next one who
        asks may have it, too.
        """
        key = self.key(*name)
        value: _Value | None = caches["pages"].get(key)
        if value is None:
            value = make()
            if storable(value):
                caches["pages"].set(key, value)
        return value
