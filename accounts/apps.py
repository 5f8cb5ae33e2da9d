from functools import partial

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from allauth.mfa.totp.internal.auth import TOTP
        from allauth.usersessions.models import UserSession

        from digest.curation.decisions import papers_merging, papers_splitting
        from digest.status import CHECKS

        from . import (
            admin,  # noqa: F401  registers what it shows
            second_factor,
            security,  # noqa: F401  receives signals
        )
        from .alerts.status import WEBHOOKS
        from .library.merges import merge_rows, split_rows
        from .optional_writes import write_if_free

        TOTP._mark_code_used = second_factor.use
        # The page of a person's sessions takes those out that have ended: when it may.
        delete = UserSession.delete
        UserSession.delete = lambda ended: write_if_free(partial(delete, ended))
        CHECKS.append(WEBHOOKS)
        papers_merging.connect(merge_rows)
        papers_splitting.connect(split_rows)
