from django.apps import AppConfig
from django.contrib.admin.apps import SimpleAdminConfig
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate


class SiteAdminConfig(SimpleAdminConfig):
    """The admin, with what this site registers (here and in accounts.apps) and nothing else.

    allauth would show secrets and tokens there.
    """

    default_site = "digest.admin.site.Site"

    def ready(self) -> None:
        super().ready()
        from . import admin  # noqa: F401


class DigestConfig(AppConfig):
    name = "digest"

    def ready(self) -> None:
        from . import checks  # noqa: F401  registers the system checks
        from .models import Stream
        from .search import databases, index

        connection_created.connect(databases.prepare)
        post_migrate.connect(Stream.ensure_default, sender=self)
        post_migrate.connect(index.after_migrate, sender=self)
