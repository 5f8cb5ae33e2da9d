"""Mails that come back: whose they are, and whether they do for good."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.message import Message
from typing import Any

from accounts.library import Library
from accounts.models import User
from digest.log import security

from .links import Mark, read_mark
from .messages import MARK

_STATUS = re.compile(r"\b5\.(?:0\.0|1\.\d+|2\.1|4\.4)\b")
"""Of RFC 3463, the codes by which a mail server says that there is no such address, or no longer.
Others, such as those of a full mailbox or of its own rules, may be no fault of the address."""
_HEADER = re.compile(rf"^{MARK}:\s*(\S+)", re.IGNORECASE | re.MULTILINE)


def process_bounce(content: bytes) -> str:
    """Read a mail that a mail server gave back, and end the mails of its person, if it says that
    the address does not work. Gives what was done, in words."""
    try:
        failed = _failed(message_from_bytes(content))
    except RecursionError:  # parts within parts within parts: no mail server writes such a mail
        failed = False
    if not failed:
        return "This says of no mail that it failed for good: nothing is changed."
    found = _mark(content)
    if found is None:
        return "This gives back no mail of this site, or an old one: nothing is changed."
    user = User.objects.filter(pk=found.user).first()
    if user is None or Library(user).mails.address() != found.address:
        return "The address is nobody's by now: nothing is changed."
    Library(user).mails.end_bounced()
    security("mails_bounced", user)
    return f"The mails to the account {user.pk} are ended."


def is_no_address(answer: str) -> bool:
    """Whether the answer of a mail server, or a status of it, says that the address does not work
    for good."""
    return bool(_STATUS.search(answer))


def _failed(message: Message) -> bool:
    """Whether a delivery status (RFC 3464) says that a mail failed for good."""
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status":
            blocks: Any = part.get_payload()
            for block in blocks if isinstance(blocks, list) else ():
                action = str(block.get("Action", "")).strip().lower()
                if action == "failed" and is_no_address(str(block.get("Status", ""))):
                    return True
    return False


def _mark(content: bytes) -> Mark | None:
    """The mark of the mail that is given back, whole or by its headers."""
    unfolded = re.sub(r"\r?\n[ \t]+", " ", content.decode("latin-1"))
    return next(filter(None, map(read_mark, _HEADER.findall(unfolded))), None)
