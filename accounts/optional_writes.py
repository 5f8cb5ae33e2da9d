"""What a page that is only read writes on the way, which is not worth waiting for."""

from collections.abc import Callable

from django.db import OperationalError, connection, transaction


def write_if_free(write: Callable[[], object]) -> bool:
    """Write, unless that means to wait for somebody else who writes; whether it was written.

    Within a transaction, which has waited already, it is just written.
    """
    if connection.in_atomic_block:
        write()
        return True
    with connection.cursor() as cursor:
        lite = connection.vendor == "sqlite"
        if lite:
            (patience,) = cursor.execute("PRAGMA busy_timeout").fetchone()
            cursor.execute("PRAGMA busy_timeout = 0")
        try:
            with transaction.atomic():
                if not lite:
                    cursor.execute("SET LOCAL lock_timeout = '10ms'")
                write()
        except OperationalError:
            return False
        finally:
            if lite:
                cursor.execute(f"PRAGMA busy_timeout = {patience}")
    return True
