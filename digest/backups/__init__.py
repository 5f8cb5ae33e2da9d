"""Backups of the whole site, made while it serves, verified and restored; and the rows of one
database copied to another."""

from __future__ import annotations

from digest.models import Backup


def last_backup() -> Backup | None:
    """The last backup that was made whole, or None: when it began (`made_at`), the folder with it
    (`path`), its `size` in bytes, when it was last verified (`verified_at`, or None) and what was
    wrong with it then (`error`, or "")."""
    return Backup.objects.first()
