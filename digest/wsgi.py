import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digest.settings")

try:
    from django.conf import settings

    from digest.metrics_folder import own_folder

    if settings.METRICS_TOKEN:
        # Before anything counts.
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(own_folder(settings.METRICS))
    application = get_wsgi_application()
except ImproperlyConfigured as error:
    print(error, file=sys.stderr)  # what is wrong in the settings, and what is right
    # gunicorn reads them before (gunicorn.conf.py). Where it does not, it would start a worker that
    # ends with 2 again and again.
    sys.exit(3 if "gunicorn" in sys.modules else 2)

# After the settings were read.
from digest.pages.busy import wait_briefly

wait_briefly()
