"""What others wait for is seen: tests/holds.py."""

import threading

import pytest
from django.db import connection, transaction

from digest.models import Author
from tests import holds


@transaction.atomic
def add(name, then=lambda: None):
    Author.objects.create(name=name, slug=name)
    then()


@pytest.mark.django_db(transaction=True)
def test_each_transaction_is_seen_once_with_what_is_in_it():
    list(Author.objects.all())
    with holds.watch() as seen:
        add("Ada", lambda: add("Grace"))
        with pytest.raises(ZeroDivisionError):
            add("Emmy", lambda: 1 / 0)
        Author.objects.filter(name="Ada").update(paper_count=1)
        list(Author.objects.all())
        with transaction.atomic():
            transaction.on_commit(lambda: Author.objects.filter(name="Ada").delete())
    here = "test_each_transaction_is_seen_once_with_what_is_in_it"
    assert [hold.where.rpartition(" ")[2] for hold in seen] == [here] * 4 + [
        f"{here}.<locals>.<lambda>"
    ]
    assert all(hold.where.startswith("tests/test_holds.py:") for hold in seen)
    nested, rolled_back, alone, empty, _ = seen
    assert [nested.statements, rolled_back.statements] == [4, 1]  # a savepoint is made and left
    assert [alone.statements, empty.statements] == [1, 0]
    assert all(0 <= hold.in_sql <= hold.seconds for hold in seen)
    assert Author.objects.get().name == "Grace"


@pytest.mark.django_db(transaction=True)
def test_other_threads_are_seen():
    def work():
        add("Ada")
        connection.close()

    with holds.watch() as seen:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert [hold.statements for hold in seen] == [1]


@pytest.mark.django_db
def test_within_the_transaction_of_a_test_the_first_block_counts():
    with holds.watch() as seen:
        add("Ada", lambda: add("Grace"))
        add("Emmy")
    assert [hold.statements for hold in seen] == [5, 2]  # the first savepoint is of the test
