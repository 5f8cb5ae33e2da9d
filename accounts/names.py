"""What people may call themselves, so that nobody is misled."""

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
                f"Take out the invisible character U+{ord(character):04X} ({name.lower()})."
            )
    if value and not any(unicodedata.category(character)[0] in "LNPS" for character in value):
        raise ValidationError("Use a name that can be seen, or none.")
    return value
