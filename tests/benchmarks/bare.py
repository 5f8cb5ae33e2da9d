"""A WSGI function that answers with the bytes of files: what a server and a network cost alone.

BARE names a folder. `/1` is answered with the file `1` in it.
"""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

PAGES = {f"/{path.name}": path.read_bytes() for path in Path(os.environ["BARE"]).iterdir()}


def application(
    environ: dict[str, Any], start_response: Callable[[str, list[tuple[str, str]]], Any]
) -> Iterable[bytes]:
    page = PAGES.get(environ["PATH_INFO"], b"ready")
    headers = [("Content-Type", "text/html"), ("Content-Length", str(len(page)))]
    start_response("200 OK", headers)
    return [page]
