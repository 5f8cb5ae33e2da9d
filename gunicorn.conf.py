"""How gunicorn serves the site. It reads this file by itself in the folder where it is started."""

import os
import runpy
import sys
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from gunicorn.workers.gthread import ThreadWorker

sys.path.insert(0, str(Path(__file__).resolve().parent))
try:
    # Read once before there are workers, and not kept: after a SIGHUP they read them anew.
    settings = runpy.run_module(os.environ.get("DJANGO_SETTINGS_MODULE", "digest.settings"))
except ImproperlyConfigured as error:
    print(error, file=sys.stderr)  # what is wrong in the settings, and what is right
    sys.exit(2)


class Worker(ThreadWorker):
    """Ends without dropping a request: gunicorn drops those that it did not accept yet."""

    def set_accept_enabled(self, enabled: bool) -> None:
        super().set_accept_enabled(enabled)
        if self.alive:
            return
        for listener in self.sockets:
            accepted = -1
            while self.nr_conns > accepted:
                accepted = self.nr_conns
                self.accept(listener)
            listener.close()


wsgi_app = "digest.wsgi"
bind = f"127.0.0.1:{settings['PORT']}"
worker_class = Worker
workers = 2
threads = 4
graceful_timeout = 30  # seconds that requests have to end after a SIGTERM
control_socket_disable = True


def when_ready(server: object) -> None:
    print(f"Paper Digest is at {settings['SITE_URL']}/", flush=True)
