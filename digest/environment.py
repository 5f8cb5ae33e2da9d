"""Settings as environment variables, read strictly: a value is understood, or refused by name.

Readers raise ImproperlyConfigured with one line: the variable, its value, and what to write
instead. What may be a secret is left out of it. An empty variable counts as absent. A value may be
in a file: NAME_FILE=/run/secrets/name is read in place of NAME. Variables may also be in a file of
lines NAME=value, such as `.env` (`read_file`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email

HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\]", re.IGNORECASE)
LOOPBACK = ("localhost", "127.0.0.1", "::1")
"""Hosts that need no https: what is sent to them does not leave this machine."""

ESCAPES = (
    "inside a name or a password, write %23 for #, %25 for %, %2F for /, %3A for :, %3F for ?, "
    "%40 for @"
)
_ON, _OFF = ("on", "true", "yes", "1"), ("off", "false", "no", "0")
_LONGEST = 200
"""Characters of a value that a message repeats."""
_LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.ASCII)
# What a shell, systemd and containers read in different ways is refused outside of single quotes.
_VALUE = re.compile(r"""'([^']*)'|"([^"$`\\]*)"|([^\s'"$`\\]*)""")


def refused(name: str, value: str, advice: str) -> ImproperlyConfigured:
    """The error that names a variable, its value ("" if it is not to be shown), and what to do."""
    shown = "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in value)
    shown = shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…"
    return ImproperlyConfigured(f"{name}={shown}: {advice}" if shown else f"{name}: {advice}")


def reason(error: OSError) -> str:
    """Why a file cannot be used, and what to do if it is a matter of rights."""
    advice = ": run this as the user of the site" if isinstance(error, PermissionError) else ""
    return f"{error.strerror}{advice}"


def read_file(path: Path) -> dict[str, str]:
    """The variables of a file: a line NAME=value each, beside empty lines and comments (#).

    A value with spaces, quotes, $, ` or \\ is in single quotes. Raises ImproperlyConfigured.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError as error:
        raise ImproperlyConfigured(f"{path}: cannot be read: {reason(error)}") from error
    except ValueError as error:
        raise ImproperlyConfigured(f"{path}: not a text in UTF-8") from error
    found: dict[str, str] = {}
    for number, line in enumerate(map(str.strip, lines), 1):
        if not line or line.startswith("#"):
            continue
        assignment = _LINE.fullmatch(line)
        if not assignment:
            raise ImproperlyConfigured(f"{path}, line {number}: write NAME=value, or # and a note")
        name, text = assignment.groups()
        value = _VALUE.fullmatch(text)
        if not value:
            raise ImproperlyConfigured(
                f"{path}, line {number}: {name}: write the value in single quotes, and nothing"
                " after it"
            )
        if name in found:
            raise ImproperlyConfigured(f"{path}, line {number}: {name} is there twice")
        found[name] = next(part for part in (*value.groups(), "") if part is not None)
    return found


@dataclass(frozen=True)
class ParsedUrl:
    """A URL and its percent-decoded parts, an absent one being empty.

    `path` is what follows the slash after the host: the path of sqlite:///var/db is `var/db`,
    that of sqlite:////srv/db is `/srv/db`. name, advice: the variable, and what may be written
    there.
    """

    name: str
    advice: str
    text: str
    scheme: str
    user: str
    password: str
    host: str
    port: int | None
    path: str
    options: dict[str, str]

    def refused(self, advice: str = "") -> ImproperlyConfigured:
        """The error that says what is wrong with it, or else what may be written."""
        return refused(self.name, without_secrets(self.text), advice or self.advice)

    def check_options(self, *known: str, advice: str = "") -> None:
        """Raises ImproperlyConfigured if it has an option that is not known. advice: which are."""
        for option in self.options:
            if option not in known:
                right = advice or (f"use {', '.join(known)}" if known else "leave it out")
                raise self.refused(f"{option} after the ? is unknown: {right}")


_SHOWN = re.compile(
    r"([a-z][a-z0-9+.-]*://)"
    r"(?:([^@/?#]*@)|(?=[^@]*$))"  # without a name, no @ follows that a password could end with
    r"((?:\[[0-9a-f:.]*\]|[^@:/?#\[\]]*)(?::[0-9]+)?(?:/[^@?#]*)?)"
    r"(\?[^#]*)?",
    re.IGNORECASE,
)


def without_secrets(url: str) -> str:
    """A URL without what may be a secret: name, password and options; "" if that is not clear."""
    if ":" not in url and "@" not in url:
        return url
    parts = _SHOWN.fullmatch(url)
    if not parts:
        return ""
    scheme, person, place, options = parts.groups()
    return f"{scheme}{'***@' if person else ''}{place}{'?…' if options else ''}"


class Environment:
    """The readers. A default is written as an operator would write the value."""

    def __init__(self, variables: Mapping[str, str]):
        self.variables = variables

    def text(self, name: str, default: str = "") -> str:
        value = self.variables.get(name, "").strip()
        path = self.variables.get(f"{name}_FILE", "").strip()
        if not path:
            return value or default
        if value:
            raise ImproperlyConfigured(f"{name} and {name}_FILE are both set: use one of them")
        try:
            value = Path(path).read_text("utf-8").strip()
        except OSError as error:
            raise refused(f"{name}_FILE", path, f"cannot be read: {reason(error)}") from error
        except ValueError as error:
            raise refused(f"{name}_FILE", path, "not a text in UTF-8") from error
        if not value:
            raise refused(f"{name}_FILE", path, "the file is empty")
        return value

    def switch(self, name: str, default: str) -> bool:
        value = self.text(name, default)
        if value.lower() not in _ON + _OFF:
            raise refused(name, value, f"use {' or '.join(_ON)}, or {' or '.join(_OFF)}")
        return value.lower() in _ON

    def choice(self, name: str, default: str, *, choices: tuple[str, ...]) -> str:
        value = self.text(name, default)
        if value.lower() not in choices:
            raise refused(name, value, f"use {', '.join(choices[:-1])} or {choices[-1]}")
        return value.lower()

    def client(self, name: str) -> tuple[str, str] | None:
        """What another site knows this one by: an id and a secret, where they are given."""
        value = self.text(name)
        if not value:
            return None
        user, _, secret = value.partition(":")
        if not user or not secret or re.search(r"\s", value):
            raise refused(name, "", "use id:secret, as the provider gave them")
        return user, secret

    def number(self, name: str, default: str) -> int:
        value = self.text(name, default)
        if not re.fullmatch("[0-9]{1,9}", value):
            raise refused(name, value, "give a whole number, 0 or more")
        return int(value)

    def port(self, name: str, default: str) -> int:
        value = self.text(name, default)
        if not re.fullmatch("[0-9]{1,5}", value) or not 0 < int(value) < 2**16:
            raise refused(name, value, "give a whole number from 1 to 65535")
        return int(value)

    def segment(self, name: str, default: str, *, taken: tuple[str, ...]) -> str:
        """One part of a path, and none of those that are `taken`."""
        value = self.text(name, default)
        if not re.fullmatch("[A-Za-z0-9_-]+", value):
            raise refused(name, value, "use letters, digits, - and _ alone")
        if value in taken:
            raise refused(name, value, "the site has that address: choose another")
        return value

    def words(self, name: str) -> list[str]:
        """What stands between commas."""
        return [word for part in self.text(name).split(",") if (word := part.strip())]

    def addresses(self, name: str) -> list[str]:
        """Addresses of mail, separated by commas."""
        found = self.words(name)
        for address in found:
            try:
                validate_email(address)
            except ValidationError:
                advice = "no address: use name@example.org, with commas between"
                raise refused(name, address, advice) from None
        return found

    def choices(self, name: str, *, choices: tuple[str, ...], help: str) -> list[str]:
        """Some of the choices, or none, separated by commas. help: the choices in words."""
        found = self.words(name)
        if wrong := [word for word in found if word not in choices]:
            raise refused(name, ",".join(found), f"{wrong[0]} is unknown: use {help}")
        return list(dict.fromkeys(found))

    def hosts(self, name: str, default: str) -> list[str]:
        value = self.text(name, default)
        hosts = [host.strip() for host in value.split(",")]
        if not all(host == "*" or HOST.fullmatch(host.removeprefix(".")) for host in hosts):
            raise refused(
                name, value, "use host names, without http:// or a port, separated by commas"
            )
        return hosts

    def url(self, name: str, default: str, *, schemes: Mapping[str, str], advice: str) -> ParsedUrl:
        """schemes: those that are understood, each with the name by which the URL has it. advice:
        what may be written there, for messages."""
        value = self.text(name, default)
        try:
            parts = urlsplit(value)
            port = parts.port
            pairs = parse_qsl(parts.query, strict_parsing=bool(parts.query), errors="strict")
            host = parts.netloc.rpartition("@")[2].removesuffix(f":{port}")
            user, password, path = (
                unquote(part, errors="strict")
                for part in (parts.username or "", parts.password or "", parts.path)
            )
            wrong = parts.fragment or (host and not HOST.fullmatch(host)) or "://" not in value
            wrong = wrong or (host and "@" in parts.path)  # a password with a slash in it
            texts = (user, password, path, *(text for pair in pairs for text in pair))
            if wrong or port == 0 or any("\0" <= sign < " " for sign in "".join(texts)):
                raise ValueError
        except ValueError:
            advice += f"; {ESCAPES}" if "@" in value else ""
            raise refused(name, without_secrets(value), f"not a URL: {advice}") from None
        url = ParsedUrl(
            name=name,
            advice=advice,
            text=value,
            scheme=schemes.get(parts.scheme, ""),
            user=user,
            password=password,
            host=host.lower().strip("[]"),
            port=port,
            path=path.removeprefix("/"),
            options=dict(pairs),
        )
        if not url.scheme:
            raise url.refused()
        if len(url.options) < len(pairs):
            raise url.refused("an option is there twice after the ?")
        return url
