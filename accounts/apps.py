from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from digest.curation import papers_merged, papers_split

        from . import admin, security  # noqa: F401  registers what it shows; receives signals
        from .library.follow import follow, unfollow

        papers_merged.connect(follow)
        papers_split.connect(unfollow)
