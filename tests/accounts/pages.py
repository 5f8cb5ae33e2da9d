"""What tests read in pages and mails."""

import re
from html import unescape


def text(response):
    """The text of a page's main part, as it is read."""
    main = response.content.decode().partition("<main")[2].partition("</main>")[0]
    words = re.sub(r"<script.*?</script>", " ", "<main" + main, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", words)).split())


def heading(response):
    (found,) = re.findall(r"<h1[^>]*>(.*?)</h1>", response.content.decode(), re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", found)).split())


def errors(response):
    """The errors of a page's form: of each field, and under None those of the whole."""
    return {name: list(each) for name, each in response.context["form"].errors.items()}


def link(mail):
    """The path that a mail's one link into the site's accounts leads to."""
    (found,) = re.findall(r"^http://localhost:8000(/account/\S+)$", mail.body, re.MULTILINE)
    return found
