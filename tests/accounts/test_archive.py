import stat
import struct
import warnings
import zipfile
from contextlib import suppress
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts import archive
from accounts.archive import MAX_MEMBERS, BadArchive, open_archive


def packed(*members, compression=zipfile.ZIP_DEFLATED):
    """A ZIP of names, or ZipInfos, and contents."""
    made = BytesIO()
    with zipfile.ZipFile(made, "w", compression) as opened, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # duplicates
        for name, content in members:
            opened.writestr(name, content)
    return made.getvalue()


def entry(name, kind=0, mode=0o644):
    info = zipfile.ZipInfo(name)
    info.external_attr = (kind | mode) << 16
    return info


def forged(content, offset_in_directory, format, *values):
    """The ZIP with other values in the directory's first entry."""
    changed = bytearray(content)
    struct.pack_into(format, changed, content.index(b"PK\x01\x02") + offset_in_directory, *values)
    return bytes(changed)


def refusal(content):
    with pytest.raises(BadArchive) as caught:
        open_archive(content)
    return str(caught.value)


FILES = {"notes/2502.02737.md": b"# A note", "lists.json": b"[]", "empty": b""}


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_an_archive_is_read(compression):
    opened = open_archive(packed(("notes/", b""), *FILES.items(), compression=compression))
    assert opened.members() == tuple(FILES)
    assert {name: opened.read(name) for name in opened.members()} == FILES


def test_an_archive_in_an_archive_is_a_file():
    inner = packed(("../x", b""))
    assert open_archive(packed(("inner.zip", inner))).read("inner.zip") == inner


def test_a_file_that_is_not_there():
    with pytest.raises(BadArchive, match=r"^The archive has no file “notes/”\.$"):
        open_archive(packed(("notes/", b""))).read("notes/")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("/etc/passwd", "/etc/passwd"),
        ("../x", "../x"),
        ("a/../../x", "a/../../x"),
        ("a/..", "a/.."),
        ("./a", "./a"),
        ("a//b", "a//b"),
        ("//server/share", "//server/share"),
        ("a\\b", "a\\b"),
        ("..\\x", "..\\x"),
        ("C:/x", "C:/x"),
        ("c:x", "c:x"),
        ("a\nb", "a\ufffdb"),
        ("a\x7fb", "a\ufffdb"),
        ("/", "/"),
        ("../" * 100, "../" * 26 + ".…"),
    ],
)
def test_crafted_names_are_refused(name, shown):
    assert refusal(packed((name, b"x"))) == (
        f"The archive holds a file with a name that is not allowed: “{shown}”."
    )


def test_a_zero_byte_in_a_name_is_refused():
    content = packed(("notesXmd", b"x")).replace(b"notesXmd", b"notes\0md")
    assert refusal(content) == (
        "The archive holds a file with a name that is not allowed: “notes\ufffdmd”."
    )


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO, stat.S_IFSOCK])
def test_what_is_no_file_is_refused(kind):
    content = packed((entry("a", kind), b"/etc/passwd"))
    assert refusal(content) == "“a” is a link or a device, and not a file."


def test_a_file_with_a_kind_is_one():
    assert open_archive(packed((entry("a", stat.S_IFREG), b"x"))).read("a") == b"x"


@pytest.mark.parametrize("flag", [0x1, 0x40, 0x2000])
def test_what_is_encrypted_is_refused(flag):
    assert refusal(forged(packed(("a", b"x")), 8, "<H", flag)) == "“a” is encrypted."


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_ways_of_packing_are_refused(compression):
    content = packed(("a", b"x"), compression=compression)
    assert refusal(content) == "“a” is packed in a way that is not read here."


def test_a_file_twice_is_refused():
    assert refusal(packed(("a", b"x"), ("a", b"y"))) == "The archive holds “a” twice."


def test_too_many_files_are_refused():
    few = packed(*((str(number), b"") for number in range(MAX_MEMBERS)))
    assert len(open_archive(few).members()) == MAX_MEMBERS
    assert refusal(few + b"PK\x01\x02") == "The archive holds more than 20,000 files."


def test_too_large_an_archive_is_refused(monkeypatch):
    monkeypatch.setattr(archive, "MAX_BYTES", 10**6)
    assert refusal(b"PK" * 10**6) == "The archive is larger than 1 MB."


# Bombs


@pytest.mark.slow
def test_a_gigabyte_of_nothing_is_refused():
    made = BytesIO()
    with (
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as opened,
        opened.open("a", "w") as member,
    ):
        for _ in range(1000):
            member.write(bytes(10**6))
    assert len(made.getvalue()) < 10**6
    assert refusal(made.getvalue()) == "“a” would unpack to 100 times its size or more."


def test_many_files_that_are_too_much_together_are_refused(monkeypatch):
    monkeypatch.setattr(archive, "MAX_UNPACKED", 2 * 10**6)
    content = packed(*((str(number), bytes(900_000)) for number in range(3)))
    assert refusal(content) == "Unpacked, the archive is larger than 2 MB."


def test_a_small_file_may_repeat_itself():
    assert open_archive(packed(("a", b"a" * 100_000))).read("a") == b"a" * 100_000


@pytest.mark.parametrize("size", [0, 1, 999, 1001, 10**6])
def test_a_size_that_lies_is_found(size):
    opened = open_archive(forged(packed(("a", bytes(1000))), 24, "<L", size))
    with pytest.raises(BadArchive, match=r"^“a” is damaged\.$"):
        opened.read("a")


def test_a_packed_size_that_lies_is_found():
    content = packed(("a", bytes(1000)), ("b", b""))
    for size in (0, 2):
        with pytest.raises(BadArchive, match=r"^“a” is damaged\.$"):
            open_archive(forged(content, 20, "<L", size)).read("a")
    for size in (10**6, 2**32 - 2):
        assert refusal(forged(content, 20, "<L", size)) == (
            "The archive says that it holds more than it does."
        )


def test_a_bomb_behind_a_small_size_is_not_unpacked():
    content = packed(("a", bytes(50 * 10**6)))
    opened = open_archive(forged(content, 24, "<L", 10))
    with pytest.raises(BadArchive, match=r"^“a” is damaged\.$"):
        opened.read("a")


# What is broken

NO_ZIP = "This is not a ZIP file, or a part of it is missing."


@pytest.mark.parametrize("content", [b"", b"PK", b"%PDF-1.7", b"{}", b"PK\x05\x06" + bytes(10)])
def test_what_is_no_zip_is_refused(content):
    assert refusal(content) == NO_ZIP


def test_a_truncated_archive_is_refused():
    content = packed(*FILES.items())
    for size in range(0, len(content), 7):
        assert refusal(content[:size]) == NO_ZIP


def test_changed_content_is_found():
    content = packed(("a", b"content"), compression=zipfile.ZIP_STORED).replace(b"tent", b"TENT")
    with pytest.raises(BadArchive, match=r"^“a” is damaged\.$"):
        open_archive(content).read("a")


@given(st.data())
def test_whatever_the_bytes_only_bad_archive_is_raised(data):
    content = bytearray(packed(*FILES.items()))
    for _ in range(data.draw(st.integers(0, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        opened = open_archive(bytes(content))
    except BadArchive:
        return
    for name in opened.members():
        with suppress(BadArchive):
            opened.read(name)


@given(st.binary())
def test_any_bytes_are_an_archive_or_bad(content):
    with pytest.raises(BadArchive):
        open_archive(b"PK" + content)


def test_a_size_is_known_before_a_file_is_read():
    opened = open_archive(packed(("a.md", b"x" * 1234), ("folder/", b"")))
    assert opened.size("a.md") == 1234
    for name in ("b.md", "folder/"):
        with pytest.raises(BadArchive, match="has no file"):
            opened.size(name)
