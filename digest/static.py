"""The site's static files."""

from typing import Any

import brotli
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage

SMALL = 60_000
"""Bytes up to which a file is made as small as can be. To do so with the large ones of other
projects, of which few people see any, would take a minute at each installation."""


class _Compressor(Compressor):
    SKIP_COMPRESS_EXTENSIONS = (*Compressor.SKIP_COMPRESS_EXTENSIONS, "map")

    @staticmethod
    def compress_brotli(data: bytes) -> bytes:
        return bytes(brotli.compress(data, quality=11 if len(data) <= SMALL else 9))


class StaticFiles(CompressedManifestStaticFilesStorage):
    """Files under names that follow from their contents; the site's scripts import each other by
    these, too, so that none meets an older one that a browser kept."""

    def create_compressor(self, **options: Any) -> Compressor:
        return _Compressor(**options)

    # Django's own patterns for this are off by default, and take vendors' code for imports.
    patterns = (
        *CompressedManifestStaticFilesStorage.patterns,
        (
            "*.js",
            (
                (
                    r'(?m)^(?P<matched>(?P<names>import {[\w, ]+}) from "(?P<url>\./\w+\.js)";)$',
                    '%(names)s from "%(url)s";',
                ),
            ),
        ),
    )
