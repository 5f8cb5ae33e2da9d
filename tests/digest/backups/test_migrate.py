"""A migration that is killed can be run again."""

import pytest
from django.core.management.commands import migrate as django_migrate
from django.db import connection

from digest.management.commands.migrate import Executor
from tests.databases import at


class Killed(Exception):
    pass


@pytest.mark.usefixtures("migrated")  # by which it is known to ask the database
def test_no_migration_is_done_and_not_recorded(new_database, monkeypatch, django_db_blocker):
    with django_db_blocker.unblock(), at(new_database()):
        executor = Executor(connection)
        record = executor.recorder.record_applied

        def recorded(app, name):
            if app == "auth":
                raise Killed
            record(app, name)

        monkeypatch.setattr(executor.recorder, "record_applied", recorded)
        with pytest.raises(Killed):
            executor.migrate([("auth", "0001_initial")])
        tables = connection.introspection.table_names()
        assert sorted(tables) == ["django_content_type", "django_migrations"]
        monkeypatch.undo()
        Executor(connection).migrate([("auth", "0001_initial")])
        assert "auth_permission" in connection.introspection.table_names()


def test_the_command_migrates_so():
    assert django_migrate.MigrationExecutor is Executor
