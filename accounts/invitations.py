"""Invitations to the site, and the mails that invite people to reading lists.

To the site: links that let whoever has them sign up, with the address they name. Nothing is stored.
A link is signed with the site's key, and is used up by the account that it led to: the address is
then confirmed, and no second account can confirm it.
"""

import logging
from datetime import timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core import signing
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from .library import OpenList
from .models import Invitation, SentMail, User
from .names import for_mail

LASTS = timedelta(days=7)
DAY = timedelta(days=1)
MAILS_A_DAY = 10
"""Mails of one person that invite to lists, at most; to one address, one until it answers."""
FORGOTTEN = timedelta(days=90)
"""After which an address that never answered may be written to again."""
_SALT = "accounts.invitations"

log = logging.getLogger(__name__)


def invitation(address: str) -> str:
    """The link that invites an e-mail address."""
    token = signing.dumps(address.lower(), salt=_SALT)
    return f"{settings.SITE_URL}{reverse('account_signup')}?{urlencode({'invitation': token})}"


def send(address: str, link: str) -> None:
    """Mail an address its link. Raises OSError, of which smtplib's errors are, if it cannot be."""
    context = {"link": link, "days": LASTS.days, "site": settings.SITE_URL}
    send_mail(
        f"{settings.ACCOUNT_EMAIL_SUBJECT_PREFIX}You are invited",
        render_to_string("accounts/email/invitation.txt", context),
        None,
        [address],
    )


def invited(token: str) -> str | None:
    """The address that a link's `invitation` names; None if it is forged, too old or used up."""
    try:
        address: str = signing.loads(token, salt=_SALT, max_age=LASTS)
    except signing.BadSignature:
        return None
    return None if has_account(address) else address


def has_account(address: str) -> bool:
    """Whether somebody confirmed this address as theirs."""
    return bool(EmailAddress.objects.filter(email=address.lower(), verified=True).exists())


# To a reading list


def write_to(owner: User, opened: OpenList, invitation: Invitation) -> None:
    """Tell the person by e-mail, where there is an address, and too much was not sent already."""
    address = opened.address(invitation)
    if not address or not _may_write(owner, address):
        return
    context = {
        "owner": owner,
        "invitation": invitation,
        "list": opened.reading_list,
        "lists": settings.SITE_URL + reverse("reading-lists"),
    }
    try:
        send_mail(
            f"{for_mail(str(owner))} invites you to a reading list",
            render_to_string("accounts/email/list_invitation.txt", context),
            None,
            [address],
        )
    except (OSError, ValueError):  # ValueError: a line break in a header
        # The invitation is there; whether the mail got away would tell of the person.
        log.exception("An invitation could not be sent")


def may_mail(owner: User) -> bool:
    """Whether their invitations are mailed: once they have confirmed an address as theirs."""
    return bool(EmailAddress.objects.filter(user=owner, verified=True).exists())


@transaction.atomic
def _may_write(owner: User, address: str) -> bool:
    """Count one more mail, and whether it may be sent: few of one person in a day, and one to an
    address until it answers, whoever sends it."""
    if not may_mail(owner):
        return False
    # Of two requests at once, one waits for the other and counts its mail.
    User.objects.select_for_update().get(pk=owner.pk)
    now = timezone.now()
    SentMail.objects.filter(sent_at__lt=now - FORGOTTEN).delete()
    if SentMail.objects.filter(sender=owner, sent_at__gt=now - DAY).count() >= MAILS_A_DAY:
        return False
    _, first = SentMail.objects.get_or_create(
        address=SentMail.hashed(address), defaults={"sender": owner, "sent_at": now}
    )
    return first
