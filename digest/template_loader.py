"""Templates without the lines that only their tags take up."""

import re
from pathlib import Path

from django.template import Origin
from django.template.loaders import filesystem
from django.template.utils import get_app_template_dirs

# Tags that write nothing themselves, alone or with others of the kind.
_SILENT = r"""
    \{\# .*? \#\}
  | \{% \s* (?: if|elif|else|endif|for|empty|endfor|with|endwith|block|endblock|load|extends
      |comment|endcomment|once|endonce|ifchanged|endifchanged|autoescape|endautoescape ) \b
      (?: (?!%\}) . )* %\}
  | \{% (?: (?!%\}) . )* \s as \s \w+ \s* %\}
"""
_LINE = rf"[ \t]* (?: (?: {_SILENT} ) [ \t]* )+"
_FIRST = re.compile(rf"\A (?: {_LINE} \n )+", re.VERBOSE)
_OTHER = re.compile(rf"\n {_LINE} $", re.VERBOSE | re.MULTILINE)

# A line that is all there or not at all
_CONDITION = re.compile(
    r"(\n[ \t]*)(\{% if [^%\n]*%\})((?:(?!\{% (?:if|el)).)*\{% endif %\})$", re.MULTILINE
)


def compact(source: str) -> str:
    """A template that gives the same page, without the empty lines and the indents that stand in
    the places of its tags, and without the line break at its end.

    A line of tags that write nothing is put beside its neighbour, and the line break before a
    condition goes within it. It costs nothing when a page is made, and texts within <pre> stay as
    they are.
    """
    source = _FIRST.sub(_joined, source.removesuffix("\n"))
    return _CONDITION.sub(r"\2\1\3", _OTHER.sub(_joined, source))


def _joined(lines: re.Match[str]) -> str:
    return "".join(line.strip() for line in lines[0].split("\n"))


class Loader(filesystem.Loader):
    """Finds templates in the project's folders, then in those of the apps."""

    def get_dirs(self) -> list[str | Path]:
        return [*super().get_dirs(), *get_app_template_dirs("templates")]

    def get_contents(self, origin: Origin) -> str:
        source = super().get_contents(origin)
        return compact(source) if origin.name.endswith(".html") else source
