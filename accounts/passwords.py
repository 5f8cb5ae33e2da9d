"""What passwords may not be, besides what Django refuses."""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError

WORDS = ("paper digest", "paper", "digest", "arxiv", "library", "hugging face")
"""What everybody thinks of first here; the name of the site's host comes with them."""


class ContextValidator:
    """Refuses passwords that are nothing but such words, digits and signs."""

    def validate(self, password: str, user: Any = None) -> None:
        rest = re.sub(r"[\W\d_]+", "", password.lower())
        hosts = re.split(r"\W+", settings.SITE_HOST.lower())
        for word in sorted({*WORDS, *hosts}, key=len, reverse=True):
            rest = rest.replace(word.replace(" ", ""), "") if len(word) > 3 else rest
        if len(rest) < 4 and re.search(r"[^\W\d_]", password):
            raise ValidationError(
                "This password is little more than the name of this site. Choose one that is "
                "harder to guess."
            )

    def get_help_text(self) -> str:
        return "Your password can’t be made up of the name of this site."
