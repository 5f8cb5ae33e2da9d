"""The site's static files."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFiles(CompressedManifestStaticFilesStorage):
    """Files under names that follow from their contents; the site's scripts import each other by
    these, too, so that none meets an older one that a browser kept."""

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
