"""The members of a list, and its owner in a browser."""

import pytest

from accounts.library import Library
from accounts.models import Membership, Role
from tests.accounts.lists.pages import logged_in


@pytest.fixture
def members(survey, editor, viewer):
    """An editor and a viewer of the list; the keys of their memberships."""
    keys = []
    for user, role in ((editor, Role.EDITOR), (viewer, Role.VIEWER)):
        survey.invite(user.username, role)
        lists = Library(user).lists
        lists.accept(lists.invitations().get().pk)
        keys.append(Membership.objects.get(user=user).pk)
    return keys


@pytest.fixture
def client(owner):
    return logged_in(owner)
