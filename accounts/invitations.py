"""Invitations to the site: links that let whoever has them sign up, with the address they name.

Nothing is stored. A link is signed with the site's key, and is used up by the account that it
led to: the address is then confirmed, and no second account can confirm it.
"""

from datetime import timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils.http import urlencode

LASTS = timedelta(days=7)
_SALT = "accounts.invitations"


def invitation(address: str) -> str:
    """The link that invites an e-mail address."""
    token = signing.dumps(address.lower(), salt=_SALT)
    return f"{settings.SITE_URL}{reverse('account_signup')}?{urlencode({'invitation': token})}"


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
