"""What the parser of queries looks up in the database: categories by name, and known tags."""

from __future__ import annotations

from collections.abc import Callable

from digest.models import Category
from digest.text import taxonomy

from . import index
from .nodes import AnyOf, Tag
from .tags import category_tag
from .text import fold


def categories() -> Callable[[str, bool], str | None]:
    """What `query.parse` wants: a category's tag by its name or slug, read in one query at need."""
    known: dict[str, tuple[int, bool]] = {}

    def tag(name: str, area_only: bool) -> str | None:
        if not known:
            rows = list(Category.objects.values_list("pk", "name", "slug", "is_area"))
            # Two names may fold to the same, but no two slugs are the same.
            known.update((fold(name_), (pk, is_area)) for pk, name_, _, is_area in rows)
            known.update((slug, (pk, is_area)) for pk, _, slug, is_area in rows)
        full_name = fold(taxonomy.known(name) or name)  # of arXiv's own, a code is typed
        pk, is_area = known.get(name.lower()) or known.get(full_name) or (0, False)
        return category_tag(pk) if pk and (is_area or not area_only) else None

    return tag


def known_tags(wanted: tuple[Tag, ...]) -> set[str]:
    """What `query.parse` wants: all tags of the papers that have any of these."""
    papers = index.newest(AnyOf(wanted), len(wanted))
    return {tag for text in index.tags(papers) for tag in text.split()}
