import fcntl
import gc
import os
import shutil
import uuid
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


@pytest.fixture(autouse=True)
def has_more_than_the_sample(monkeypatch):
    """As on a site with digests of its own, where no page asks whether there are any."""
    from digest.catalogue import sample

    monkeypatch.setattr(sample, "known", {"more": True})


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real digests that stands beside the checkout."""
    if not SHARED.is_dir():
        pytest.skip("needs ../shared, the folder of real digests")
    return SHARED


@pytest.fixture(scope="session")
def once(tmp_path_factory):
    """once(name, make) is a path that all workers share: the first that asks makes it by
    make(path), and the others wait."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent

    def once(name, make):
        path, done = folder / name, folder / f"{name}.done"
        with (folder / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists():
                make(path)
                done.touch()
        return path

    return once


@pytest.fixture(scope="session")
def migrated(django_test_environment, django_db_blocker, once, testrun_uid) -> str:
    """The name of a migrated database, of which others are copies: migrations take seconds.

    On PostgreSQL, databases end with the server (tests/postgres.py).
    """
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.loader import MigrationLoader

    # A migration that is first read while a test sets the clock would have that clock for good.
    MigrationLoader(None)
    server = f"migrated_{testrun_uid}" if connection.vendor == "postgresql" else ""

    def migrate(path):
        if server:
            _server(f"CREATE DATABASE {server}")
        connection.settings_dict["NAME"] = server or str(path)
        call_command("migrate", verbosity=0)
        connection.close()  # what is copied has to be at rest

    with django_db_blocker.unblock():
        path = once("migrated", migrate)
    return server or str(path)


@pytest.fixture(scope="session")
def django_db_setup(copy_database, django_db_blocker):
    """In place of pytest-django's own, which migrates a database for each worker."""
    from django.db import connection

    with django_db_blocker.unblock():
        connection.close()
        connection.settings_dict["NAME"] = copy_database()
        _empty_quickly()


_MIGRATED = {"django_migrations", "django_content_type"} | {
    *("auth_permission", "auth_group", "auth_group_permissions")
}
"""Tables of what migrations made, which tests with transactions of their own leave alone."""


def _empty_quickly() -> None:
    """A test with transactions of its own leaves an empty database. Django's way takes ten times as
    long: it empties a hundred tables, most of which have no row, and makes permissions anew."""
    from django.db import connection, transaction
    from django.test import TransactionTestCase

    from digest.models import Stream
    from digest.search import index

    tables = {*connection.introspection.django_table_names(only_existing=True)} - _MIGRATED
    has_rows = " UNION ALL ".join(
        f"""SELECT '{table}' WHERE EXISTS (SELECT 1 FROM "{table}")""" for table in sorted(tables)
    )

    def empty(_: TransactionTestCase) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(has_rows)
            for (table,) in cursor.fetchall():
                cursor.execute(f'DELETE FROM "{table}"')
        Stream.ensure_default()
        index.after_migrate()

    TransactionTestCase._fixture_teardown = empty


def _server(statement: str) -> None:
    """Have the PostgreSQL server do what it does outside of every database."""
    from django.db import connection

    host = connection.settings_dict["HOST"]
    with psycopg.connect(host=host, user="postgres", dbname="postgres", autocommit=True) as server:
        server.execute(statement)


@pytest.fixture(scope="session")
def copy_database(migrated, tmp_path_factory):
    """copy_database() is the name of a fresh copy of a migrated database."""
    from django.db import connection

    home = tmp_path_factory.mktemp("databases")

    def copy() -> str:
        name = f"test_{uuid.uuid4().hex}"
        if connection.vendor == "sqlite":
            return str(shutil.copyfile(migrated, home / name))
        _server(f"CREATE DATABASE {name} TEMPLATE {migrated}")
        return name

    return copy


@pytest.fixture
def own_database(copy_database):
    """The DATABASE_URL of a fresh, migrated database, for tests with processes of their own."""
    from django.db import connection

    name = copy_database()
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return f"postgres://postgres@/{name}?host={connection.settings_dict['HOST']}"


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
    """As many as there are cores; on SQLite one more, for tests in the browser often wait. Each has
    to find all tests first, which more than a few cores would not make up for."""
    more = "postgres" not in os.environ.get("DATABASE_URL", "")
    return min((os.cpu_count() or 1) + more, 4)


# Finding the tests makes millions of objects that all stay: Python's collector would go through
# them again and again.
gc.disable()


def pytest_configure(config: pytest.Config) -> None:
    settings.load_profile("thorough" if config.getoption("thorough") else "tests")
    config.addinivalue_line("markers", "thorough: left out without --thorough")
    config.addinivalue_line(
        "markers", "slow: takes seconds, or starts processes; left out by `make test-fast`"
    )
    config.addinivalue_line("markers", "sqlite: about SQLite alone, or one database will do")
    config.addinivalue_line(
        "markers", "databases: runs statements that no other test does, so it is not `sqlite`"
    )
    config.addinivalue_line("markers", "postgresql: about PostgreSQL alone; left out on SQLite")


def pytest_collection_finish() -> None:
    """What is there now stays, and the collector looks at what comes after it alone."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()


def pytest_report_header() -> str:
    from django.db import connection

    return f"database: {connection.display_name}"


# What pytest-django gives to the tests that use the database.
_DATABASE = {"db", "transactional_db", "migrated", "django_db_serialized_rollback"}
_ONE_WILL_DO = {"browser", "exports", "static_site"}
"""Folders of tests that one database is enough for."""


def _asks_postgresql(item: pytest.Item) -> bool:
    """Whether a test can find on PostgreSQL what it does not find on SQLite.

    It uses the database, and is not one of those that ask the site from outside, by statements that
    others run on PostgreSQL: they are marked `sqlite`, or known by folder. Every page is opened
    there by tests/test_routes.py.
    """
    if not item.get_closest_marker("databases") and (
        item.get_closest_marker("sqlite") or _ONE_WILL_DO & {*item.path.parts}
    ):
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
    if hasattr(config, "workerinput"):  # so that no worker has a long one left at the end
        items.sort(key=_is_quick)
    config.hook.pytest_deselected(items=left_out)


def _is_quick(item: pytest.Item) -> bool:
    return not item.get_closest_marker("slow") and "browser" not in item.path.parts


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI a skipped test is a promise that nobody checked, so it fails the run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if CI and reporter and reporter.stats.get("skipped") and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if CI and terminalreporter.stats.get("skipped"):
        terminalreporter.write_line("In CI, a skipped test fails the run.")
