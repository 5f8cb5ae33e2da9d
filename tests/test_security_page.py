"""SECURITY.md is held to what it says: its tests are there, and no cell is empty."""

import ast
import re
from collections import Counter
from pathlib import Path

from django.conf import settings

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "SECURITY.md").read_text()
ASVS = PAGE.partition("## OWASP ASVS")[2]

# How many requirements of level 1 and 2 a chapter of ASVS 5.0.0 has, by its number.
CHAPTERS = {
    1: 27,
    2: 11,
    3: 19,
    4: 10,
    5: 9,
    6: 35,
    7: 18,
    8: 7,
    9: 7,
    10: 29,
    11: 14,
    12: 9,
    13: 13,
    14: 9,
    15: 13,
    16: 16,
    17: 7,
}


def rows(text: str) -> list[list[str]]:
    """The cells of the tables in a text, without their heads."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    found = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [cells for cells in found if re.match(r"\d+\.\d", cells[0])]


def test_no_cell_is_empty() -> None:
    tables = [line for line in PAGE.splitlines() if line.startswith("|")]
    assert [line for line in tables if re.search(r"\|\s*\|", line)] == []


def test_every_test_that_is_named_is_there() -> None:
    named = re.findall(r"`(\w[\w/]*\.py)::(test_\w+)`", PAGE)
    assert len(named) == sum(len(cells) == 4 for cells in rows(ASVS))
    there = {
        (file, name)
        for file in {file for file, _ in named}
        for name in re.findall(
            r"^ *def (test_\w+)", (ROOT / "tests" / file).read_text(), re.MULTILINE
        )
    }
    assert {*named} - there == set()


def test_every_requirement_of_level_2_is_answered_once() -> None:
    named = [number for cells in rows(ASVS) for number in cells[0].split(", ")]
    assert [number for number, times in Counter(named).items() if times > 1] == []
    chapters = Counter(int(number.partition(".")[0]) for number in named)
    assert dict(chapters) == CHAPTERS


def test_the_limits_are_those_of_the_settings() -> None:
    said = " ".join(PAGE.partition("## Ways in")[2].partition("## Sessions")[0].split())
    for action, name in (("signup", "Signing up"), ("manage_email", "Changing addresses")):
        line = said[said.index(name) :][:60]
        for rate in settings.ACCOUNT_RATE_LIMITS[action].split(","):
            assert rate.rpartition("/")[0] in line, action
    assert f"per person: {settings.ACCOUNT_RATE_LIMITS['write'].rpartition('/')[0]}" in said
    limit = settings.ACCOUNT_RATE_LIMITS["import"].rpartition("/")[0]
    assert f"Imports, by page and API together: {limit} per person" in said
    assert settings.ACCOUNT_RATE_LIMITS["login_failed"] == "10/m/ip,5/5m/key"
    assert settings.ACCOUNT_RATE_LIMITS["login_failed_anywhere"] == "50/h/key"
    assert settings.ACCOUNT_RATE_LIMITS["request_login_code"] == "10/m/ip,5/h/key,10/d/key"
    assert settings.ACCOUNT_RATE_LIMITS["reset_password"] == "10/m/ip,5/d/key"


def test_every_secret_setting_is_in_the_inventory() -> None:
    said = PAGE.partition("## Keys and secrets")[2].partition("## What is kept")[0]
    manual = (ROOT / "OPERATING.md").read_text()
    table = re.findall(r"^\| `([A-Z_]+)` \|.*(?:secret|password|key)", manual, re.MULTILINE)
    named = {
        "SECRET_KEY": "`SECRET_KEY`",
        "SECRET_KEY_FALLBACKS": "Renew the key",
        "METRICS_TOKEN": "`METRICS_TOKEN`",
    }
    for name in table:
        assert named.get(name, "database, mail, cache and log-in providers") in said, name


def test_nothing_is_evaluated() -> None:
    """What comes in becomes neither code nor a template."""
    found = []
    for app in ("digest", "accounts"):
        for file in (ROOT / app).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                called = isinstance(node, ast.Call) and getattr(node.func, "id", "")
                if called in ("eval", "exec", "compile", "Template", "__import__"):
                    found.append(f"{file}: {called}")
    assert found == []
