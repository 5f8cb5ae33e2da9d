"""FORMATS.md names what is read."""

import re
from pathlib import Path

from digest.formats import READERS, SUFFIXES, Format
from digest.formats.common_names import NAMES
from digest.formats.hugging_face import IGNORED_KEYS

ROOT = Path(__file__).resolve().parents[3]
TEXT = (ROOT / "FORMATS.md").read_text()


def test_the_page_has_every_format_in_its_rank():
    assert re.findall(r"^\| `([a-z-]+)`", TEXT, re.MULTILINE) == [*Format]


def test_the_page_has_every_name_of_a_field():
    rows = re.findall(r"^\| [^|`]+ \| ([^|`]+) \|$", TEXT.partition("## Names")[2], re.MULTILINE)
    listed = [re.split("[,;] ", names) for names in rows[2:]]
    expected = {names: field for field, names in NAMES.items()}
    code = (*NAMES["github_repo"], *NAMES["github_urls"])
    del expected[NAMES["github_repo"]], expected[NAMES["github_urls"]]
    assert sorted(map(tuple, listed)) == sorted([*expected, code])


def test_the_page_has_every_suffix_and_every_key_that_is_ignored():
    assert [suffix for suffix in SUFFIXES if f"`{suffix}`" not in TEXT] == []
    assert [key for key in IGNORED_KEYS - {"paper"} if f"`{key}`" not in TEXT] == []


def test_each_format_has_a_reader():
    formats = [format for reader in READERS for format in reader.formats]
    assert sorted(formats) == sorted(Format)
