"""Safe reading of a ZIP that somebody brings, which may be made to harm.

Nothing is written to disk, and an archive within the archive is a file like any other.
"""

from __future__ import annotations

import re
import stat
import zlib
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

MAX_BYTES = 100_000_000
"""Bytes of an archive."""
MAX_MEMBERS = 20_000
"""Files and folders in it."""
MAX_UNPACKED = 200_000_000
"""Bytes of all its files together, unpacked."""
MAX_RATIO = 100
"""How many times its packed size a file may be, if it is larger than a megabyte."""

_ENTRY = b"PK\x01\x02"
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_DRIVE = re.compile(r"[A-Za-z]:")
_KINDS = (0, stat.S_IFREG, stat.S_IFDIR)  # 0: made where files have no kinds
# What zipfile raises on what is broken, and zlib below it
_BROKEN = (BadZipFile, EOFError, NotImplementedError, OSError, ValueError, zlib.error)


class BadArchive(Exception):
    """The archive cannot be read safely; the text is a sentence that says why, for people."""


def open_archive(content: bytes) -> Archive:
    """The archive, its directory checked: names, kinds, numbers and declared sizes.

    Raises BadArchive. What is packed is checked as it is read.
    """
    if len(content) > MAX_BYTES:
        raise BadArchive(f"The archive is larger than {MAX_BYTES // 10**6} MB.")
    # Counted before anything is made of them: an entry of 46 bytes stands for a kilobyte of memory.
    if content.count(_ENTRY) > MAX_MEMBERS:
        raise BadArchive(f"The archive holds more than {MAX_MEMBERS:,} files.")
    try:
        opened = ZipFile(BytesIO(content))
    except _BROKEN as error:
        raise BadArchive("This is not a ZIP file, or a part of it is missing.") from error
    members: dict[str, ZipInfo] = {}
    for info in opened.infolist():
        _check(info)
        if info.filename in members:
            raise BadArchive(f"The archive holds {_shown(info)} twice.")
        members[info.filename] = info
    if sum(info.file_size for info in members.values()) > MAX_UNPACKED:
        raise BadArchive(f"Unpacked, the archive is larger than {MAX_UNPACKED // 10**6} MB.")
    # So that neither a lie about a packed size nor one part for many files gets around the ratio.
    if sum(info.compress_size for info in members.values()) > len(content):
        raise BadArchive("The archive says that it holds more than it does.")
    return Archive(opened, {name: i for name, i in members.items() if not i.is_dir()})


class Archive:
    """An archive whose directory was found harmless by `open_archive`."""

    def __init__(self, opened: ZipFile, members: dict[str, ZipInfo]) -> None:
        self._opened = opened
        self._members = members

    def members(self) -> tuple[str, ...]:
        """The names of its files, folders with `/` before them, in the archive's order."""
        return tuple(self._members)

    def size(self, name: str) -> int:
        """The bytes that a file was declared to be, and that `read` gives; raises BadArchive."""
        return self._member(name).file_size

    def read(self, name: str) -> bytes:
        """A file's content; raises BadArchive if there is none, or it is not what was declared.

        Never more bytes than were declared are unpacked, and those were checked together.
        """
        info = self._member(name)
        try:
            with self._opened.open(info) as member:
                content = member.read()
        except _BROKEN as error:
            raise BadArchive(f"{_shown(info)} is damaged.") from error
        if len(content) != info.file_size:
            raise BadArchive(f"{_shown(info)} is damaged.")
        return content

    def _member(self, name: str) -> ZipInfo:
        info = self._members.get(name)
        if info is None:
            raise BadArchive(f"The archive has no file “{name}”.")
        return info


def _check(info: ZipInfo) -> None:
    """Raise BadArchive if an entry is crafted, or of a kind that no export of ours has."""
    name = info.orig_filename  # zipfile cuts its own at a zero byte
    parts = name.removesuffix("/").split("/")
    if (
        "\\" in name
        or _DRIVE.match(name)
        or _CONTROL.search(name)
        or any(part in ("", ".", "..") for part in parts)
    ):
        raise BadArchive(
            f"The archive holds a file with a name that is not allowed: {_shown(info)}."
        )
    if stat.S_IFMT(info.external_attr >> 16) not in _KINDS:
        raise BadArchive(f"{_shown(info)} is a link or a device, and not a file.")
    if info.flag_bits & _ENCRYPTED:
        raise BadArchive(f"{_shown(info)} is encrypted.")
    # Others unpack as much as they like at once.
    if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise BadArchive(f"{_shown(info)} is packed in a way that is not read here.")
    if info.file_size > max(10**6, MAX_RATIO * info.compress_size):
        raise BadArchive(f"{_shown(info)} would unpack to {MAX_RATIO} times its size or more.")


def _shown(info: ZipInfo) -> str:
    name = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", info.orig_filename)
    return f"“{name if len(name) <= 80 else name[:79] + '…'}”"
