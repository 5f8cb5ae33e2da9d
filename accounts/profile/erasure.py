"""What happens when an account is deleted."""

from __future__ import annotations

from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.db import transaction

from accounts.library import Library
from accounts.models import User


@transaction.atomic
def erase(user: User) -> None:
    """Deletes a person with everything of theirs, and logs them out everywhere.

    What they did in the admin stays in its log, by the number of their account. For that, there is
    an account that nobody can have or use: no user name has a space.
    """
    Library(user).lists.decline_all()
    for session in UserSession.objects.filter(user=user):
        session.end()
    done = LogEntry.objects.filter(user=user)
    if done.exists():
        name = f"{user.pk} (deleted)"
        done.update(user=User.objects.create_user(name, is_active=False))
    user.delete()
