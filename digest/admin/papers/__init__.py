"""Papers, authors and categories as curators mend them, and all that they decided."""

from . import authors, decisions, differences, papers  # noqa: F401  register what they show
