"""People, as those who manage them see them: never what is private to them."""

from . import log, people, private, reports  # noqa: F401  register what they show
