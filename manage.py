#!/usr/bin/env python
import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import Error


def main() -> None:
    """Run the command. What is wrong in the settings, or with the database, is said in a line, and
    the exit status is 2; with --traceback, as Python says it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digest.settings")
    if "runserver" not in sys.argv[1:2] and hasattr(os, "nice"):
        os.nice(15)  # whoever waits for a page comes first
    try:
        execute_from_command_line(sys.argv)
    except (ImproperlyConfigured, Error) as error:
        message = str(error)
        if isinstance(error, Error):
            from digest.management.loading import cannot_be_used  # now that the apps are there

            message = cannot_be_used(error)
        if not message or "--traceback" in sys.argv:
            raise
        print(message, file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
