"""What a page's head says of it to other sites that show a link to it."""

import re
from typing import Any, cast

from django import template
from django.conf import settings
from django.template.base import NodeList, Parser, Token
from django.template.context import Context, RequestContext
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe

from digest.exports import picture
from digest.exports.atom import SITE
from digest.exports.picture import HEIGHT, WIDTH

from .catalogue import canonical

register = template.Library()
register.filter("plain", picture.plain)

_TITLE = re.compile(r"<title>(.*?)</title>", re.S)
_DESCRIPTION = re.compile(r'<meta name="description"\s+content="([^"]*)"')
_SAYS = re.compile(r'<meta property="(og:[a-z_]+)"')


class OpenGraph(template.Node):
    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist

    def render(self, context: Context) -> SafeString:
        head = self.nodelist.render(context)
        title, description = _TITLE.search(head), _DESCRIPTION.search(head)
        # A page without an address of its own, such as a private list, is not to be shown.
        if title is None or '<link rel="canonical"' not in head:
            return head
        # What stands in the page is escaped already.
        words = " ".join(title[1].split()).removesuffix(f" · {SITE}")
        pairs = {
            "og:type": "website",
            "og:site_name": SITE,
            "og:title": mark_safe(words),  # noqa: S308
            "og:description": mark_safe(description[1]) if description else "",  # noqa: S308
            "og:url": canonical(cast(RequestContext, context)),
            "og:image": settings.SITE_URL + reverse("site-preview"),
        }
        own = {*_SAYS.findall(head)}
        return head + format_html_join(
            "\n",
            '<meta property="{}" content="{}">',
            ((name, text) for name, text in pairs.items() if text and name not in own),
        )


@register.tag
def open_graph(parser: Parser, token: Token) -> OpenGraph:
    """`{% open_graph %} … {% endopen_graph %}`: a head with title and description, and what it does
    not say itself to sites that show a link to the page: the same, its address, and the site's
    picture."""
    content = parser.parse(("endopen_graph",))
    parser.delete_first_token()
    return OpenGraph(content)


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
