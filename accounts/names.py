"""What people may call themselves, and what of it mail repeats, so that nobody is misled."""

import re
import unicodedata

from django.core.exceptions import ValidationError


def display_name(value: str) -> str:
    """The name with its white space folded; ValidationError if it could mislead its readers.

    Characters that are not seen can turn a line around or make two names look the same. Joiners
    are spared: scripts need them.
    """
    value = " ".join(unicodedata.normalize("NFC", value).split())
    for character in value:
        if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn") and (
            character not in "\u200c\u200d"
        ):
            name = unicodedata.name(character, "a control character")
            raise ValidationError(
                f"Remove the invisible character U+{ord(character):04X} ({name.lower()})."
            )
    if value and not any(unicodedata.category(character)[0] in "LNPS" for character in value):
        raise ValidationError("Use a name with visible characters, or none.")
    return value


_IN_AN_ADDRESS = re.compile(r"(?<=\S)[.。．｡․](?=\S)|[:/\\@]|www(?=\s|$)", re.IGNORECASE)


def for_mail(text: str, length: int = 40) -> str:
    """What somebody called themselves or something of theirs, for a mail to others: in one line, of
    this many characters at most, and with nothing that a program shows as a link."""
    text = unicodedata.normalize("NFKC", text)
    text = "".join(char if unicodedata.category(char)[0] != "C" else " " for char in text)
    text = " ".join(_IN_AN_ADDRESS.sub(" ", text).split())
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}…"


_PROGRAMS = ("Edg", "OPR", "Firefox", "Chrome", "Safari", "curl", "python")
_SYSTEMS = ("Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux")
_CALLED = {"Edg": "Edge", "OPR": "Opera", "python": "Python", "Mac OS": "macOS"}


def browser_name(user_agent: str) -> str:
    """What a browser says of itself, in words of ours: "Firefox on Linux"."""
    program, system = (
        next((_CALLED.get(name, name) for name in names if name in user_agent), "")
        for names in (_PROGRAMS, _SYSTEMS)
    )
    return " on ".join(filter(None, [program or "another program", system]))
