"""What a page's head says of it to other sites that show a link to it."""

from typing import Any

from django import template
from django.conf import settings
from django.template.context import RequestContext
from django.urls import reverse

from digest.exports.atom import SITE
from digest.exports.picture import HEIGHT, WIDTH

register = template.Library()


@register.inclusion_tag("digest/_preview.html", takes_context=True)
def preview(
    context: RequestContext, name: str, *of: Any, shows: str, title: str = "", path: str = ""
) -> dict[str, Any]:
    """The picture of a page, and its title, where nothing else says that.

    name, of: name and arguments of the picture's address. shows: what is in it, in words. path: of
    the page with the title, if it is not the one shown.
    """
    return {
        "picture": settings.SITE_URL + reverse(name, args=of),
        "width": WIDTH,
        "height": HEIGHT,
        "shows": shows,
        "site": SITE,
        "title": title,
        "url": settings.SITE_URL + (path or context["request"].path),
    }
