"""Where curators work: Django's admin over the catalogue, its sources and what curators decided."""

from . import doctor, duplicates, links, papers, sources, status, streams, uploads  # noqa: F401  register what they show
