import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from digest.metrics_folder import own_folder

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digest.settings")
if settings.METRICS_TOKEN:
    # Before anything counts.
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(own_folder(settings.METRICS))

application = get_wsgi_application()

# After the settings were read.
from digest.pages.busy import wait_briefly  # noqa: E402

wait_briefly()
