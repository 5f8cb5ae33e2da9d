"""Whether a service's answer is what it is taken for, which its reader says before it is loaded."""

from __future__ import annotations

from digest.catalogue.load import File
from digest.formats import Format
from digest.formats.records import FILE_NOT_READ, REST_NOT_READ

from .client import NotFetched


def checked(service: str, content: bytes, name: str, format: Format) -> File:
    """The answer as a file to load, which may have no papers. name: its path.

    Raises NotFetched unless it was read to its end, and all papers in it are of the format. Single
    rows that cannot be read are among the problems of the file.
    """
    file = File(content, name)
    reading = file.reading
    formats = {row.format for day in reading.days for row in day.rows}
    broken = [p for p in reading.problems if p.action in (FILE_NOT_READ, REST_NOT_READ)]
    if broken or formats - {format} or (reading.problems and not formats):
        reason = next((f": {problem.reason}" for problem in (*broken, *reading.problems)), "")
        raise NotFetched(f"{service} answers something else than its papers{reason}")
    return file


def papers_in(file: File) -> int:
    """How many papers an answer has."""
    return sum(len(day.rows) for day in file.reading.days)
