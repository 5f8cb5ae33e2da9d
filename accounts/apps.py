from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from allauth.mfa.totp.internal.auth import TOTP

        from digest.curation import papers_merged, papers_split

        from . import (
            admin,  # noqa: F401  registers what it shows
            second_factor,
            security,  # noqa: F401  receives signals
        )
        from .library.follow import follow, unfollow

        TOTP._mark_code_used = second_factor.use
        papers_merged.connect(follow)
        papers_split.connect(unfollow)
