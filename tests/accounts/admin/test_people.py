"""What those who manage people see and do, and what they cannot."""

import pytest
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.auth.models import Group, Permission
from django.core import mail
from django.test import Client

from accounts.models import User
from tests.admin import PASSWORD, app, enter, holder, log_in

pytestmark = pytest.mark.sqlite

PEOPLE = "/admin/accounts/user/"


def form(client, person):
    """The fields of a person's page, as they stand, or none if they cannot be changed."""
    shown = client.get(f"{PEOPLE}{person.pk}/change/").context["adminform"].form
    return {
        name: [each.pk for each in value] if name == "groups" else value
        for name in shown.fields
        if (value := shown.get_initial_for_field(shown.fields[name], name)) not in (None, False)
    }


def change(client, person, **fields):
    return client.post(f"{PEOPLE}{person.pk}/change/", form(client, person) | fields)


def roles(person):
    return sorted(person.groups.values_list("name", flat=True))


def act(client, action, *people):
    said = {"action": action, "_selected_action": [person.pk for person in people]}
    answer = client.post(PEOPLE, said, follow=True)
    return [str(message) for message in answer.context["messages"]]


def log():
    """What was done, the newest last."""
    return list(
        LogEntry.objects.order_by("pk").values_list(
            "user__username", "object_repr", "action_flag", "change_message"
        )
    )


def said(role):
    return Group.objects.get(name=role).pk


# The list and the page


def test_the_list_shows_who_is_who(managing, owner, django_assert_num_queries):
    other = holder("other", "Curators", is_active=False)
    app(other)
    with django_assert_num_queries(11):
        page = managing.get(PEOPLE)
    rows = {person.username: person for person in page.context["cl"].result_list}
    assert sorted(rows) == ["manager", "other", "owner"]
    admin = page.context["cl"].model_admin
    assert [admin.confirmed(rows[name]) for name in ("owner", "other")] == [True, False]
    assert [admin.has_second_factor(rows[name]) for name in ("owner", "other")] == [False, True]
    assert admin.roles(rows["other"]) == "Curators"
    for number in range(5):
        holder(f"more{number}", "Curators", "User managers")
    with django_assert_num_queries(11):
        managing.get(PEOPLE)


@pytest.mark.databases
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=own", ["owner"]),
        ("q=other@example.org", ["other"]),
        ("second factor=yes", ["manager"]),
        ("second factor=no", ["other", "owner"]),
        ("is_active__exact=0", ["other"]),
    ],
)
def test_people_are_found(managing, owner, query, found):
    holder("other", is_active=False)
    page = managing.get(f"{PEOPLE}?{query}")
    assert [person.username for person in page.context["cl"].result_list] == found


def test_no_password_is_shown_or_set(managing, owner):
    page = managing.get(f"{PEOPLE}{owner.pk}/change/").content.decode()
    assert owner.password not in page
    assert "md5" not in page
    assert managing.get(f"{PEOPLE}{owner.pk}/password/", follow=True).wsgi_request.path == "/admin/"


@pytest.mark.parametrize(
    "field", [{"username": "x"}, {"email": "x@example.org"}, {"password": "x"}, {"is_staff": "on"}]
)
def test_nothing_is_changed_that_would_open_an_account(operating, owner, field):
    """Passwords are set by mail, and lists are shared with names and addresses."""
    before = User.objects.values().get(pk=owner.pk)
    assert change(operating, owner, **field).status_code == 302
    assert User.objects.values().get(pk=owner.pk) == before


@pytest.mark.databases
def test_nobody_is_made_a_superuser_here(superuser, owner):
    change(enter(superuser), owner, is_superuser="on", user_permissions="1")
    owner.refresh_from_db()
    assert not owner.is_superuser
    assert not owner.user_permissions.exists()


def test_a_name_that_misleads_is_mended_and_checked(managing, owner):
    assert change(managing, owner, display_name="The  Owner").status_code == 302
    owner.refresh_from_db()
    assert owner.display_name == "The Owner"
    answer = change(managing, owner, display_name="a\u202eb")
    assert "Remove the invisible character" in answer.content.decode()


def test_a_password_that_is_changed_meanwhile_stays(managing, owner, monkeypatch):
    fields = form(managing, owner) | {"display_name": "New"}
    get_object = "accounts.admin.people.UserAdmin.get_object"

    def late(admin, request, key, from_field=None):
        found = User.objects.get(pk=key)
        User.objects.filter(pk=key).update(password="changed")
        return found

    monkeypatch.setattr(get_object, late)
    managing.post(f"{PEOPLE}{owner.pk}/change/", fields)
    owner.refresh_from_db()
    assert (owner.display_name, owner.password) == ("New", "changed")


# Roles


def test_a_role_lets_people_in_and_is_logged(operating, owner):
    client = enter(owner)
    assert client.get("/admin/").status_code == 404
    change(operating, owner, groups=[said("Curators")])
    assert roles(owner) == ["Curators"]
    assert client.get("/admin/").status_code == 200
    change(operating, owner, groups=[])
    assert client.get("/admin/").status_code == 404
    assert ("operator", "owner", CHANGE, "Given: Curators.") in log()
    assert ("operator", "owner", CHANGE, "Taken away: Curators.") in log()


def test_a_user_manager_gives_no_right_that_they_lack(managing, owner):
    for role in ("Curators", "Operators"):
        answer = change(managing, owner, groups=[said(role)])
        assert answer.status_code == 200
        assert list(answer.context["adminform"].form.errors) == ["groups"]
    assert roles(owner) == []
    change(managing, owner, groups=[said("User managers")])
    assert roles(owner) == ["User managers"]


@pytest.mark.databases
def test_roles_that_one_cannot_give_stay(managing, owner):
    owner.groups.add(said("Curators"))
    change(managing, owner, groups=[said("User managers")], display_name="New")
    assert roles(owner) == ["Curators", "User managers"]
    change(managing, owner, groups=[])
    assert roles(owner) == ["Curators"]


def test_who_has_both_roles_gives_both(managing, user_manager, owner):
    user_manager.groups.add(said("Curators"))
    change(managing, owner, groups=[said("Curators")])
    assert roles(owner) == ["Curators"]


def test_nobody_changes_themselves(managing, user_manager, operating, operator, superuser):
    for client, person in (
        (managing, user_manager),
        (operating, operator),
        (enter(superuser), superuser),
    ):
        answer = client.post(f"{PEOPLE}{person.pk}/change/", {"groups": [said("Operators")]})
        assert answer.status_code == 403
        assert act(client, "deactivate", person)[0].startswith(f"{person.username} is not changed")
        assert client.post(f"{PEOPLE}{person.pk}/delete/", {"post": "yes"}).status_code == 403
    assert roles(user_manager) == ["User managers"]


@pytest.mark.databases
@pytest.mark.parametrize("active", [True, False])
@pytest.mark.parametrize("role", ["operator", "superuser"])
def test_a_user_manager_touches_nobody_above(managing, request, role, active):
    person = request.getfixturevalue(role)
    User.objects.filter(pk=person.pk).update(is_active=active)
    answer = managing.post(f"{PEOPLE}{person.pk}/change/", {"display_name": "x", "is_active": "on"})
    assert answer.status_code == 403
    assert managing.get(f"{PEOPLE}{person.pk}/change/").context["has_change_permission"] is False
    said = act(managing, "deactivate" if active else "activate", person)
    assert said[0] == f"{role} is not changed: not allowed."
    person.refresh_from_db()
    assert person.is_active is active


def test_an_operator_touches_operators_and_no_superuser(operating, superuser):
    other = holder("other", "Operators")
    assert change(operating, other, groups=[]).status_code == 302
    assert roles(other) == []
    assert operating.post(f"{PEOPLE}{superuser.pk}/delete/", {"post": "yes"}).status_code == 403


# Deactivating, deleting


def test_who_is_deactivated_is_out_until_activated(managing, owner):
    client = log_in(owner)
    assert act(managing, "deactivate", owner) == ["Deactivated: 1 person."]
    assert client.get("/account/").status_code == 302
    assert "_auth_user_id" not in log_in(owner).session
    assert act(managing, "deactivate", owner) == ["Deactivated: 0 people."]
    assert act(managing, "activate", owner) == ["Activated: 1 person."]
    assert "_auth_user_id" in log_in(owner).session
    assert log() == [
        ("manager", "owner", CHANGE, "Deactivated."),
        ("manager", "owner", CHANGE, "Activated."),
    ]


def test_a_user_manager_deletes_nobody(managing, owner):
    assert managing.post(f"{PEOPLE}{owner.pk}/delete/", {"post": "yes"}).status_code == 403
    page = managing.get(PEOPLE).content.decode()
    assert 'value="deactivate"' in page
    assert 'value="delete_selected"' not in page


def test_deleting_somebody_says_how_much_goes_and_not_what(operating, owner, kept):
    page = operating.get(f"{PEOPLE}{owner.pk}/delete/")
    assert page.context["deleted_objects"] == ["owner"]
    assert dict(page.context["model_count"]) == {"bookmarks": 2, "notes": 1, "reading lists": 1}
    assert "PRIVATE" not in page.content.decode()
    client = log_in(owner)
    operating.post(f"{PEOPLE}{owner.pk}/delete/", {"post": "yes"})
    assert not User.objects.filter(username="owner").exists()
    assert client.get("/account/").status_code == 302
    assert log() == [("operator", "owner", DELETION, "")]
    assert 'value="delete_selected"' not in operating.get(PEOPLE).content.decode()


def test_the_log_outlives_who_acted(operating, managing, user_manager, owner):
    act(managing, "deactivate", owner)
    number = user_manager.pk
    operating.post(f"{PEOPLE}{number}/delete/", {"post": "yes"})
    assert log()[0] == (f"{number} (deleted)", "owner", CHANGE, "Deactivated.")
    left = User.objects.get(username=f"{number} (deleted)")
    assert (left.is_active, left.has_usable_password(), left.email) == (False, False, "")


@pytest.mark.databases
def test_the_log_outlives_who_deletes_their_account(managing, user_manager, owner):
    act(managing, "deactivate", owner)
    managing.post("/account/delete/", {"password": PASSWORD})
    assert not User.objects.filter(username="manager").exists()
    assert log() == [(f"{user_manager.pk} (deleted)", "owner", CHANGE, "Deactivated.")]


# Inviting


def invite(client, *lines):
    return client.post(f"{PEOPLE}add/", {"addresses": "\r\n".join(lines)}, follow=True)


@pytest.mark.databases
def test_people_are_invited_and_added_by_nobody(managing, owner):
    page = invite(managing, "ada@example.org", " ada@example.org ", "", "owner@example.org")
    assert [str(message) for message in page.context["messages"]] == [
        "ada@example.org is invited.",
        "owner@example.org has an account.",
    ]
    (sent,) = mail.outbox
    assert (sent.to, sent.subject) == (["ada@example.org"], "[Paper Digest] You are invited")
    link = next(line for line in sent.body.splitlines() if "/account/signup/?invitation=" in line)
    # Whoever has the link is taken for the address's owner: it is for them alone.
    assert link.partition("=")[2] not in page.content.decode()
    assert log() == [("manager", "users", CHANGE, "Invited ada@example.org.")]
    assert Client().get(link.removeprefix("http://localhost:8000")).status_code == 200
    assert not User.objects.filter(email="ada@example.org").exists()


@pytest.mark.parametrize(
    ("lines", "error"),
    [
        (["ada@example.org", "alan"], "“alan” is not an e-mail address. Nobody was invited."),
        ([""], "This field is required."),
        (["  "], "This field is required."),
        (
            [f"a{number}@example.org" for number in range(51)],
            "These are 51 addresses: invite 50 at a time.",
        ),
    ],
)
def test_a_bad_address_invites_nobody(managing, lines, error):
    page = invite(managing, *lines)
    assert page.context["form"].errors["addresses"] == [error]
    assert mail.outbox == []
    assert log() == []


def test_what_cannot_be_mailed_is_said(managing, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "localhost", 1
    page = invite(managing, "ada@example.org")
    (message,) = map(str, page.context["messages"])
    assert message.startswith("ada@example.org could not be mailed: ")


def test_a_closed_site_invites_nobody(managing, settings):
    settings.SIGNUP = "closed"
    assert managing.get(f"{PEOPLE}add/").status_code == 403
    assert f'href="{PEOPLE}add/"' not in managing.get(PEOPLE).content.decode()


# Groups


@pytest.mark.databases
def test_an_operator_makes_a_role_of_rights_that_they_have(operating):
    rights = {each.codename: each.pk for each in Permission.objects.all()}
    given = {"name": "Readers", "permissions": [rights["view_user"], rights["view_group"]]}
    assert operating.post("/admin/auth/group/add/", given).status_code == 302
    group = Group.objects.get(name="Readers")
    assert sorted(group.permissions.values_list("codename", flat=True)) == [
        "view_group",
        "view_user",
    ]
    assert log()[0][:3] == ("operator", "Readers", CHANGE)
    assert log()[0][3].startswith("Given: Accounts | user | Can view user, Authentication")
    assert log()[1][:3] == ("operator", "Readers", ADDITION)


@pytest.mark.databases
def test_an_operator_gives_no_right_that_they_lack(operating, operator):
    lacking = Permission.objects.get(codename="add_logentry")
    group = Group.objects.create(name="Readers")
    address = f"/admin/auth/group/{group.pk}/change/"
    answer = operating.post(address, {"name": "Readers", "permissions": [lacking.pk]})
    assert list(answer.context["adminform"].form.errors) == ["permissions"]
    group.permissions.add(lacking)
    operating.post(address, {"name": "Renamed", "permissions": []})
    assert list(group.permissions.all()) == [lacking]
