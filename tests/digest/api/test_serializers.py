"""The serializers of the API answer as DRF's own do, and refuse what they do not know."""

from dataclasses import dataclass

import pytest
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from digest.api.serializers import PaperSerializer, Serializer
from digest.catalogue.load import load
from digest.models import Paper
from tests.samples import NASTY, digest, row


@pytest.mark.django_db
def test_a_paper_is_answered_as_by_drf(django_assert_num_queries):
    load(digest(*NASTY, *(row(n) for n in range(10, 20))), "2025-02-06.json")
    with django_assert_num_queries(4):
        papers = list(Paper.objects.for_cards())
        found = PaperSerializer(papers, many=True).data
    assert len(found) > 10
    theirs = serializers.Serializer.to_representation
    for paper, answer in zip(papers, found, strict=True):
        expected = theirs(PaperSerializer(), paper)
        assert list(answer.items()) == list(expected.items())


class ChildSerializer(Serializer):
    name = serializers.CharField()


class ParentSerializer(Serializer):
    id = serializers.IntegerField(source="pk")
    child = ChildSerializer(allow_null=True)
    children = ChildSerializer(many=True)
    child_name = serializers.CharField(source="child.name", allow_null=True)
    since = serializers.DateField(required=False)


@dataclass
class Child:
    name: str


def test_objects_and_dictionaries_are_answered_alike():
    child = Child("a")
    of_dictionary = ParentSerializer(
        {"pk": 1, "child": child, "children": [child, {"name": "b"}]}
    ).data
    assert of_dictionary == {
        "id": 1,
        "child": {"name": "a"},
        "children": [{"name": "a"}, {"name": "b"}],
        "child_name": "a",
    }
    empty = ParentSerializer({"pk": 2, "child": None, "children": [], "since": None}).data
    assert empty == {"id": 2, "child": None, "children": [], "child_name": None, "since": None}


def test_what_the_object_lacks_is_no_answer():
    with pytest.raises(AttributeError):
        ParentSerializer({"pk": 1, "child": None}).data  # noqa: B018


def test_fields_that_nobody_knows_are_refused_in_objects_too():
    given = {
        "pk": 1,
        "id": 1,
        "child": {"name": "a", "nmae": "b"},
        "children": [],
        "child_name": "a",
    }
    with pytest.raises(ValidationError) as error:
        ParentSerializer(data=given).is_valid(raise_exception=True)
    assert {*error.value.detail} == {"pk", "child"}
    assert {*error.value.detail["child"]} == {"nmae"}
