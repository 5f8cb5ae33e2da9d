"""Environment variables, read strictly: a value is understood, or refused by name.

Readers raise ImproperlyConfigured with what the variable accepts; a URL is never repeated in
the message, since it may hold a password. An empty variable counts as absent. A value may
stand in a file: NAME_FILE=/run/secrets/name is read in place of NAME.
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


@dataclass(frozen=True)
class ParsedUrl:
    """A URL and its percent-decoded parts, an absent one being empty.

    `path` is what follows the slash after the host: the path of sqlite:///var/db is `var/db`,
    that of sqlite:////srv/db is `/srv/db`.
    """

    text: str
    scheme: str
    user: str
    password: str
    host: str
    port: int | None
    path: str
    options: dict[str, str]


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
        except (OSError, ValueError) as error:
            raise ImproperlyConfigured(f"{name}_FILE={path}: cannot read it: {error}") from error
        if not value:
            raise ImproperlyConfigured(f"{name}_FILE={path}: the file is empty")
        return value

    def switch(self, name: str, default: str) -> bool:
        value = self.text(name, default)
        if value not in ("on", "off"):
            raise ImproperlyConfigured(f"{name}={value}: use on or off")
        return value == "on"

    def choice(self, name: str, default: str, *, choices: tuple[str, ...]) -> str:
        value = self.text(name, default)
        if value not in choices:
            raise ImproperlyConfigured(
                f"{name}={value}: use {', '.join(choices[:-1])} or {choices[-1]}"
            )
        return value

    def client(self, name: str) -> tuple[str, str] | None:
        """What another site knows this one by: an id and a secret, where they are given."""
        value = self.text(name)
        if not value:
            return None
        user, _, secret = value.partition(":")
        if not user or not secret or re.search(r"\s", value):
            raise ImproperlyConfigured(f"{name}: use id:secret, as the provider gave them")
        return user, secret

    def number(self, name: str, default: str) -> int:
        value = self.text(name, default)
        if not re.fullmatch("[0-9]{1,9}", value):
            raise ImproperlyConfigured(f"{name}={value}: give a whole number, 0 or more")
        return int(value)

    def segment(self, name: str, default: str, *, taken: tuple[str, ...]) -> str:
        """One part of a path, and none of those that are `taken`."""
        value = self.text(name, default)
        if not re.fullmatch("[A-Za-z0-9_-]+", value):
            raise ImproperlyConfigured(f"{name}={value}: use letters, digits, - and _ alone")
        if value in taken:
            raise ImproperlyConfigured(f"{name}={value}: the site has that address: choose another")
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
                raise ImproperlyConfigured(
                    f"{name}: {address} is no address: use name@example.org, with commas between"
                ) from None
        return found

    def choices(self, name: str, *, choices: tuple[str, ...], help: str) -> list[str]:
        """Some of the choices, or none, separated by commas. help: the choices in words."""
        found = self.words(name)
        if wrong := [word for word in found if word not in choices]:
            raise ImproperlyConfigured(f"{name}: {wrong[0]} is unknown: use {help}")
        return list(dict.fromkeys(found))

    def hosts(self, name: str, default: str) -> list[str]:
        value = self.text(name, default)
        hosts = [host.strip() for host in value.split(",")]
        if not all(host == "*" or HOST.fullmatch(host.removeprefix(".")) for host in hosts):
            raise ImproperlyConfigured(
                f"{name}={value}: use host names, without http:// or a port, separated by commas"
            )
        return hosts

    def url(self, name: str, default: str, *, schemes: tuple[str, ...]) -> ParsedUrl:
        value = self.text(name, default)
        try:
            parts = urlsplit(value)
            port = parts.port
            options = parse_qsl(parts.query, strict_parsing=bool(parts.query))
            host = parts.netloc.rpartition("@")[2].removesuffix(f":{port}")
            if parts.fragment or (host and not HOST.fullmatch(host)) or "://" not in value:
                raise ValueError
        except ValueError:
            raise ImproperlyConfigured(
                f"{name}: not a URL; inside a name or a password, write %23 for #, "
                "%25 for %, %2F for /, %3A for :, %3F for ?, %40 for @"
            ) from None
        if parts.scheme not in schemes:
            accepted = " or ".join(f"{scheme}://" for scheme in schemes)
            raise ImproperlyConfigured(f"{name} begins {parts.scheme}://: use {accepted}")
        return ParsedUrl(
            text=value,
            scheme=parts.scheme,
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            host=host.lower().strip("[]"),
            port=port,
            path=unquote(parts.path.removeprefix("/")),
            options=dict(options),
        )
