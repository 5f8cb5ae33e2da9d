"""A person's whole library as one file, out and in again; and references, found in the catalogue.

An export is a ZIP: `library.json` (its form is `schema.json`, which is in it), a Markdown file for
each note, and a BibTeX file for the bookmarks and for each list. `restore` reads it back, here or
elsewhere. It only ever adds, so that to do it twice changes nothing.
"""

from .exports import SCHEMA, export
from .imports import Restored, may_import, restore
from .matching import Match, match
from .references import (
    MAX_TAG_LISTS,
    Undo,
    add_papers,
    count_by_format,
    personal_parts,
    undo_import,
)

__all__ = [
    "MAX_TAG_LISTS",
    "SCHEMA",
    "Match",
    "Restored",
    "Undo",
    "add_papers",
    "count_by_format",
    "export",
    "match",
    "may_import",
    "personal_parts",
    "restore",
    "undo_import",
]
