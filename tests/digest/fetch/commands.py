"""Commands that fetch, as somebody types them."""

import io

from django.core.management import CommandError, call_command


def run(name, *arguments, **options):
    """What a command prints, to standard output and standard error, and its exit status."""
    out, err = io.StringIO(), io.StringIO()
    status = 0
    try:
        call_command(name, *map(str, arguments), stdout=out, stderr=err, **options)
    except CommandError as error:
        err.write(f"{error}\n")
        status = error.returncode
    return out.getvalue(), err.getvalue(), status
