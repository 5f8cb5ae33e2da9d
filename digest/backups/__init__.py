"""Backups of the whole site, made while it serves, verified and restored; and the rows of one
database copied to another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.utils import timezone

from digest.models import Backup

from . import folders


def last_backup() -> Backup | None:
    """The last backup that was made whole, or None: when it began (`made_at`), the folder with it
    (`path`), its `size` in bytes, when it was last verified (`verified_at`, or None) and what was
    wrong with it then (`error`, or "")."""
    return Backup.objects.first()


def note_backup(path: Path, manifest: dict[str, Any]) -> None:
    """Have `last_backup` give this one. Raises DatabaseError."""
    found = {
        "made_at": folders.made_at(manifest),
        "path": str(path),
        "size": folders.size(manifest),
        "verified_at": None,
        "error": "",
    }
    Backup.objects.update_or_create(id=1, defaults=found)


def note_verification(path: Path, problems: list[str]) -> None:
    """Have `last_backup` give what was found, if that was verified. Raises DatabaseError."""
    last = Backup.objects.filter(path=str(path.resolve()))
    last.update(verified_at=timezone.now(), error="\n".join(problems))
