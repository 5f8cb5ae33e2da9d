"""People with roles, and how they come into the admin."""

from time import time

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.contrib.auth.models import Group
from django.test import Client

from accounts.models import User

PASSWORD = "correct horse battery"


def holder(name: str, *roles: str, **fields: bool) -> User:
    """Somebody with an account, in these groups."""
    user = User.objects.create_user(name, f"{name}@example.org", PASSWORD, **fields)
    for role in roles:
        user.groups.add(Group.objects.get(name=role))
    return user


def app(user: User) -> str:
    """Sets up an app as a person's second factor; its secret."""
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    return secret


def code(secret: str, ahead: int = 0) -> str:
    """What an app shows now, or a half minute ahead, which is accepted too. Each is good once."""
    _, counter, _ = yield_hotp_counters_from_time()  # the one before is about to be refused
    return format_hotp_value(hotp_value(secret, counter + ahead))


def log_in(user: User) -> Client:
    """A client that gave the password, and no second factor."""
    client = Client()
    client.post("/account/login/", {"login": user.username, "password": PASSWORD})
    return client


def enter(user: User) -> Client:
    """A client whose session saw the password and a code, which the admin asks for. It is made
    without the pages of the log-in, which have tests of their own."""
    assert not Authenticator.objects.filter(user=user).exists()
    app(user)
    client = Client()
    client.force_login(user)
    session = client.session
    session["account_authentication_methods"] = [
        {"method": "password", "at": time()},
        {"method": "mfa", "type": "totp", "at": time()},
    ]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
    return client
