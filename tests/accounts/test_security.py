"""What the log and the person are told of an account, and what neither is."""

import json
import logging
import re
from contextlib import nullcontext
from datetime import timedelta
from importlib import import_module
from io import StringIO
from pathlib import Path
from time import time
from types import SimpleNamespace

import pytest
from allauth.account.models import EmailAddress
from allauth.core.context import request_context
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.conf import settings as site
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.contrib.auth.password_validation import CommonPasswordValidator, validate_password
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts import secret_box, tokens
from accounts.models import User
from accounts.names import browser_name
from accounts.passwords import ContextValidator
from digest.log import Line
from tests.accounts.conftest import PASSWORD
from tests.accounts.pages import link, text
from tests.accounts.test_access import TABLE
from tests.admin import app, code, holder
from tests.admin import enter as enter_admin

# The queries are those of Django and allauth.
pytestmark = pytest.mark.sqlite

NEW = "staple of a new horse"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def events(caplog):
    """events() are those of security since it was last asked, with the values of their keys."""
    caplog.set_level(logging.INFO, "security")

    def events():
        found = [json.loads(each.message) for each in caplog.records if each.name == "security"]
        caplog.clear()
        for each in found:
            if re.fullmatch("[0-9a-f]{16}", each.get("request", "")):
                del each["request"]  # one that was made here
        return found

    return events


def names(found):
    return [each["event"] for each in found]


def test_a_log_in_is_logged_with_who_where_and_how(events, owner, settings):
    settings.TRUSTED_PROXIES = settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    headers = {"X-Forwarded-For": "1.2.3.4, 192.0.2.1", "X-Request-ID": "abc-1"}
    client = Client(headers=headers)
    form = {"login": "owner", "password": PASSWORD}
    client.post("/account/login/", form | {"password": "wrong horse"})
    client.post("/account/login/", form | {"login": "nobody"})
    client.post("/account/login/", form)
    client.post("/account/logout/")
    said = {"user": owner.pk, "from": "192.0.2.1", "request": "abc-1"}
    assert events() == [
        {"event": "login_failed", **said},
        {"event": "login_failed", **said, "user": None},
        {"event": "login", **said, "how": "password"},
        {"event": "logout", **said},
    ]


def test_what_somebody_sent_is_in_no_event(events, owner, caplog):
    """Neither a password in the wrong field, nor a header that looks like a line of the log."""
    client = Client(headers={"X-Request-ID": 'x"}\nINFO security: {"event": "login"}'})
    client.post("/account/login/", {"login": "my secret\n", "password": "wrong horse"})
    text = "".join(each.message for each in caplog.records)
    assert "secret" not in text
    assert "horse" not in text
    assert events() == [{"event": "login_failed", "user": None, "from": "127.0.0.1"}]


def test_guesses_are_logged_when_they_are_stopped(events, owner):
    for _ in range(6):
        Client().post("/account/login/", {"login": "owner", "password": "wrong horse"})
    found = events()
    assert names(found) == ["login_failed"] * 5 + ["login_limited"]
    assert found[-1] == {
        "event": "login_limited",
        "user": owner.pk,
        "by": "login_failed",
        "from": "127.0.0.1",
    }


def test_what_is_done_to_an_account_is_logged(
    events, enter, owner, django_capture_on_commit_callbacks
):
    client = enter(owner)
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    client.post("/account/email/", {"action_add": "", "email": "new@example.org"})
    client.post(link(mail.outbox[-1]))
    client.post("/account/email/", {"action_primary": "", "email": "new@example.org"})
    client.post("/account/email/", {"action_remove": "", "email": "owner@example.org"})
    secret = client.get("/account/2fa/totp/activate/").context["form"].secret
    with django_capture_on_commit_callbacks() as later:
        client.post("/account/2fa/totp/activate/", {"code": code(secret)})
    with request_context(client.get("/account/").wsgi_request):
        for each in later:
            each()
    client.post("/account/tokens/", {"name": "x", "scopes": ["library:read"], "expires": "30"})
    client.post(f"/account/tokens/{tokens.of(owner).get().pk}/revoke/")
    client.get("/library/export.zip").getvalue()
    client.post("/account/2fa/totp/deactivate/")
    form = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    client.post("/account/password/change/", form)
    client.post("/account/delete/", {"password": NEW})
    found = events()
    assert names(found) == [
        *("login", "address_added", "address_confirmed", "address_changed", "address_removed"),
        *("second_factor_added", "second_factor_added", "token_made", "token_revoked"),
        *("account_exported", "second_factor_removed", "second_factor_removed"),
        *("password_changed", "account_deleted"),
    ]
    assert {each["user"] for each in found} == {owner.pk}
    assert {each["from"] for each in found} == {"127.0.0.1"}
    text = json.dumps(found)
    assert not re.search(rf"@|horse|{secret}|pd_", text)


def test_what_curators_and_operators_do_is_logged(events, owner):
    superuser = holder("superuser", is_superuser=True)
    client = enter_admin(superuser)
    events()
    role = "/admin/auth/group/"
    groups = client.get(f"/admin/accounts/user/{owner.pk}/change/").context["adminform"].form
    curators = groups.fields["groups"].queryset.get(name="Curators").pk
    form = {"display_name": "", "is_active": "on", "groups": [curators]}
    client.post(f"/admin/accounts/user/{owner.pk}/change/", form)
    client.post("/admin/accounts/disclosure/add/", {"why": "PRIVATE why", "minutes": "15"})
    client.get(role)
    found = events()
    assert found[0] == {
        "event": "roles_given",
        "user": superuser.pk,
        "of": f"user {owner.pk}",
        "keys": str(curators),
        "from": "127.0.0.1",
    }
    assert [(each["event"], each.get("model")) for each in found[1:]] == [
        ("admin_action", "accounts.user"),
        ("admin_action", "accounts.user"),
        ("disclosure_opened", None),
        ("admin_action", "accounts.disclosure"),
    ]
    assert "PRIVATE" not in json.dumps(found)


def test_who_is_refused_by_the_admin_is_logged(events, enter, owner):
    client = enter(owner)
    events()
    client.get("/admin/")
    assert events() == [
        {"event": "rights_refused", "user": owner.pk, "lacks": "rights", "from": "127.0.0.1"}
    ]
    Client().get("/admin/")
    assert names(events()) == ["rights_refused"]
    curator = holder("curator", "Curators")
    client.force_login(curator)
    events()
    client.get("/admin/")
    client.get("/api/v1/sources/")
    assert names(events()) == ["rights_refused", "rights_refused"]


def test_rights_that_a_command_gives_are_logged(events, db):
    User.objects.create_superuser("root", "root@example.org", PASSWORD)
    (found,) = events()
    assert (found["event"], found["user"], found["from"]) == ("superuser_made", None, "command")


@pytest.mark.parametrize("text", ["a\nINFO security: {}", "a\r\x1b[2K", "a\x85b", "a\u2028b"])
def test_no_line_is_forged(text):
    out = StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(Line("{asctime} {levelname} {name}: {message}", "%Y", "{"))
    record = logging.LogRecord("django", logging.ERROR, "", 0, "At %s", (text,), None)
    handler.emit(record)
    assert len(out.getvalue().splitlines()) == 1
    assert "\x1b" not in out.getvalue()
    try:
        raise ValueError(text)
    except ValueError as error:
        record.exc_info = (ValueError, error, error.__traceback__)
    handler.emit(record)
    later = out.getvalue().splitlines()[2:]
    assert later
    assert all(line.startswith("    ") for line in later)


def test_lines_of_the_console_have_a_time():
    said = site.LOGGING["formatters"]["text"]
    line = Line(said["format"], said["datefmt"], said["style"])
    record = logging.LogRecord("security", logging.INFO, "", 0, "{}", (), None)
    made = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4} INFO security: \{\}"
    assert re.fullmatch(made, line.format(record))


# Mails


def test_a_log_in_from_a_new_browser_is_mailed(enter, owner):
    first = enter(owner)
    assert mail.outbox == []
    first.post("/account/logout/")
    first.post("/account/login/", {"login": "owner", "password": PASSWORD})
    assert mail.outbox == []
    Client(headers={"User-Agent": FIREFOX}).post(
        "/account/login/", {"login": "owner", "password": PASSWORD}
    )
    (sent,) = mail.outbox
    assert (sent.subject, sent.to) == (
        "[Paper Digest] Log-in from a new browser",
        ["owner@example.org"],
    )
    assert "\nwith: Firefox on Linux\n" in sent.body


def test_a_first_log_in_is_no_news(db, settings):
    form = {"email": "a@example.org", "username": "ada", "password1": PASSWORD}
    Client().post("/account/signup/", form)
    assert [each.subject for each in mail.outbox] == ["[Paper Digest] Confirm your address"]


def test_a_new_token_is_mailed(enter, owner):
    client = enter(owner)
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    client.post("/account/tokens/", {"name": "x", "scopes": ["library:read"], "expires": "30"})
    (sent,) = mail.outbox
    assert sent.subject == "[Paper Digest] A new API token"
    assert "pd_" not in sent.body


def test_a_recovery_code_that_is_used_is_mailed(enter, owner):
    client = enter(owner)
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    secret = client.get("/account/2fa/totp/activate/").context["form"].secret
    client.post("/account/2fa/totp/activate/", {"code": code(secret)})
    codes = client.get("/account/2fa/recovery-codes/").context["unused_codes"]
    mail.outbox.clear()
    there = Client()
    there.post("/account/login/", {"login": "owner", "password": PASSWORD})
    there.post("/account/2fa/authenticate/", {"code": codes[0]})
    assert [each.subject for each in mail.outbox] == [
        "[Paper Digest] A recovery code was used",
        "[Paper Digest] Log-in from a new browser",
    ]


def test_nothing_is_mailed_to_an_address_that_may_be_anybodys(enter, owner):
    EmailAddress.objects.filter(user=owner).update(verified=False)
    for _ in range(2):
        client = enter(owner)
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    client.post("/account/tokens/", {"name": "x", "scopes": ["library:read"], "expires": "30"})
    form = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    client.post("/account/password/change/", form)
    assert mail.outbox == []


def test_addresses_are_asked_to_be_confirmed_few_times_a_day(enter, owner, settings):
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {
        "manage_email": "2/m/user,6/d/user"
    }
    client = enter(owner)
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    form = {"action_add": "", "email": "a@example.org"}
    assert [client.post("/account/email/", form).status_code for _ in range(3)] == [302, 200, 429]
    assert len(mail.outbox) == 1


def test_to_an_address_goes_one_request_to_confirm_it_at_a_time(db):
    """Whoever names it: here, several who sign up with it."""
    for name in ("ada", "bob", "eve"):
        form = {"email": "a@example.org", "username": name, "password1": PASSWORD}
        Client().post("/account/signup/", form)
    assert User.objects.filter(email="a@example.org").count() == 3
    assert [each.to for each in mail.outbox] == [["a@example.org"]]


def test_a_user_name_is_no_link_in_a_mail(db):
    form = {"email": "a@example.org", "username": "www.evil.example", "password1": PASSWORD}
    Client().post("/account/signup/", form)
    assert mail.outbox[0].body.startswith("www evil example says that this is their address.")
    Client().post("/account/password/reset/", {"email": "a@example.org"})
    assert "forgot the password of www evil example." in mail.outbox[1].body


@pytest.mark.parametrize(
    ("said", "name"),
    [
        (FIREFOX, "Firefox on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18 like Mac OS X) Safari/604.1", "Safari on iPhone"),
        ("curl/8.5", "curl"),
        ("Call 555 or visit http://evil.example\n", "another program"),
        ("", "another program"),
    ],
)
def test_what_a_browser_says_is_told_in_our_words(said, name):
    assert browser_name(said) == name


# Tokens end with the password


@pytest.fixture
def token(owner):
    """A program of the owner's asks; the status that it is answered."""
    _, secret = tokens.create(owner, "x", ["library:read"])
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    return lambda: client.get("/api/v1/library/bookmarks/").status_code


@pytest.mark.parametrize(("keep", "status"), [({}, 401), ({"keep_tokens": "on"}, 200)])
def test_a_new_password_ends_tokens_unless_they_are_kept(enter, owner, token, keep, status):
    assert token() == 200
    client = enter(owner)
    page = client.get("/account/password/change/")
    assert "Keep my API tokens" in text(page)
    assert "checked" not in page.content.decode().partition("keep_tokens")[2][:80]
    form = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    wrong = client.post("/account/password/change/", form | {"oldpassword": "x"})
    assert (wrong.status_code, token()) == (200, 200)
    done = client.post("/account/password/change/", form | keep, follow=True)
    assert ("Your API token is ended" in done.content.decode()) == (not keep)
    assert token() == status


def test_a_password_that_is_reset_ends_tokens(owner, token):
    client = Client()
    client.post("/account/password/reset/", {"email": "owner@example.org"})
    page = client.get(link(mail.outbox[0]), follow=True)
    client.post(page.request["PATH_INFO"], {"password1": NEW, "password2": NEW})
    assert token() == 401


def test_who_has_no_token_is_not_asked(enter, owner):
    assert "Keep my" not in text(enter(owner).get("/account/password/change/"))


# Sessions


def test_a_session_ends_thirty_days_after_the_log_in(enter, owner, events):
    client = enter(owner)
    session = client.session
    session["logged_in_at"] = int(time()) - 30 * 24 * 3600 + 60
    session.save()
    assert client.get("/account/").status_code == 200
    session["logged_in_at"] -= 120
    session.save()
    events()
    assert client.get("/account/").url == "/account/login/?next=/account/"
    assert names(events()) == ["session_ended", "logout"]
    assert not Session.objects.exists()


@pytest.mark.slow
def test_strangers_make_no_rows(db, papers):
    """Whatever address they open, and however: the table of sessions is people's."""
    addresses = {each.address for rows in TABLE.values() for each in rows}
    for address in sorted(each for each in addresses if "{" not in each):
        for accept in ("text/html", "application/json"):
            response = Client(headers={"Accept": accept}).get(address)
            b"".join(response)
            assert not Session.objects.exists(), address


def test_what_a_stranger_begins_is_kept_for_minutes(anonymous, owner):
    app(owner)
    anonymous.post("/account/login/", {"login": "owner", "password": PASSWORD})
    (row,) = Session.objects.all()
    assert row.expire_date - timezone.now() < timedelta(minutes=15)
    secret = secret_box.decrypt(Authenticator.objects.get().data["secret"])
    anonymous.post("/account/2fa/authenticate/", {"code": code(secret)})
    (row,) = Session.objects.all()
    assert row.expire_date - timezone.now() > timedelta(days=13)


def test_what_a_passkey_was_asked_is_good_once(anonymous, owner):
    page = "/account/2fa/webauthn/login/"
    anonymous.get(page, headers={"Accept": "application/json"})
    cookie = anonymous.cookies["passkey"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (page, True, "Strict")
    asked = cookie.value
    seen = []
    for value in (asked, asked, asked[:-1] + "?"):
        client = Client()
        client.cookies["passkey"] = value
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                "accounts.profile.passkeys.views.login_webauthn",
                lambda request: (
                    seen.append("mfa.webauthn.state" in request.session)
                    or anonymous.get("/account/login/")
                ),
            )
            client.post(page, {"credential": "{}"})
    assert seen == [True, False, False]


def test_forms_have_a_limit_for_each_person(enter, owner, other, settings):
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"write": "3/m/user"}
    client = enter(owner)
    answers = [client.post("/library/undo/").status_code for _ in range(4)]
    assert answers == [302, 302, 302, 429]
    assert client.get("/library/").status_code == 200
    assert enter(other).post("/library/undo/").status_code == 302


def test_imports_have_a_limit_for_each_person_by_page_and_api(enter, owner, other, settings):
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"import": "2/5m/user"}
    _, secret = tokens.create(owner, "mine", ["library:write"])
    program = Client(headers={"Authorization": f"Bearer {secret}"})
    client, text = enter(owner), {"text": "2502.00001"}

    def send():
        return program.post("/api/v1/library/import/", text, content_type="application/json")

    def bring(client, text=text):
        return client.post("/library/import/", text, headers={"Sec-Fetch-Site": "same-origin"})

    assert bring(client, {}).status_code == 400  # which counts for nothing
    assert [bring(client).status_code, send().status_code] == [200, 200]
    page, answer = bring(client), send()
    assert [page.status_code, answer.status_code] == [429, 429]
    assert [page["Retry-After"], answer["Retry-After"]] == ["300", "300"]
    assert "2502.00001" in page.content.decode()  # to be sent again
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"].startswith("You imported too often in a short time.")
    assert bring(enter(other)).status_code == 200


# Secrets of second factors


def factors():
    return list(Authenticator.objects.order_by("pk").values_list("data", flat=True))


def test_secrets_are_kept_encrypted_and_their_key_can_be_renewed(owner, settings):
    secret = app(owner)
    (kept,) = factors()
    assert kept["secret"].startswith("fernet:")
    assert secret not in kept["secret"]
    client = Client()
    form = {"login": "owner", "password": PASSWORD}
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "n" * 50
    out = StringIO()
    call_command("renew_secrets", stdout=out)
    assert out.getvalue().startswith("1 second factors are encrypted with SECRET_KEY.\n")
    settings.SECRET_KEY_FALLBACKS = []
    client.post("/account/login/", form)
    assert client.post("/account/2fa/authenticate/", {"code": code(secret)}).url == "/"


def test_a_key_that_is_gone_lets_nobody_in_and_breaks_nothing(owner, settings, caplog):
    secret = app(owner)
    settings.SECRET_KEY = "n" * 50
    client = Client()
    client.post("/account/login/", {"login": "owner", "password": PASSWORD})
    answer = client.post("/account/2fa/authenticate/", {"code": code(secret)})
    assert answer.status_code == 200
    assert "_auth_user_id" not in client.session
    assert "encrypted with a key that is gone" in caplog.text
    with pytest.raises(CommandError, match="1 second factors are not, since their key is none of"):
        call_command("renew_secrets", stdout=StringIO())


def test_secrets_of_before_are_read_and_encrypted_by_the_migration(owner):
    secret = app(owner)
    Authenticator.objects.update(data={"secret": secret})
    client = Client()
    client.post("/account/login/", {"login": "owner", "password": PASSWORD})
    assert client.post("/account/2fa/authenticate/", {"code": code(secret)}).url == "/"
    migration = import_module("accounts.migrations.0007_encrypted_factors")
    editor = SimpleNamespace(connection=connection)
    migration.encrypt(apps, editor)
    (kept,) = factors()
    assert secret_box.decrypt(kept["secret"]) == secret != kept["secret"]
    migration.decrypt(apps, editor)
    assert factors() == [kept | {"secret": secret}]


# Passwords


@pytest.mark.parametrize(
    ("password", "refused"),
    [
        *(("PaperDigest2026!", True), ("arxiv-library-1", True), ("localhost1234", True)),
        *((PASSWORD, False), ("paper towels and rain", False), ("12345 67890 98765", False)),
        *(("a" * 64 + "z", False), ("пароль из шести слов", False)),
    ],
)
def test_a_password_is_not_the_name_of_the_site(password, refused):
    said = pytest.raises(ValidationError, match="little more than the name of this site")
    with said if refused else nullcontext():
        ContextValidator().validate(password)


@pytest.mark.parametrize("password", ["a" * 64 + " long", "пароль из шести слов", "no digits here"])
def test_any_other_password_of_eight_characters_will_do(db, password):
    form = {"email": "a@example.org", "username": "ada", "password1": password}
    assert Client().post("/account/signup/", form).status_code == 302
    answer = Client().post("/account/login/", {"login": "ada", "password": password})
    assert answer.url == "/"
    answer = Client().post("/account/login/", {"login": "ada", "password": password.upper()})
    assert answer.status_code == 200


def test_common_passwords_are_refused():
    """Django's list has 20,000, from breaches."""
    assert len(CommonPasswordValidator().passwords) > 19_000
    with pytest.raises(ValidationError, match="too common"):
        validate_password("trustno1")


def test_to_show_once_more_who_one_is_makes_a_new_session(enter, owner):
    client = enter(owner)
    before = client.session.session_key
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    assert client.session.session_key != before
    assert not Session.objects.filter(pk=before).exists()
    assert UserSession.objects.get().session_key == client.session.session_key


def test_password_fields_are_masked_and_take_managers(client, enter, owner):
    for page, names in (("login", 1), ("signup", 1), ("password/change", 3)):
        shown = (enter(owner) if "change" in page else client).get(f"/account/{page}/")
        fields = re.findall(r"<input[^>]+password[^>]*>", shown.content.decode())
        assert len(fields) == names, page
        for field in fields:
            assert 'type="password"' in field
            assert re.search(r'autocomplete="(current|new)-password"', field)
            assert "onpaste" not in field


def test_passwords_are_hashed_with_argon2():
    """The tests themselves use another, which is fast."""
    said = (Path(__file__).parents[2] / "digest" / "settings.py").read_text()
    hashers = said.partition("PASSWORD_HASHERS = [")[2].partition("]")[0]
    assert hashers.split()[0] == '"django.contrib.auth.hashers.Argon2PasswordHasher",'
    hasher = Argon2PasswordHasher()
    assert hasher.verify("x", made := hasher.encode("x", "salt" * 4))
    assert made.startswith("argon2$argon2id$")


def test_nobody_has_an_account_at_first(db):
    assert not User.objects.exists()


# What a server tells


def test_cookies_are_bound(enter, owner):
    client = enter(owner)
    client.get("/account/")
    client.post("/account/", {})
    client.get("/account/2fa/webauthn/login/", headers={"Accept": "application/json"})
    other = Client(headers={"Accept": "application/json"})
    other.get("/account/2fa/webauthn/login/")
    cookies = {**client.cookies, **other.cookies}
    assert {"sessionid", "csrftoken", "browser", "passkey"} <= cookies.keys()
    for name, cookie in cookies.items():
        assert cookie["httponly"], name
        assert cookie["samesite"] in ("Lax", "Strict"), name
        assert not cookie["domain"], name


@pytest.mark.parametrize(
    "path",
    [
        *("/.git/config", "/.env", "/manage.py", "/var/secret_key", "/var/", "/db.sqlite3"),
        *("/static/", "/static/../digest/settings.py", "/static/%2e%2e/manage.py", "/media/"),
    ],
)
def test_no_folder_is_listed_and_no_file_of_ours_is_served(client, db, path):
    assert client.get(path).status_code == 404


def test_nothing_answers_trace(db, papers):
    """With what it was sent, which is what TRACE is for."""
    found = {each.address for rows in TABLE.values() for each in rows}
    for address in sorted(each for each in found if "{" not in each):
        answer = Client().trace(address, headers={"X-Secret": "PRIVATE"})
        assert b"PRIVATE" not in b"".join(answer), address
        assert answer.headers["Content-Type"] != "message/http", address
