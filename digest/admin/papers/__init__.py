"""Papers, authors and categories as curators correct them, and all that they decided."""

from . import authors, decisions, differences, papers  # noqa: F401  register what they show
