"""The roles, as the migration makes them."""

import json
import os
import subprocess
import sys

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command

from tests.conftest import ROOT


def rights(role):
    permissions = Group.objects.get(name=role).permissions.select_related("content_type")
    return {f"{each.content_type.app_label}.{each.codename}" for each in permissions}


def test_each_role_has_what_it_needs(db):
    curators, managers, operators = map(rights, ("Curators", "User managers", "Operators"))
    assert managers == {"accounts.view_user", "accounts.add_user", "accounts.change_user"}
    assert {right.partition(".")[0] for right in curators} == {"digest", "accounts"}
    assert {right for right in curators if right.startswith("accounts.")} == {
        "accounts.view_report",
        "accounts.change_report",
    }
    # Decisions end, and are never deleted; a source goes by undoing it, a stream
    # only if it has no digest.
    assert {right for right in curators if ".delete_" in right} == {
        "digest.delete_source",
        "digest.delete_stream",
        "digest.delete_upload",
    }
    assert {"digest.add_source", "digest.view_source", "digest.add_merge"} <= curators
    assert operators == curators | managers | {
        *(f"auth.{do}_group" for do in ("view", "add", "change", "delete")),
        *(f"accounts.{do}_disclosure" for do in ("view", "add", "change")),
        *("accounts.delete_user", "admin.view_logentry"),
        *(f"accounts.view_{name}" for name in ("bookmark", "dismissal", "note")),
        *(f"accounts.view_{name}" for name in ("listitem", "readinglist", "rating")),
        *(f"accounts.view_{name}" for name in ("interestmodel", "preference", "savedsearch")),
    }


BACK_AND_FORTH = """
import json
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command

def look():
    ContentType.objects.clear_cache()
    kinds = Permission.objects.values_list("content_type", "codename")
    return [
        {each.name: each.permissions.count() for each in Group.objects.order_by("name")},
        kinds.count() == len({*kinds}),
        ContentType.objects.filter(permission=None).count(),
    ]

fresh = look()
call_command("migrate", "accounts", "0004", verbosity=0)
back = look()
call_command("migrate", verbosity=0)
print(json.dumps([fresh, back, look()]))
"""


@pytest.mark.slow
@pytest.mark.sqlite
def test_a_database_is_taken_back_and_forth(own_database):
    """On one that has all its permissions, and one that has none yet."""
    environment = {**os.environ, "DATABASE_URL": own_database}
    environment["DJANGO_SETTINGS_MODULE"] = "digest.settings"
    command = [sys.executable, "manage.py", "shell", "-v", "0", "-c", BACK_AND_FORTH]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    )
    fresh, back, forth = json.loads(done.stdout.splitlines()[-1])  # after what migrate says
    assert {*fresh[0]} == {"Curators", "Operators", "User managers"}
    assert fresh[1:] == [True, 0]
    assert back == [{}, True, 0]
    assert forth == fresh


@pytest.mark.parametrize("name", ["ada@example.org", "аda", "ada lovelace"])
def test_superusers_have_names_as_all_have(db, name):
    with pytest.raises(CommandError, match="Use the letters a to z"):
        call_command("createsuperuser", username=name, email="", interactive=False)
