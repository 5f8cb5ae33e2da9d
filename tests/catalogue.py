"""A catalogue that many tests begin with: loaded once, and copied for each test after the first."""

from datetime import datetime
from typing import Any, NamedTuple

from django.apps import apps
from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone

from digest.catalogue.load import load
from digest.models import Catalogue, SearchWord, Stream


class _Table(NamedTuple):
    """What a table has beyond what each database begins with."""

    insert: str
    rows: list[tuple[Any, ...]]


class _Copy(NamedTuple):
    loaded_at: datetime
    tables: list[_Table]


_Files = tuple[tuple[bytes, str], ...]
_copies: dict[_Files, _Copy] = {}


def load_once(*files: tuple[bytes, str]) -> None:
    """Load digests, each given by its content and name, into a catalogue in which there is nothing.

    Whoever asks for the same again gets a copy of what was written then, with the same keys; times
    are moved, as if it were loaded now. Where there is something, they are loaded as always.
    """
    if not _is_empty():
        _load(files)
    elif files in _copies:
        _write(_copies[files])
    else:
        before = {model: _rows(model) for model in _models()}
        _load(files)
        loaded_at = timezone.now()
        tables = []
        for model, there in before.items():
            rows = _rows(model)
            if new := [row for row in rows if row not in there]:
                assert len(new) == len(rows) - len(there), f"a row of {model} was changed"
                tables.append(_Table(_insert(model), new))
        _copies[files] = _Copy(loaded_at, tables)


def _load(files: _Files) -> None:
    for content, name in files:
        load(content, name)


def _is_empty() -> bool:
    tables = [model._meta.db_table for model in _models() if model is not Stream]
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + " OR ".join(f'EXISTS(SELECT 1 FROM "{one}")' for one in tables))
        return not cursor.fetchone()[0]


def _models() -> list[type[Model]]:
    """All of the catalogue, but its state, of which none comes twice, and what the database itself
    counts."""
    own = apps.get_app_config("digest").get_models(include_auto_created=True)
    return [model for model in own if model not in (Catalogue, SearchWord)]


def _columns(model: type[Model]) -> str:
    return ", ".join(f'"{field.column}"' for field in model._meta.local_concrete_fields)


def _rows(model: type[Model]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT {_columns(model)} FROM "{model._meta.db_table}"')
        return list(map(tuple, cursor.fetchall()))


def _insert(model: type[Model]) -> str:
    values = ", ".join(["%s"] * len(model._meta.local_concrete_fields))
    return f'INSERT INTO "{model._meta.db_table}" ({_columns(model)}) VALUES ({values})'


def _write(copy: _Copy) -> None:
    passed = timezone.now() - copy.loaded_at
    on_sqlite = connection.vendor == "sqlite"

    def moved(value: Any) -> Any:
        if isinstance(value, datetime):
            value += passed
        # As Django itself writes them there
        return str(value) if on_sqlite and hasattr(value, "isoformat") else value

    with transaction.atomic(), connection.cursor() as cursor:
        for table in copy.tables:
            cursor.executemany(table.insert, [tuple(map(moved, row)) for row in table.rows])
        Catalogue.change()
