"""The papers to ask a person about: those whose answers say the most about what interests them."""

from __future__ import annotations

import numpy as np

from digest.models import SearchText

from .vectors import Vectors

_CANDIDATES = 300
"""Papers to choose from: the newest."""
CHOSEN = 60
"""Papers that are chosen for everybody, of which a person is asked about a few."""


def informative_papers() -> list[int]:
    """Papers that are typical and unlike each other, each as unlike those before it as can be.

    The first is the most typical one. An answer about a paper says something of those that are like
    it; of a paper that is like no other, it says little.
    """
    newest = SearchText.objects.order_by("-pk").values_list("paper", flat=True)[:_CANDIDATES]
    vectors = Vectors()
    papers = vectors.read(list(newest))
    if not papers:
        return []
    likeness = vectors.matrix(papers).likeness()
    typical = likeness.mean(axis=1)
    nearest = np.zeros(len(papers))
    chosen: list[int] = []
    for _ in range(min(CHOSEN, len(papers))):
        value = np.sqrt(typical) * (1 - nearest)
        value[chosen] = -1
        best = int(value.argmax())
        chosen.append(best)
        nearest = np.maximum(nearest, likeness[best])
    return [papers[place] for place in chosen]
