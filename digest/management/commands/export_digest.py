"""`manage.py export_digest DATE...`: digests as files, as they gave their papers."""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from digest.exports.digests import WRITERS, export_digest
from digest.management.loading import chosen_stream
from digest.models import Digest


def iso_date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text}: give a date as YYYY-MM-DD") from None


class Command(BaseCommand):
    help = "Write digests to DIR/YYYY/MM/DD.md or .json, or one to standard output."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dates", nargs="*", type=iso_date, metavar="DATE", help="YYYY-MM-DD")
        parser.add_argument("--all", action="store_true", help="every digest")
        parser.add_argument(
            "--stream",
            metavar="SLUG",
            help="the stream of the digests; by default, the default one",
        )
        parser.add_argument("--format", choices=WRITERS, default="markdown")
        parser.add_argument("--output", type=Path, metavar="DIR", help="the folder to write to")

    def handle(self, dates: list[date], format: Any, output: Path | None, **options: Any) -> None:
        if bool(dates) == options["all"]:
            raise CommandError("name the digests: one DATE or more, or --all", returncode=2)
        if output is None and len(dates) != 1:
            raise CommandError("give a folder for several digests: --output DIR", returncode=2)
        digests = Digest.objects.of(chosen_stream(options["stream"]).pk).order_by("date")
        if dates:
            digests = digests.filter(date__in=dates)
            missing = sorted({*dates} - {digest.date for digest in digests})
            if missing:
                raise CommandError(f"there is no digest of {', '.join(map(str, missing))}")
        for digest in digests:
            text = export_digest(digest, format)
            if output is None:
                self.stdout.write(text, ending="")
            else:
                suffix, _ = WRITERS[format]
                try:
                    name = digest.date.isoformat().replace("-", "/")
                    write(output / f"{name}.{suffix}", text)
                except OSError as error:
                    raise CommandError(f"{error.filename}: {error.strerror}") from error


def write(path: Path, text: str) -> None:
    """Write a file whole or not at all, making its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(text, encoding="utf-8", newline="")
    part.replace(path)
