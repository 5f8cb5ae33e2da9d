from django.apps import AppConfig
from django.db.models.signals import post_migrate


class DigestConfig(AppConfig):
    name = "digest"

    def ready(self) -> None:
        from . import checks  # noqa: F401  registers the system checks
        from .search import index

        post_migrate.connect(index.after_migrate, sender=self)
