"""Sessions in the database, as Django has them, but for those that turn out to be nobody's."""

from functools import partial

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.db import OperationalError

from .optional_writes import write_if_free


class SessionStore(db.SessionStore):
    """doubted: while this is set, to delete the session may be left undone if others write just
    then. It opens nothing as it stands, and ends by itself."""

    doubted = False

    def save(self, must_create: bool = False) -> None:
        """Raises UpdateError if the session was deleted; Django says so of a busy database, too."""
        try:
            super().save(must_create=must_create)
        except UpdateError as error:
            busy = error.__context__
            if isinstance(busy, OperationalError):
                raise busy from busy.__cause__  # which tells how it is with the database
            raise

    def delete(self, session_key: str | None = None) -> None:
        delete = partial(super().delete, session_key)
        if self.doubted:
            write_if_free(delete)
        else:
            delete()
