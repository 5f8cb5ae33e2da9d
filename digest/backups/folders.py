"""Backups as folders: the rows of each table, the secret key, and a manifest of it all.

A backup is written under a name that begins with a dot, and gets its own name when it is whole and
on the disk.
"""

from __future__ import annotations

import fcntl
import gzip
import json
import os
import re
import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import file_digest
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import DEFAULT_DB_ALIAS, connection
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from jsonschema import ValidationError as SchemaError
from jsonschema import validate

from digest.snapshot import snapshot

from .filling import fill
from .tables import (
    BackupError,
    Table,
    Tally,
    as_line,
    last_number,
    migrations_of,
    tables_of,
)

_FORMAT = "paper-digest-backup/1"
_MANIFEST, _SUM, _KEY = "manifest.json", "manifest.sha256", "secret_key"
_TEXT, _NUMBER = {"type": "string"}, {"type": "integer", "minimum": 0}
_SHAPE: dict[str, Any] = {
    "type": "object",
    "required": ["made_at", "version", "secret_key", "migrations", "tables", "files"],
    "properties": {
        **dict.fromkeys(("made_at", "version", "secret_key"), _TEXT),
        "migrations": {
            "type": "object",
            "additionalProperties": {"type": "array", "items": _TEXT},
        },
        "tables": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "required": ["rows", "sha256", "last_number"],
                "properties": {
                    "rows": _NUMBER,
                    "sha256": _TEXT,
                    "last_number": {"type": ["integer", "null"], "maximum": 2**63 - 1},
                },
            },
        },
        "files": {
            "type": "object",
            # No other names: a path may lead out of the folder.
            "propertyNames": {"pattern": rf"^({_KEY}|tables/\w+\.jsonl\.gz)\Z"},
            "additionalProperties": {
                "type": "object",
                "required": ["bytes", "sha256"],
                "properties": {"bytes": _NUMBER, "sha256": _TEXT},
            },
        },
    },
}
"""What a manifest has, as JSON Schema."""
_UNREADABLE = (OSError, EOFError, zlib.error, ValueError, TypeError, RecursionError, OverflowError)
_NAME = re.compile(r"paper-digest-\d{4}-\d\d-\d\dT\d{6}Z(-\d+)?")
_UNFINISHED = ".unfinished-"


def make(parent: Path, keep: int | None = None) -> tuple[Path, dict[str, Any]]:
    """Make a backup in a folder of its own within `parent`. Gives where it is, and its manifest.

    keep: delete all but so many of the newest backups there, once the new one is whole. Raises
    BackupError, OSError and DatabaseError.
    """
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(parent):
        for rest in parent.glob(f"{_UNFINISHED}*"):  # of one that was interrupted
            shutil.rmtree(rest)
        draft = Path(mkdtemp(prefix=_UNFINISHED, dir=parent))
        try:
            manifest = _write(draft)
            path = _free(parent / f"paper-digest-{made_at(manifest):%Y-%m-%dT%H%M%SZ}")
            draft.rename(path)
            _sync(parent)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
        for old in backups_in(parent)[keep:] if keep else ():
            old = old.rename(parent / f"{_UNFINISHED}{old.name}")  # which is no backup any more
            shutil.rmtree(old)
    return path.resolve(), manifest


def backups_in(parent: Path) -> list[Path]:
    """The backups in a folder, the newest first."""
    found = [path for path in parent.iterdir() if _NAME.fullmatch(path.name)]
    return sorted(found, key=lambda path: (path.name[:31], len(path.name), path.name), reverse=True)


def find(path: Path) -> Path:
    """The backup at a path, or the newest in the folder there. Raises BackupError."""
    try:
        if (path / _MANIFEST).exists():
            return path
        newest, *_ = backups_in(path)
    except ValueError:
        raise BackupError(f"{path}: there is no backup in this folder.") from None
    return newest


def made_at(manifest: dict[str, Any]) -> datetime:
    """When a backup began: it has what was there at that time."""
    return datetime.fromisoformat(manifest["made_at"])


def size(manifest: dict[str, Any]) -> int:
    """How many bytes a backup has."""
    return sum(file["bytes"] for file in manifest["files"].values())


def verify(path: Path) -> tuple[dict[str, Any], list[str]]:
    """Read a whole backup, and compare it with its manifest. Gives the manifest, and what is wrong,
    each in a sentence. Raises BackupError if there is no manifest to compare with."""
    manifest = _read_manifest(path)
    problems = []
    for name, known in manifest["files"].items():
        if not (path / name).is_file():
            problems.append(f"{name} is missing.")
        elif _measured(path / name) != known:
            problems.append(f"{name} is damaged: it has other bytes than were written.")
    try:
        tables = tables_of(manifest["migrations"])
    except BackupError as error:
        return manifest, [*problems, str(error)]
    if problems:
        return manifest, problems
    if {table.name for table in tables} != {*manifest["tables"]}:
        problems.append("The manifest names other tables than its migrations made.")
    for table in tables:
        found = Tally()
        try:
            for line in _lines(path, table):
                table.parsed(line)
                found.add(line)
        except (*_UNREADABLE, ValidationError) as error:
            problems.append(f"The rows of {table.name} cannot be read: {error}")
            continue
        if not _matches(found, manifest["tables"].get(table.name, {})):
            problems.append(f"{table.name} has other rows than the manifest says.")
    return manifest, problems


def restore(path: Path) -> dict[str, Tally]:
    """Put a backup into the default database and its secret key into `var/`: both, or nothing.
    Gives what was written, by the name of the table. Raises BackupError."""
    manifest, problems = verify(path)
    if problems:
        raise BackupError("\n".join(["The backup is not whole.", *problems]))
    key = _key_to_restore(path, manifest)
    known = manifest["tables"]

    def before_commit(written: dict[str, Tally]) -> None:
        wrong = [name for name, tally in written.items() if not _matches(tally, known[name])]
        if wrong:
            raise BackupError(f"The backup changed while it was read: {', '.join(wrong)}.")
        if key and settings.KEY_FILE:
            _replace_key(settings.KEY_FILE, key)

    return fill(
        manifest["migrations"],
        lambda table: map(table.parsed, _lines(path, table)),
        lambda table: known[table.name]["last_number"],
        before_commit,
    )


# Writing


@contextmanager
def _alone(parent: Path) -> Iterator[None]:
    with (parent / ".lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupError(f"Another backup is being made in {parent}.") from None
        yield


def _write(folder: Path) -> dict[str, Any]:
    (folder / "tables").mkdir(mode=0o700)
    begun_at = timezone.now().isoformat()
    tables = {}
    with snapshot():
        migrations = migrations_of(DEFAULT_DB_ALIAS)
        found = tables_of(migrations)
        _lock(found)
        for table in found:
            written = _write_rows(folder / _file(table), table)
            tables[table.name] = {
                "columns": table.columns,
                "rows": written.rows,
                "sha256": written.sha256,
                "last_number": last_number(table, DEFAULT_DB_ALIAS),
            }
    if settings.KEY_FILE:
        _write_file(folder / _KEY, settings.SECRET_KEY.encode())
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    manifest = {
        "format": _FORMAT,
        "made_at": begun_at,
        "version": settings.VERSION,
        "database": connection.display_name,
        "secret_key": _key_fingerprint(settings.SECRET_KEY, begun_at),
        "migrations": migrations,
        "tables": tables,
        "files": {file.relative_to(folder).as_posix(): _measured(file) for file in files},
    }
    _write_file(folder / _MANIFEST, json.dumps(manifest, indent=1).encode())
    checksum = _measured(folder / _MANIFEST)["sha256"]
    _write_file(folder / _SUM, f"{checksum}  {_MANIFEST}\n".encode())
    _sync(folder / "tables")
    _sync(folder)
    return manifest


def _lock(tables: list[Table]) -> None:
    """Have PostgreSQL change no table until the end: the rows of one that is made anew, as some
    migrations do, would be gone for those who began to read before. Others read and write."""
    if connection.vendor == "postgresql":
        names = ", ".join(f'"{table.name}"' for table in tables)
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {names} IN ACCESS SHARE MODE")


def _write_rows(path: Path, table: Table) -> Tally:
    written = Tally()
    with _new(path) as raw:
        with gzip.GzipFile("", "wb", 3, raw, mtime=0) as file:
            for line in map(as_line, table.rows(DEFAULT_DB_ALIAS)):
                file.write(line)
                written.add(line)
        raw.flush()
        os.fsync(raw.fileno())
    return written


def _write_file(path: Path, content: bytes) -> None:
    with _new(path) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _new(path: Path) -> Any:
    """A new file, which only its owner may read."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _sync(folder: Path) -> None:
    """Returns when the disk has the names in a folder."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _free(path: Path) -> Path:
    """The path, or with a number after it if something is there."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.name}-{number}")
    return free


# Reading


def _file(table: Table) -> str:
    return f"tables/{table.name}.jsonl.gz"


def _lines(path: Path, table: Table) -> Iterator[bytes]:
    with gzip.open(path / _file(table)) as file:
        yield from file


def _measured(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return {"bytes": path.stat().st_size, "sha256": file_digest(file, "sha256").hexdigest()}


def _matches(tally: Tally, known: dict[str, Any]) -> bool:
    return (tally.rows, tally.sha256) == (known.get("rows"), known.get("sha256"))


def _read_manifest(path: Path) -> dict[str, Any]:
    try:
        content = (path / _MANIFEST).read_bytes()
        checksum = (path / _SUM).read_text().partition(" ")[0]
    except (OSError, ValueError) as error:
        raise BackupError(f"{path} is no whole backup: {error}") from error
    if checksum != _measured(path / _MANIFEST)["sha256"]:
        raise BackupError(f"{path / _MANIFEST} is damaged.")
    try:
        manifest: dict[str, Any] = json.loads(content)
        if (found := manifest["format"]) == _FORMAT:
            validate(manifest, _SHAPE)
            made_at(manifest)
    except (ValueError, LookupError, TypeError, RecursionError, SchemaError) as error:
        what = getattr(error, "message", error)
        raise BackupError(f"{path / _MANIFEST} is no manifest of a backup: {what}") from error
    if found != _FORMAT:
        raise BackupError(
            f"{path} has the format {found}, and this version reads {_FORMAT}:"
            " install the version that made it."
        )
    return manifest


# The secret key


def _key_fingerprint(key: str, made_at: str) -> str:
    """Shows with which key a backup was made, and nothing of the key."""
    return salted_hmac("digest.backups", made_at, key, algorithm="sha256").hexdigest()


def _key_to_restore(path: Path, manifest: dict[str, Any]) -> str | None:
    """The key that is to replace the one in `var/`, if it is not there yet. Raises BackupError if
    the site has another key, with which something may have been signed."""

    def fits(key: str) -> bool:
        return constant_time_compare(
            _key_fingerprint(key, manifest["made_at"]), manifest["secret_key"]
        )

    if any(map(fits, (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))):
        return None
    if _KEY not in manifest["files"]:
        raise BackupError(
            "The backup was made with a SECRET_KEY of the environment. The site has another one,"
            " which could not read the second factors in it: set SECRET_KEY to the one of then."
        )
    if not settings.KEY_IS_NEW:
        place = settings.KEY_FILE and f"move {settings.KEY_FILE} away"
        raise BackupError(
            "The site has another secret key than the backup, and could not read the second factors"
            f" in it: {place or f'set SECRET_KEY to what is in {path / _KEY}'}, and restore again."
        )
    key = (path / _KEY).read_text("utf-8", "replace")
    if not fits(key):
        raise BackupError(f"{path / _KEY} is not the key with which the backup was made.")
    return key


def _replace_key(place: Path, key: str) -> None:
    draft = place.with_name(f"{place.name}.restored")
    draft.unlink(missing_ok=True)
    _write_file(draft, key.encode())
    draft.replace(place)
    _sync(place.parent)
