"""Private feeds of a library, where two requests come at once."""

import threading

import pytest
from django.db import connections

from accounts.library import Library, NotFound
from accounts.library.feeds import by_secret
from accounts.models import PrivateFeed
from tests.accounts.conftest import person


@pytest.mark.django_db(transaction=True)
def test_of_addresses_made_at_once_one_is_left():
    owner, secrets, ready = person("owner"), [], threading.Barrier(4)

    def run():
        ready.wait()
        try:
            for _ in range(5):
                secrets.append(Library(owner).feeds.make(None))
        finally:
            connections.close_all()

    crowd = [threading.Thread(target=run) for _ in range(4)]
    for each in crowd:
        each.start()
    for each in crowd:
        each.join()
    assert len(secrets) == 20
    assert PrivateFeed.objects.count() == 1


def test_no_address_is_made_for_a_search_that_is_gone(library):
    search, _ = library.searches.save("papers", "q=point", "Points")
    secret = library.feeds.make(search)
    library.searches.remove(search.pk)
    with pytest.raises(NotFound):
        library.feeds.make(search)
    with pytest.raises(NotFound):
        by_secret(secret)
