"""The admin as this site has it: who comes in, and by which door."""

from __future__ import annotations

from django.contrib.admin import AdminSite


class Site(AdminSite):
    site_header = site_title = "Paper Digest"
    index_title = "Curation"
