import gc
import os
import shutil
import sqlite3
import uuid
from contextlib import closing
from itertools import cycle, product
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, settings

CI = os.environ.get("CI") == "true"
ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
EXAMPLES = {
    # How long an example takes says what else the machine does.
    "deadline": None,
    # An example leaves nothing that another would find: it writes nothing, or takes it back.
    "suppress_health_check": [HealthCheck.function_scoped_fixture],
}

settings.register_profile("tests", max_examples=30, stateful_step_count=20, **EXAMPLES)
settings.register_profile("thorough", max_examples=200, stateful_step_count=50, **EXAMPLES)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--thorough",
        action="store_true",
        help="try all of what is tried in part otherwise: the archive, pairs, examples",
    )


@pytest.fixture(scope="session")
def part_of(pytestconfig):
    """part_of(many, 3) is every third of many things, or all of them with --thorough."""
    thorough = pytestconfig.getoption("thorough")

    def part_of(many, every=10):
        return list(many)[:: 1 if thorough else every]

    return part_of


@pytest.fixture(scope="session")
def pairs(pytestconfig):
    """pairs(many, few) pairs each of many things with one of a few in turn, or with each of them
    with --thorough."""
    return (
        product if pytestconfig.getoption("thorough") else lambda many, few: zip(many, cycle(few))
    )


@pytest.fixture(scope="session")
def archive_files(shared, part_of):
    """archive_files("json") are real digests of that form: every tenth, or all with --thorough."""
    from digest.catalogue.load import find_files

    return lambda form, every=10: part_of(find_files(shared / "archive" / form).files, every)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real digests that stands beside the checkout."""
    if not SHARED.is_dir():
        pytest.skip("needs ../shared, the folder of real digests")
    return SHARED


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """pytest-django's own, with a copy of the new database, of which tests with processes of their
    own get copies; at the end, whoever still holds the database lets go of it.

    PostgreSQL drops none that somebody is connected to, and a server's thread, or the pool's, may
    need longer to end than the last test.
    """
    from django.db import connection

    with django_db_blocker.unblock():
        _have_roles_after_each_flush()
        original = f"{connection.settings_dict['NAME']}_original"
        if connection.vendor == "sqlite":
            with closing(sqlite3.connect(original)) as file:
                connection.connection.backup(file)
        else:
            connection.close()
            connection.close_pool()
            _server(f"DROP DATABASE IF EXISTS {original}")
            _server(f"CREATE DATABASE {original} TEMPLATE {connection.settings_dict['NAME']}")
    yield
    if connection.vendor == "sqlite":
        Path(original).unlink()
        return
    _server(f"DROP DATABASE {original} WITH (FORCE)")
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def _have_roles_after_each_flush() -> None:
    """A test with transactions of its own empties the database at its end, and with it the roles
    that a migration made: they are put back, whichever test is next."""
    from django.apps import apps
    from django.contrib.auth.models import Group, Permission
    from django.db import connection
    from django.db.models.signals import post_migrate

    if Group._meta.db_table not in connection.introspection.table_names():
        return  # no test asks for the database
    *_, last = apps.get_app_configs()
    kind = ("content_type__app_label", "content_type__model", "codename")
    roles = {
        group.name: {*group.permissions.values_list(*kind)}
        for group in Group.objects.order_by("pk")
    }

    def put_back(**_: object) -> None:
        if Group.objects.exists():  # this was a migration
            return
        keys = {tuple(names): pk for *names, pk in Permission.objects.values_list(*kind, "pk")}
        groups = Group.objects.bulk_create(Group(name=name) for name in roles)
        Group.permissions.through.objects.bulk_create(
            Group.permissions.through(group=group, permission_id=keys[names])
            for group in groups
            for names in roles[group.name]
        )

    post_migrate.connect(put_back, sender=last, weak=False)


def _server(statement: str) -> None:
    """Have the PostgreSQL server do what it does for no database: nobody may be connected to one
    that is copied."""
    from django.db import connection

    host = connection.settings_dict["HOST"]
    with psycopg.connect(host=host, user="postgres", dbname="postgres", autocommit=True) as server:
        server.execute(statement)


@pytest.fixture(scope="session")
def copy_database(django_db_setup, tmp_path_factory):
    """copy_database() is the DATABASE_URL of a fresh copy of a migrated database."""
    from django.db import connection

    original = f"{connection.settings_dict['NAME']}_original"
    home = tmp_path_factory.mktemp("databases")
    names = []

    def copy() -> str:
        names.append(f"own_{uuid.uuid4().hex}")
        if connection.vendor == "sqlite":
            return f"sqlite:///{shutil.copyfile(original, home / names[-1])}"
        _server(f"CREATE DATABASE {names[-1]} TEMPLATE {original}")
        return f"postgres://postgres@/{names[-1]}?host={connection.settings_dict['HOST']}"

    yield copy
    for name in names if connection.vendor == "postgresql" else []:
        _server(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def own_database(copy_database):
    """The DATABASE_URL of a fresh, migrated database, for tests with processes of their own."""
    return copy_database()


@pytest.fixture
def redis():
    """A Redis that is not started yet."""
    from tests.redis import PROGRAM, Server

    if PROGRAM is None:
        pytest.skip("needs redis-server")
    server = Server()
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def _nobody_came_before() -> None:
    """Each test begins with a site that nobody has asked for anything."""
    from django.core.cache import caches

    from digest.caches import exports

    for cache in caches.all(initialized_only=True):
        cache.clear()
    exports._exports_by_address.clear()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores, for some tests wait for processes of theirs; each has a
    database of its own, which more than a few cores would not make up for."""
    return min((os.cpu_count() or 1) + 1, 4)


def pytest_configure(config: pytest.Config) -> None:
    settings.load_profile("thorough" if config.getoption("thorough") else "tests")
    config.addinivalue_line("markers", "thorough: left out without --thorough")
    config.addinivalue_line(
        "markers", "slow: takes seconds, or starts processes; left out by `make test-fast`"
    )
    config.addinivalue_line("markers", "sqlite: about SQLite alone, or one database will do")
    config.addinivalue_line("markers", "postgresql: about PostgreSQL alone; left out on SQLite")


def pytest_collection_finish() -> None:
    """What is there now stays: Python's collector need not go through it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(2_000, 20, 20)


def pytest_report_header() -> str:
    from django.db import connection

    return f"database: {connection.display_name}"


# What pytest-django gives to the tests that use the database.
_DATABASE = {"db", "transactional_db", "django_db_setup", "django_db_serialized_rollback"}


def _asks_postgresql(item: pytest.Item) -> bool:
    """Whether a test can find on PostgreSQL what it does not find on SQLite.

    It uses the database, and is not one of those that ask the whole site from outside, which one
    database is enough for: they are marked `sqlite`, and those in the browser are known by folder.
    """
    if item.get_closest_marker("sqlite") or "browser" in item.path.parts:
        return False
    fixtures = {*getattr(item, "fixturenames", ())}
    return bool(item.get_closest_marker("django_db") or fixtures & _DATABASE)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    from django.db import connection

    if connection.vendor == "sqlite":
        left_out = [item for item in items if item.get_closest_marker("postgresql")]
    else:
        left_out = [item for item in items if not _asks_postgresql(item)]
    if not config.getoption("thorough"):
        left_out += [item for item in items if item.get_closest_marker("thorough")]
    gone = set(left_out)
    items[:] = [item for item in items if item not in gone]
    config.hook.pytest_deselected(items=left_out)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI a skipped test is a promise that nobody checked, so it fails the run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if CI and reporter and reporter.stats.get("skipped") and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if CI and terminalreporter.stats.get("skipped"):
        terminalreporter.write_line("In CI, a skipped test fails the run.")
