"""What the pages of reading lists are asked, and what they show."""

import re

from django.test import Client

from accounts.models import Invitation, ListItem, Membership, ReadingList

IN_PLACE = {"HX-Request": "true"}


def logged_in(user):
    client = Client()
    client.force_login(user)
    return client


def text(response):
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return content.decode()


def messages_of(response):
    return [str(message) for message in response.context["messages"]]


def address(opened, rest=""):
    return f"/lists/{opened.reading_list.slug}/{rest}"


def shown(response):
    """The papers of a page, as it shows them."""
    return re.findall(r'<li id="item-\d+"\s+data-paper="([^"]+)"', text(response))


def visible_text(response):
    """The text of a page as it is read."""
    return " ".join(re.sub(r"<[^>]+>", "", text(response)).split())


def everything():
    """All that is known of lists, to see that nothing changed."""
    models = (ReadingList, ListItem, Membership, Invitation)
    return [sorted(model.objects.values_list()) for model in models]
