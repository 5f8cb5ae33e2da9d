from django.utils.html import escape

from digest.search.text import document


def render(text: str) -> str:
    return f"<p>{escape(text)}</p>" if text else ""


def words(text: str) -> str:
    return document(text)
