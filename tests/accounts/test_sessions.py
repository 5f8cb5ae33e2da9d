import pytest

from tests.accounts.pages import text

# The queries are those of Django and allauth.
pytestmark = pytest.mark.sqlite


def test_where_one_is_logged_in(enter, owner, other):
    client = enter(owner, user_agent="Browser A")
    enter(owner, user_agent="Browser <b>")
    enter(other, user_agent="Browser C")
    page = text(client.get("/account/sessions/"))
    assert ("Browser A" in page, "Browser <b>" in page, "Browser C" in page) == (True, True, False)
    assert page.count("from 127.0.0.1") == 2
    assert page.count("this one") == 1


def test_logging_the_others_out(enter, owner, other):
    client, elsewhere, theirs = enter(owner), enter(owner), enter(other)
    assert elsewhere.get("/account/").status_code == 200
    answer = client.post("/account/sessions/")
    assert answer.url == "/account/sessions/"
    page = text(client.get("/account/sessions/"))
    assert page.startswith("The other sessions are logged out.")
    assert "Log out the others" not in page
    assert elsewhere.get("/account/").status_code == 302
    assert theirs.get("/account/").status_code == 200


def test_a_session_that_ended_is_not_listed(enter, owner):
    client, elsewhere = enter(owner), enter(owner)
    elsewhere.post("/account/logout/")
    assert text(client.get("/account/sessions/")).count("from 127.0.0.1") == 1
