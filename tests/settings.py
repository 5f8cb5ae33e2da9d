"""The site's settings as the tests need them.

Only DATABASE_URL is taken from outside, and TEST_API_RATE: what the API answers to anybody. No file
of settings is read, here and in the processes that tests start.
"""

import os
import tempfile
from pathlib import Path

for name in (
    *("CACHE_URL", "DEBUG", "ALLOWED_HOSTS", "SITE_URL", "TRUSTED_PROXIES", "EMAIL_URL"),
    *("SIGNUP", "EMAIL_VERIFICATION", "ORCID_CLIENT", "GITHUB_CLIENT", "OIDC"),
    *("API_RATE", "API_RATE_ANONYMOUS", "ADMIN_PATH", "SECRET_KEY_FALLBACKS"),
    *("FETCH", "HUGGINGFACE_URL", "ARXIV_URL", "PORT"),
    *("ADMINS", "LOG_FORMAT", "MAX_DIGEST_AGE", "METRICS_TOKEN"),
):
    os.environ.pop(name, None)
os.environ["ENV_FILE"] = os.devnull
os.environ["SECRET_KEY"] = "known to everybody, so of use to the tests alone"
if "TEST_API_RATE" in os.environ:
    os.environ["API_RATE"] = os.environ["API_RATE_ANONYMOUS"] = os.environ["TEST_API_RATE"]

from digest.settings import *  # noqa: E402, F403
from digest.settings import CACHES, LOGGING, STORAGES  # noqa: E402

EXPORTS = Path(tempfile.gettempdir()) / f"paper-digest-test-{os.getpid()}-exports"

CACHES["previews"]["LOCATION"] = f"{EXPORTS}-previews"
CACHES["errors"]["LOCATION"] = f"{EXPORTS}-errors"

# A line for each request would be among those that tests look for.
LOGGING["loggers"]["request"] = {"level": "WARNING"}

LOCKS = Path(tempfile.gettempdir())

# Static files come from their sources, so that none need collecting first.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # made to be fast
