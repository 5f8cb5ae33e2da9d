"""Papers for you: what an import adds, and a person who changes their mind while it is learned."""

from datetime import UTC, datetime

import pytest

from accounts.library import Library
from accounts.library import for_you as module
from accounts.library.for_you import Reason, SavedPreference
from accounts.models import InterestModel, User
from accounts.recommender.vectors import Vectors
from digest.catalogue.load import load
from digest.models import Paper
from tests.samples import digest, row

AT = datetime(2025, 2, 6, tzinfo=UTC)


def test_what_an_import_has_no_room_for_is_said(library, monkeypatch):
    monkeypatch.setattr(module, "MOST_PREFERENCES", 3)
    own = library.for_you
    own.prefer([Reason("word", "robots")], more=False)
    given = [SavedPreference("word", name, True, AT) for name in ("robots", "speech", "speech")]
    assert own.restore([], given) == []
    # What there is takes no room a second time.
    given += [SavedPreference("word", name, True, AT) for name in ("a", "b", "c")]
    assert own.restore([], given) == [
        "2 of “more” and “less” are not added: there are 3, which is the most."
    ]
    assert {str(one) for one in own.preferences} == {
        "less of the word robots",
        "more of the word speech",
        "more of the word a",
    }


@pytest.mark.parametrize("is_gone", [False, True])
def test_nothing_is_stored_of_who_switched_it_off_meanwhile(owner, is_gone):
    load(digest(*(row(number) for number in range(1, 20))), "2025-02-06.json")
    library = Library(owner)
    library.bookmarks.add(Paper.objects.values_list("pk", flat=True)[:5])
    assert library.for_you.train(Vectors()).kept == 5

    class Meanwhile(Vectors):
        def trim(self):
            if is_gone:
                User.objects.all().delete()
            else:
                Library(User.objects.get()).for_you.switch_off()

    assert library.for_you.train(Meanwhile()) is None
    assert not InterestModel.objects.exists()
