"""Rights beyond one's own account, and the second factor that they ask for, wherever they are used.

Pages, the API and its tokens ask here, so that the same rule applies everywhere.
"""

from __future__ import annotations

from time import time
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.http import HttpRequest

from digest.log import security

APP, PASSKEY = Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN

LASTS = 12 * 3600
"""Seconds after which a second factor is asked for once more, whatever was done meanwhile."""
UNUSED = 3600
"""Seconds without a use of one's rights after which it is asked for once more."""
_USED = "rights_used_at"


def has_rights(user: Any) -> bool:
    """Whether there is anything in the admin for this person, be it by a group or otherwise.

    This takes the place of Django's `is_staff`, which somebody would have to keep in step.
    """
    return bool(user.is_active and (user.is_superuser or user.get_all_permissions()))


def has_second_factor(user: Any) -> bool:
    """Whether they have set one up. Recovery codes alone are none."""
    return bool(is_mfa_enabled(user, [APP, PASSKEY]))


def lacks(request: HttpRequest) -> str | None:
    """The name of the page where the person shows the second factor that their session lacks; none
    if it lacks nothing.

    A log-in by password from before there was a second factor has not seen it, and one that was
    seen is forgotten after a time: see LASTS and UNUSED.
    """
    if not has_second_factor(request.user):
        return "mfa_index"
    if _shown(request):
        return None
    if is_mfa_enabled(request.user, [APP]):
        return "mfa_reauthenticate"
    return "mfa_reauthenticate_webauthn"


def _shown(request: HttpRequest) -> bool:
    records = get_authentication_records(request, request.user)
    shown = max((record["at"] for record in records if record["method"] == "mfa"), default=0)
    now = time()
    used = max(shown, request.session.get(_USED, 0))
    if now - shown > LASTS or now - used > UNUSED:
        return False
    if now - used > 60:  # once a minute is enough to know by
        request.session[_USED] = now
    return True


def may(request: Any, permission: str) -> bool:
    """Whether who asks has the permission, and showed a second factor for it: in this session, or
    in the one that made the token which they show.

    request: of the API; its `auth` is the token, if there is one.
    """
    if not request.user.has_perm(permission):
        found = False
    elif request.auth is None:
        found = lacks(request) is None
    else:
        found = bool(request.auth.second_factor and has_second_factor(request.user))
    if not found and request.user.is_authenticated:
        security("rights_refused", right=permission)
    return found
