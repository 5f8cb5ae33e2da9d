"""Reading lists: their order, who sees them, who changes them."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from threading import Barrier

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.library import Access, Library, NotFound
from accounts.library.lists import items, members, positions
from accounts.models import Invitation, ListItem, Membership, Role, User, Visibility
from digest.catalogue.load import load
from digest.models import Paper
from tests.samples import digest, row


def test_nothing_is_rendered_while_others_wait_to_write(survey, library, papers, rendered):
    library.lists.create("New", "1")
    survey.describe("Survey", "2")
    survey.describe_item(papers[0].pk, comment="3", section="")
    survey.change_item(papers[0].pk, comment="4", to=2)
    survey.undo_removal(survey.remove([papers[0].pk]))
    assert rendered == [*"12344"]


def order(opened):
    return [(item.paper.position, item.section) for item in opened.items().select_related("paper")]


def places(opened):
    return [place for place, _ in order(opened)]


def member(opened, user, role):
    """Let a person into the list."""
    opened.invite(user.username, role)
    library = Library(user)
    library.lists.accept(library.lists.invitations().get().pk)
    return library.lists.open(opened.reading_list.slug)


# Papers in order


def test_papers_go_to_the_end_once(survey, papers):
    assert survey.add([papers[4].pk, papers[0].pk, papers[4].pk, 10**9]) == 1
    assert places(survey) == [1, 2, 3, 5]
    assert [paper.position for paper in survey.papers()] == [1, 2, 3, 5]


@pytest.mark.parametrize(
    ("paper", "to", "expected"),
    [
        (0, 1, [1, 2, 3]),
        (0, 2, [2, 1, 3]),
        (0, 3, [2, 3, 1]),
        (0, 99, [2, 3, 1]),
        (2, 1, [3, 1, 2]),
        (2, -5, [3, 1, 2]),
        (2, 2, [1, 3, 2]),
    ],
)
def test_a_paper_is_moved_to_a_place(survey, papers, paper, to, expected):
    survey.move(papers[paper].pk, to)
    assert places(survey) == expected


def test_a_paper_alone_stays(survey, papers):
    survey.remove([papers[1].pk, papers[2].pk])
    survey.move(papers[0].pk, 7)
    assert places(survey) == [1]


def test_a_moved_paper_comes_under_the_section_where_it_stands(survey, papers):
    one, _two, three, four, five = [paper.pk for paper in papers]
    survey.add([four, five], section="Later")
    survey.move(one, 5)
    assert order(survey) == [(2, ""), (3, ""), (4, "Later"), (5, "Later"), (1, "Later")]
    survey.move(five, 1)
    assert order(survey) == [(5, ""), (2, ""), (3, ""), (4, "Later"), (1, "Later")]
    survey.move(three, 3, section="Later")
    assert order(survey)[2:] == [(3, "Later"), (4, "Later"), (1, "Later")]


def test_a_paper_that_changes_its_section_goes_to_its_end(survey, papers):
    one, two, three, *_ = [paper.pk for paper in papers]
    survey.describe_item(one, comment="", section="Methods")
    survey.describe_item(three, comment=" See *this* ", section=" Methods ")
    assert order(survey) == [(1, "Methods"), (3, "Methods"), (2, "")]
    item = survey.items().get(paper=three)
    assert item.comment == "See *this*"
    with pytest.raises(ValidationError):
        survey.describe_item(two, comment="x" * 4001, section="")


def test_a_new_section_begins_where_the_paper_is_unless_it_would_divide_another(survey, papers):
    one, two, three, *_ = [paper.pk for paper in papers]
    survey.describe_item(one, comment="", section="First")
    survey.describe_item(three, comment="", section="Last")
    assert order(survey) == [(1, "First"), (2, ""), (3, "Last")]
    survey.describe_item(two, comment="", section="Last")
    survey.add([papers[3].pk], section="Last")
    assert order(survey) == [(1, "First"), (3, "Last"), (2, "Last"), (4, "Last")]
    survey.describe_item(two, comment="", section="Middle")
    assert order(survey) == [(1, "First"), (3, "Last"), (4, "Last"), (2, "Middle")]


def test_a_paper_comes_under_a_section_that_meets_its_place(survey, papers):
    one, two, three, *_ = [paper.pk for paper in papers]
    survey.describe_item(three, comment="", section="Later")
    survey.move(one, 1, section="Elsewhere")
    assert order(survey) == [(1, ""), (2, ""), (3, "Later")]
    survey.move(two, 1, section="Later")
    assert order(survey) == [(2, ""), (1, ""), (3, "Later")]
    survey.move(one, 2, section="Later")
    assert order(survey) == [(2, ""), (1, "Later"), (3, "Later")]


def test_a_paper_that_stays_in_its_place_stays_in_its_section(survey, papers):
    survey.describe_item(papers[1].pk, comment="", section="Alone")
    changed = survey.reading_list.changed_at
    survey.move(papers[1].pk, 3)
    survey.move(papers[1].pk, 99)
    assert order(survey) == [(1, ""), (3, ""), (2, "Alone")]
    assert survey.reading_list.changed_at == changed
    survey.move(papers[1].pk, 3, section="")
    assert order(survey) == [(1, ""), (3, ""), (2, "")]


def test_what_was_removed_comes_back_where_it_was(survey, library, papers):
    one, two, _, four, _ = [paper.pk for paper in papers]
    survey.describe_item(two, comment="*x*", section="")
    library.notes.save(papers[1], "Mine", 0)
    survey.show_note(two, True)
    removed = survey.remove([one, two, two, four])
    assert [was.paper for was in removed] == [one, two]
    assert survey.remove([two]) == []
    survey.add([four])
    survey.undo_removal(removed)
    survey.undo_removal(removed)
    assert places(survey) == [1, 2, 3, 4]
    item = survey.items().get(paper=two)
    assert (item.comment_html, item.shows_note) == ("<p><em>x</em></p>", False)


def test_where_a_place_is_taken_what_comes_back_stands_after_it(survey, papers):
    one, two, three, four, five = [paper.pk for paper in papers]
    survey.add([four])
    removed = survey.remove([one, two, three])
    ListItem.objects.filter(paper=four).update(position=removed[1].position)
    survey.add([five])
    ListItem.objects.filter(paper=five).update(position=removed[1].position + 1)
    survey.undo_removal(removed)
    assert places(survey) == [1, 4, 2, 5, 3]
    removed = survey.remove([two, three])
    ListItem.objects.filter(paper=four).update(position=removed[1].position)
    survey.undo_removal(removed)
    assert places(survey) == [1, 2, 5, 4, 3]


def test_as_many_queries_put_back_one_paper_and_five_hundred(library, owner):
    load(digest(*(row(f"Paper {n}") for n in range(500))), "many.md")
    survey = library.lists.open(library.lists.create("Many").slug)
    keys = list(Paper.objects.values_list("pk", flat=True)[:500])
    survey.add(keys)
    counts = []
    for many in (1, 500):
        removed = survey.remove(keys[:many])
        with CaptureQueriesContext(connection) as asked:
            survey.undo_removal(removed)
        counts.append(len([q for q in asked if not q["sql"].startswith("INSERT")]))
        assert survey.items().count() == 500
        assert list(survey.items().values_list("paper", flat=True)) == keys
    assert counts[0] == counts[1] < 20


def test_room_is_made_where_there_is_none(survey, papers):
    # The first in the list was added last.
    ListItem.objects.filter(paper=papers[2]).update(position=-1)
    ListItem.objects.filter(paper=papers[1]).update(position=0)
    ListItem.objects.filter(paper=papers[0]).update(position=9)
    survey.move(papers[0].pk, 2)
    assert places(survey) == [3, 1, 2]


class TestOrder(TestCase):
    """Whatever is moved where, the list is what a list of Python's is."""

    def setUp(self):
        load(digest(*(row(number) for number in range(1, 6))), "2025-02-06.json")
        self.opened = Library(User.objects.create_user("owner")).lists
        self.opened = self.opened.open(self.opened.create("Any").slug)
        self.papers = {paper.position: paper.pk for paper in Paper.objects.all()}
        self.opened.add([self.papers[n] for n in range(1, 6)])

    @given(
        st.lists(st.tuples(st.integers(1, 5), st.integers(-1, 7)), max_size=30),
        st.sampled_from([2, 3, 1 << 20]),
    )
    @pytest.mark.slow
    def test_moves(self, moves, gap):
        with narrow(gap):
            positions.respace(self.opened.reading_list)
            expected = places(self.opened)
            for paper, to in moves:
                self.opened.move(self.papers[paper], to)
                expected.remove(paper)
                expected.insert(max(to, 1) - 1, paper)
                assert places(self.opened) == expected


@contextmanager
def narrow(gap):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(positions, "GAP", gap)
        yield


def test_a_list_has_a_limit(survey, papers, monkeypatch):
    monkeypatch.setattr(items, "MOST_ITEMS", 4)
    with pytest.raises(ValidationError, match="at most 4 papers"):
        survey.add([papers[3].pk, papers[4].pk])
    assert places(survey) == [1, 2, 3]


def test_the_database_holds_one_place_for_each(survey, papers):
    item = survey.items().first()
    for same in (
        {"paper": item.paper, "position": 5},
        {"paper": papers[4], "position": item.position},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            ListItem.objects.create(
                reading_list=survey.reading_list, added_at=timezone.now(), **same
            )


# Names


def test_a_name_is_one_lists(library, other, survey):
    for name in ("survey", " Survey  "):
        with pytest.raises(ValidationError) as raised:
            library.lists.create(name)
        assert "already" in raised.value.message_dict["name"][0]
    for name in (" ", "\u200b", "\u202e"):
        with pytest.raises(ValidationError):
            library.lists.create(name)
    library.lists.create("Other")
    with pytest.raises(ValidationError):
        survey.describe("other", "")
    Library(other).lists.create("Survey")
    survey.describe("New  name", "Text")
    assert [found.name for found in library.lists.accessible()] == ["New name", "Other"]


# Who sees a list, and who changes it


@pytest.mark.parametrize(
    ("visibility", "seen"),
    [
        (Visibility.PRIVATE, {"owner": Access.OWNER}),
        (
            Visibility.MEMBERS,
            {"owner": Access.OWNER, "editor": Access.EDITOR, "viewer": Access.VIEWER},
        ),
        (
            Visibility.LINK,
            {
                "owner": Access.OWNER,
                "editor": Access.EDITOR,
                "viewer": Access.VIEWER,
                "link": Access.READER,
            },
        ),
        (
            Visibility.PUBLIC,
            {
                "owner": Access.OWNER,
                "editor": Access.EDITOR,
                "viewer": Access.VIEWER,
                "other": Access.READER,
                "anonymous": Access.READER,
                "link": Access.READER,
            },
        ),
    ],
)
def test_who_sees_a_list(survey, owner, other, editor, viewer, visibility, seen):
    member(survey, editor, Role.EDITOR)
    member(survey, viewer, Role.VIEWER)
    survey.show_to(visibility)
    people = {"owner": owner, "other": other, "editor": editor, "viewer": viewer}
    found = {}
    slug, secret = survey.reading_list.slug, survey.reading_list.secret
    for name, user in (people | {"anonymous": AnonymousUser()}).items():
        try:
            found[name] = Library(user).lists.open(slug).access
        except NotFound:
            continue
    with suppress(NotFound):
        found["link"] = Library(AnonymousUser()).lists.by_secret(secret).access
    assert found == seen
    mine = {
        name
        for name, user in people.items()
        if survey.reading_list in Library(user).lists.accessible()
    }
    assert mine == seen.keys() & {"owner", "editor", "viewer"}


def test_a_revoked_link_leads_nowhere(survey):
    survey.show_to(Visibility.LINK)
    old = survey.reading_list.secret
    survey.revoke_link()
    anybody = Library(AnonymousUser())
    for secret in (old, "", "é"):
        with pytest.raises(NotFound):
            anybody.lists.by_secret(secret)
        with pytest.raises(NotFound):
            anybody.lists.open(survey.reading_list.slug, secret)
    assert anybody.lists.by_secret(survey.reading_list.secret).access == Access.READER


EDITS = {
    "add": lambda opened, paper: opened.add([paper]),
    "remove": lambda opened, paper: opened.remove([paper]),
    "move": lambda opened, paper: opened.move(paper, 1),
    "comment": lambda opened, paper: opened.describe_item(paper, comment="x", section=""),
}
OWNERS = {
    "show note": lambda opened, paper: opened.show_note(paper, True),
    "rename": lambda opened, paper: opened.describe("x", ""),
    "show": lambda opened, paper: opened.show_to(Visibility.PUBLIC),
    "revoke": lambda opened, paper: opened.revoke_link(),
    "invite": lambda opened, paper: opened.invite("x", Role.VIEWER),
    "uninvite": lambda opened, paper: opened.uninvite(1),
    "invited": lambda opened, paper: opened.invited(),
    "role": lambda opened, paper: opened.set_role(1, Role.EDITOR),
    "dismiss": lambda opened, paper: opened.dismiss_member(1),
    "hand over": lambda opened, paper: opened.transfer_ownership(1),
    "delete": lambda opened, paper: opened.delete(),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_editors_change_the_papers_and_viewers_do_not(survey, papers, editor, viewer, edit):
    edit(member(survey, editor, Role.EDITOR), papers[0].pk)
    with pytest.raises(NotFound):
        edit(member(survey, viewer, Role.VIEWER), papers[0].pk)


@pytest.mark.parametrize("edit", OWNERS.values(), ids=OWNERS)
def test_the_list_itself_is_its_owners(survey, papers, editor, edit):
    with pytest.raises(NotFound):
        edit(member(survey, editor, Role.EDITOR), papers[0].pk)


def test_readers_do_not_see_who_the_members_are(survey, other, viewer):
    seen = member(survey, viewer, Role.VIEWER)
    survey.show_to(Visibility.PUBLIC)
    assert [found.user for found in seen.members()] == [viewer]
    with pytest.raises(NotFound):
        Library(other).lists.open(survey.reading_list.slug).members()


def test_what_was_let_is_looked_up_again(survey, library, editor, papers):
    """Two tabs: what the second opened before the first changed it."""
    theirs = member(survey, editor, Role.EDITOR)
    slug = survey.reading_list.slug
    second = library.lists.open(slug)
    survey.set_role(survey.members().get().pk, Role.VIEWER)
    with pytest.raises(NotFound):
        theirs.add([papers[4].pk])
    survey.transfer_ownership(survey.members().get().pk)
    for late in (second.revoke_link, second.delete, lambda: second.describe("x", "")):
        with pytest.raises(NotFound):
            late()
    Library(editor).lists.open(slug).delete()
    with pytest.raises(NotFound):
        survey.add([papers[4].pk])
    assert not ListItem.objects.exists()


def test_what_one_tab_says_another_does_not_undo(survey, library):
    second = library.lists.open(survey.reading_list.slug)
    survey.show_to(Visibility.PUBLIC)
    second.describe("New", "")
    found = library.lists.accessible().get()
    assert (found.name, found.visibility) == ("New", Visibility.PUBLIC)


# Members


def test_a_user_name_is_no_address(survey, db):
    Library(survey.reading_list.owner).lists.open(survey.reading_list.slug)
    impostor = User.objects.create_user("viewer@example.org")
    survey.invite("viewer@example.org", Role.EDITOR)
    assert not Library(impostor).lists.invitations()


def test_an_invitation_waits_while_the_list_is_private(survey, other):
    asked = survey.invite("other", Role.VIEWER)
    survey.show_to(Visibility.PRIVATE)
    with pytest.raises(NotFound):
        Library(other).lists.accept(asked.pk)
    survey.show_to(Visibility.LINK)
    Library(other).lists.accept(asked.pk)


def test_one_answer_is_enough(survey, other):
    EmailAddress.objects.create(user=other, email="Other@Example.org", verified=True)
    survey.invite("other", Role.VIEWER)
    survey.invite("ÖTHER", Role.VIEWER)
    asked = survey.invite("other@example.org", Role.EDITOR)
    lists = Library(other).lists
    lists.accept(asked.pk)
    assert Membership.objects.get().role == Role.EDITOR
    assert [left.invitee for left in Invitation.objects.all()] == ["öther"]


def test_invitations_that_wait_are_limited(survey, other, monkeypatch):
    monkeypatch.setattr(members, "MOST_INVITED", 1)
    survey.invite("other", Role.VIEWER)
    survey.invite("other", Role.EDITOR)
    with pytest.raises(ValidationError) as raised:
        survey.invite("viewer", Role.VIEWER)
    assert "1 invitations wait" in raised.value.message_dict["invitee"][0]
    lists = Library(other).lists
    lists.accept(lists.invitations().get().pk)
    survey.invite("viewer", Role.VIEWER)


def test_an_invitation_is_found_by_name_and_by_confirmed_address(survey, other, viewer):
    survey.invite("OTHER", Role.EDITOR)
    survey.invite("Viewer@Example.org", Role.VIEWER)
    assert survey.reading_list.visibility == Visibility.MEMBERS
    assert Library(other).lists.invitations().get().role == Role.EDITOR
    EmailAddress.objects.update(verified=False)
    assert not Library(viewer).lists.invitations()
    EmailAddress.objects.update(verified=True)
    assert Library(viewer).lists.invitations().get().role == Role.VIEWER


def test_inviting_again_changes_the_role(survey, other):
    survey.invite("other", Role.VIEWER)
    survey.invite(" Other ", Role.EDITOR)
    assert list(Invitation.objects.values_list("invitee", "role")) == [("other", "editor")]
    with pytest.raises(ValidationError):
        survey.invite("", Role.VIEWER)


def test_an_invitation_is_declined_or_taken_back(survey, other, viewer):
    survey.invite("other", Role.VIEWER)
    asked = Library(other).lists.invitations().get().pk
    with pytest.raises(NotFound):
        Library(viewer).lists.accept(asked)
    Library(other).lists.decline(asked)
    with pytest.raises(NotFound):
        Library(other).lists.accept(asked)
    survey.uninvite(survey.invite("viewer", Role.VIEWER).pk)
    assert not Library(viewer).lists.invitations()


def test_owners_who_invite_themselves_stay_owners(survey, library):
    survey.invite("owner", Role.VIEWER)
    library.lists.accept(library.lists.invitations().get().pk)
    assert not Membership.objects.exists()
    assert library.lists.open(survey.reading_list.slug).access == Access.OWNER


def test_members_leave_and_are_removed(survey, editor, viewer):
    seen = member(survey, viewer, Role.VIEWER)
    seen.leave()
    with pytest.raises(NotFound):
        seen.leave()
    member(survey, editor, Role.EDITOR)
    found = survey.members().get()
    survey.set_role(found.pk, Role.VIEWER)
    assert Library(editor).lists.open(survey.reading_list.slug).access == Access.VIEWER
    survey.dismiss_member(found.pk)
    with pytest.raises(NotFound):
        Library(editor).lists.open(survey.reading_list.slug)
    with pytest.raises(NotFound):
        survey.leave()


def test_a_list_is_handed_over(survey, library, editor, papers):
    library.notes.save(papers[0], "Private", 0)
    survey.show_note(papers[0].pk, True)
    theirs = member(survey, editor, Role.EDITOR)
    survey.transfer_ownership(survey.members().get().pk)
    slug = survey.reading_list.slug
    assert Library(editor).lists.open(slug).access == Access.OWNER
    assert library.lists.open(slug).access == Access.EDITOR
    assert theirs.notes(theirs.items()) == {}


def test_a_list_is_not_handed_over_to_who_has_one_of_its_name(survey, library, editor):
    member(survey, editor, Role.EDITOR)
    Library(editor).lists.create("SURVEY")
    with pytest.raises(ValidationError):
        survey.transfer_ownership(survey.members().get().pk)
    assert library.lists.open(survey.reading_list.slug).access == Access.OWNER
    assert Membership.objects.get().user == editor


# Notes


def test_notes_are_shown_item_by_item_and_the_owners_alone(survey, library, editor, papers):
    library.notes.save(papers[0], "Owner's first", 0)
    library.notes.save(papers[1], "Owner's second", 0)
    theirs = member(survey, editor, Role.EDITOR)
    Library(editor).notes.save(papers[0], "Editor's", 0)
    assert theirs.notes(theirs.items()) == {}
    survey.show_note(papers[0].pk, True)
    (html,) = theirs.notes(theirs.items()).values()
    assert html == "<p>Owner's first</p>"
    survey.show_note(papers[0].pk, False)
    assert theirs.notes(theirs.items()) == {}


def test_which_lists_a_paper_may_go_into(survey, library, editor, viewer, papers):
    member(survey, editor, Role.EDITOR)
    member(survey, viewer, Role.VIEWER)
    for user, lists in ((library.user, ["Survey"]), (editor, ["Survey"]), (viewer, [])):
        assert [found.name for found in Library(user).lists.editable()] == lists
    assert [found.name for found in Library(viewer).lists.having(papers[0])] == ["Survey"]
    assert list(library.lists.having(papers[4])) == []


def test_public_lists_of_others_that_have_a_paper(survey, library, editor, other, papers):
    theirs = Library(other).lists
    for name, visibility in (("Private", "private"), ("Link", "link"), ("Public", "public")):
        opened = theirs.open(theirs.create(name).slug)
        opened.add([papers[0].pk])
        opened.show_to(visibility)
    seen = library.lists.public_having(papers[0])
    assert [(found.name, found.owner.username) for found in seen] == [("Public", "other")]
    assert list(library.lists.public_having(papers[4])) == []
    assert list(theirs.public_having(papers[0])) == []  # their own stand elsewhere
    # Whoever is a member has it among their own.
    opened.invite("editor", Role.EDITOR)
    mine = Library(editor).lists
    mine.accept(mine.invitations().get().pk)
    assert list(mine.public_having(papers[0])) == []
    assert [found.name for found in mine.having(papers[0])] == ["Public"]


# Several at once


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "act",
    [
        lambda lists, slug, papers: lists.create("Same"),
        lambda lists, slug, papers: lists.open(slug).add(papers),
        lambda lists, slug, papers: lists.open(slug).remove(papers[:1]),
        lambda lists, slug, papers: lists.open(slug).move(papers[0], 3),
        lambda lists, slug, papers: lists.open(slug).invite("same", Role.VIEWER),
        lambda lists, slug, papers: lists.accept(lists.invitations().get().pk),
        lambda lists, slug, papers: lists.open(slug).transfer_ownership(
            Membership.objects.get().pk
        ),
        lambda lists, slug, papers: lists.open(slug).delete(),
    ],
    ids=["create", "add", "remove", "move", "invite", "accept", "hand over", "delete"],
)
def test_two_at_once_are_one_after_the_other(survey, other, papers, act, request):
    survey.invite("owner", Role.VIEWER)
    member(survey, other, Role.VIEWER)
    keys, slug = [paper.pk for paper in papers], survey.reading_list.slug
    start = Barrier(4)

    def run():
        try:
            lists = Library(User.objects.get(username="owner")).lists
            start.wait()
            act(lists, slug, keys)
        except (NotFound, ValidationError, Invitation.DoesNotExist, Membership.DoesNotExist):
            return 0
        finally:
            connection.close()
        return 1

    with ThreadPoolExecutor(4) as pool:
        done = sum(pool.map(lambda _: run(), range(4)))
    assert done >= 1
    if request.node.callspec.id in ("create", "hand over", "delete"):
        assert done == 1
    assert len(places(survey)) in (0, 2, 3, 5)


def test_a_note_is_shown_and_not_the_next_one(survey, library, papers):
    library.notes.save(papers[0], "Shown", 0)
    survey.show_note(papers[0].pk, True)
    library.notes.save(papers[0], "", 1)
    library.notes.save(papers[0], "Private", 0)
    assert survey.notes(survey.items()) == {}


def test_who_goes_takes_their_invitations_along(survey, other):
    survey.invite("other", Role.EDITOR)
    survey.show_to(Visibility.PRIVATE)
    Library(other).lists.decline_all()
    assert not Invitation.objects.exists()
