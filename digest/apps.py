from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.db.models.signals import post_migrate


class SiteAdminConfig(AdminConfig):
    default_site = "digest.admin.site.Site"


class DigestConfig(AppConfig):
    name = "digest"

    def ready(self) -> None:
        from . import checks  # noqa: F401  registers the system checks
        from .search import index

        post_migrate.connect(index.after_migrate, sender=self)
