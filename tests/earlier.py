"""A database as an earlier version left it, and all that a database holds."""

from typing import Any

from django.apps import apps
from django.contrib.auth.models import Group
from django.core.management import call_command

EARLIER = (("digest", "0009_fetching"), ("accounts", "0010_rows_of_merged_papers"))
"""A state of the tables before streams and suggested categories. Nothing leads further back: on
SQLite, tables of the search index cannot be altered while they have their triggers."""

# Tables of Django whose rows for new models get new keys, and the revision, which is a new one.
_CHANGE = {"auth_permission", "auth_group_permissions", "django_content_type", "digest_catalogue"}


def go_back() -> None:
    """Bring the tables into the state of an earlier version, with the rows that there are."""
    for app, name in EARLIER:
        call_command("migrate", app, name, verbosity=0)


def rows() -> dict[str, list[tuple[Any, ...]]]:
    """All rows of the database, by table, and the permissions of the roles."""
    return {
        model._meta.db_table: sorted(model.objects.values_list(), key=repr)
        for model in apps.get_models(include_auto_created=True)
        if model._meta.db_table not in _CHANGE
    } | {"roles": sorted(Group.objects.values_list("name", "permissions__codename"))}
