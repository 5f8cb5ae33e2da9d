from django.apps import AppConfig


class DigestConfig(AppConfig):
    name = "digest"

    def ready(self) -> None:
        from . import checks  # noqa: F401  registers the system checks
