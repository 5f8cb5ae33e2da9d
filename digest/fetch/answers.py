"""Checks a service's answer with the reader of its format, before it is loaded."""

from __future__ import annotations

from digest.catalogue.file import File
from digest.formats import Format
from digest.formats.records import FILE_NOT_READ, REST_NOT_READ, ROW_LEFT_OUT

from .client import NotFetched


def checked_file(service: str, content: bytes, name: str, format: Format) -> File:
    """The answer as a file to load. It may have no papers. name: the file's path.

    Raises NotFetched if it could not be read to its end, or a paper in it is of another format.
    Single rows that cannot be read are problems of the file, as in any file.
    """
    file = File(content, name)
    reading = file.reading
    formats = {row.format for day in reading.days for row in day.rows}
    broken = [p for p in reading.problems if p.action in (FILE_NOT_READ, REST_NOT_READ)]
    if broken or formats - {format} or (reading.problems and not formats):
        reason = next((f": {problem.reason}" for problem in (*broken, *reading.problems)), "")
        raise NotFetched(f"{service} did not answer with a list of papers{reason}")
    return file


def rows_in(file: File) -> int:
    """How many papers an answer has, with those that could not be read."""
    left_out = sum(problem.action == ROW_LEFT_OUT for problem in file.reading.problems)
    return papers_in(file) + left_out


def papers_in(file: File) -> int:
    """How many papers an answer has."""
    return sum(len(day.rows) for day in file.reading.days)
