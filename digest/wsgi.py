import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digest.settings")

application = get_wsgi_application()

# After the settings were read.
from digest.pages.busy import wait_briefly  # noqa: E402

wait_briefly()
