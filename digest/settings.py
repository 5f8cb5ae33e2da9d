"""The site's settings: one file, read from the environment, and from the file `.env` beside it.

OPERATING.md has the table of variables. Each has a default that works on one machine; a value
that is not understood stops the site before it starts, with a line that says what is right.
"""

import os
import re
import secrets
import sys
import tempfile
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from digest.environment import LOOPBACK, Environment, read_file, reason, refused
from digest.text.arxiv_categories import NAMES as ARXIV_CATEGORIES
from digest.url_settings import cache, check_mail, named_database, openid_connect

try:
    # Before 3.51.3, SQLite can corrupt a database in WAL mode when a checkpoint and a write
    # meet, and Debian 12 ships 3.40. This module brings its own, newer one; where it has not
    # been built for the machine, the standard module serves and digest.checks warns.
    import pysqlite3
except ImportError:
    pass
else:
    sys.modules["sqlite3"] = pysqlite3
    sys.modules["sqlite3.dbapi2"] = pysqlite3.dbapi2

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var"
try:
    VAR.mkdir(mode=0o700, exist_ok=True)  # holds people's data and the secret key
except OSError as error:
    raise ImproperlyConfigured(f"{VAR}: cannot be created: {reason(error)}") from error


def variables(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that settings are read from: of the environment, and where it has none of a
    name, of the file that ENV_FILE names; without ENV_FILE, of `.env`, if there is such a file, and
    the port that `make run` wrote down."""
    set_here = {name: value for name, value in environment.items() if value.strip()}
    if "ENV_FILE" in set_here:
        return {**read_file(Path(environment["ENV_FILE"].strip())), **set_here}
    beside = ROOT / ".env"
    found = read_file(beside) if beside.exists() else {}
    with suppress(OSError):  # which others may not read, and do not need
        found["PORT"] = (VAR / "port").read_text().strip() or found.get("PORT", "")
    return {**found, **set_here}


env = Environment(variables(os.environ))


def secret_key(path: Path) -> str:
    """The key kept at `path`, which the first call makes; racing processes get the same one."""
    try:
        if not path.exists():
            descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # mode 0600
            with open(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(64))
            try:
                os.link(draft, path)  # all at once, and never over another process's key
            except FileExistsError:
                pass
            finally:
                os.unlink(draft)
        return path.read_text()
    except OSError as error:
        raise ImproperlyConfigured(f"SECRET_KEY: {path} cannot be used: {reason(error)}") from error


def service(name: str, default: str) -> str:
    """The address of a service that is asked for papers, without a slash at its end."""
    url = env.url(
        name,
        default,
        schemes={"https": "https", "http": "http"},
        advice="use an https address, without a name, a password or a query",
    )
    near = url.host in LOOPBACK
    if not url.host or url.user or url.options or not (url.scheme == "https" or near):
        raise url.refused()
    return url.text.rstrip("/")


# The address that people use, and what follows from it.

site = env.url(
    "SITE_URL",
    "http://localhost:8000",
    schemes={"http": "http", "https": "https"},
    advice="use the address alone, like https://digest.example.org",
)
if not site.host or site.user or site.path or site.options:
    raise site.refused()
HTTPS = site.scheme == "https"
STANDARD_PORT = 443 if HTTPS else 80
# Where gunicorn listens. For who tries the site on one machine, it is the port of the address.
PORT = env.port("PORT", "8000")
if not env.text("SITE_URL"):
    site = replace(site, port=PORT)
elif not env.text("PORT") and not HTTPS and site.host in LOOPBACK:
    PORT = site.port or STANDARD_PORT
SITE_HOST = f"[{site.host}]" if ":" in site.host else site.host  # IPv6
# As browsers write it: the standard port is left out.
SITE_URL = f"{site.scheme}://{SITE_HOST}" + (
    f":{site.port}" if site.port not in (None, STANDARD_PORT) else ""
)

ALLOWED_HOSTS = [*env.hosts("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]"), SITE_HOST]
CSRF_TRUSTED_ORIGINS = [SITE_URL]
CSRF_COOKIE_SECURE = SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
if HTTPS:
    # Browsers then take these from nobody else: neither a page without https nor another host.
    CSRF_COOKIE_NAME, SESSION_COOKIE_NAME = "__Host-csrftoken", "__Host-sessionid"
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
# Whether the other hosts of the domain have https, and whether browsers should be born knowing
# it, is for the owner of the domain to say.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

ADMINS = [(address, address) for address in env.addresses("ADMINS")]
TRUSTED_PROXIES = env.number("TRUSTED_PROXIES", "0")
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

DEBUG = env.switch("DEBUG", "off")
KEY_FILE = None if env.text("SECRET_KEY") else VAR / "secret_key"
"""Where the secret key is, unless the environment has it."""
KEY_IS_NEW = KEY_FILE is not None and not KEY_FILE.exists()
"""Whether this process made the key, so that nothing was signed or encrypted with it before."""
SECRET_KEY = secret_key(KEY_FILE) if KEY_FILE else env.text("SECRET_KEY")
if len(SECRET_KEY) < 32:
    raise refused("SECRET_KEY", "", "use at least 32 characters, chosen at random")

SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")
if any(len(key) < 32 for key in SECRET_KEY_FALLBACKS):
    raise refused("SECRET_KEY_FALLBACKS", "", "use earlier keys, with commas between them")

# Where things are kept.

SESSION_ENGINE = "accounts.sessions"
DATABASES = {"default": named_database(env, ROOT)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {
    "default": cache(
        env.url(
            "CACHE_URL",
            "memory://",
            schemes={
                **dict.fromkeys(("memory", "locmem", "locmemcache"), "memory"),
                **dict.fromkeys(("redis", "valkey", "rediscache"), "redis"),
                **dict.fromkeys(("rediss", "valkeys"), "rediss"),
            },
            advice="use memory://, redis://user:password@host:port/0 or rediss:// with the same",
        )
    ),
    # Pages made for visitors, and API answers about the catalogue (digest/caches/revision.py),
    # in each process's own memory. They end with the process: a new release shows none of the old.
    "pages": {
        "BACKEND": "digest.caches.memory.BoundedMemoryCache",
        "LOCATION": "pages",
        "TIMEOUT": None,
        "OPTIONS": {"MAX_BYTES": 24_000_000},
    },
    # The cards of papers (digest/templatetags/catalogue.py), of five kilobytes or so each.
    "cards": {
        "BACKEND": "digest.caches.memory.BoundedMemoryCache",
        "LOCATION": "cards",
        "TIMEOUT": None,
        "OPTIONS": {"MAX_BYTES": 16_000_000},
    },
    # The pictures that other sites show of pages (digest/pages/previews.py), on the disk.
    "previews": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": VAR / "previews",
        "TIMEOUT": None,
        "OPTIONS": {"MAX_ENTRIES": 2_000},
    },
}
# Which errors were mailed within the hour (digest/error_mail.py), for all processes together.
CACHES["errors"] = (
    CACHES["default"]
    if CACHES["default"]["LOCATION"] != "default"
    else {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": VAR / "errors",
    }
)
if DEBUG:  # whoever edits a template wants to see it
    for name in ("pages", "cards"):
        CACHES[name] = {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}

EXPORTS = VAR / "exports"
"""Where whole exports are kept (digest/caches/exports.py). They are made again if they are gone."""

STATIC_URL = "static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [ROOT / "static"]
STORAGES = {"staticfiles": {"BACKEND": "digest.static.StaticFiles"}}

mail = env.url(
    "EMAIL_URL",
    "console://",
    schemes={
        **dict.fromkeys(("console", "consolemail"), "console"),
        **dict.fromkeys(("file", "filemail"), "file"),
        "smtp": "smtp",
        **dict.fromkeys(("smtp+tls", "smtp+starttls", "submission"), "smtp+tls"),
        **dict.fromkeys(("smtps", "smtp+ssl", "submissions"), "smtps"),
    },
    advice="use console://, file:///folder, or smtp://user:password@host:port?from=address,"
    " or smtp+tls:// or smtps:// with the same",
)
check_mail(mail)
EMAIL_BACKEND = "digest.mail.CountedMail"
EMAIL_TRANSPORT = {
    "console": "django.core.mail.backends.console.EmailBackend",
    "file": "django.core.mail.backends.filebased.EmailBackend",
}.get(mail.scheme, "django.core.mail.backends.smtp.EmailBackend")
EMAIL_FILE_PATH = f"/{mail.path}"
EMAIL_HOST = mail.host
EMAIL_PORT = mail.port or {"smtp+tls": 587, "smtps": 465}.get(mail.scheme, 25)
EMAIL_HOST_USER = mail.user
EMAIL_HOST_PASSWORD = mail.password
EMAIL_USE_TLS = mail.scheme == "smtp+tls"
EMAIL_USE_SSL = mail.scheme == "smtps"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = mail.options.get("from", f"paper-digest@{SITE_HOST}")

# How a request is answered.

ROOT_URLCONF = "digest.urls"
WSGI_APPLICATION = "digest.wsgi.application"

INSTALLED_APPS = [
    "digest.apps.SiteAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",  # ships the pages that the API's reference is read in
    "django_htmx",  # ships htmx, which puts a search's results in place without a page load
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    # All of these, whichever are switched on, so that the tables do not depend on it.
    "allauth.socialaccount",
    "allauth.socialaccount.providers.github",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.socialaccount.providers.orcid",
    "digest.apps.DigestConfig",
    "accounts",
]

MIDDLEWARE = [
    "digest.pages.readiness.Readiness",  # before all that asks for a host name, or for https
    "digest.pages.request_log.RequestLog",
    "digest.pages.middleware.MethodPreservingRedirect",  # around all that redirects
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "digest.pages.middleware.ContentSecurityPolicy",
    "digest.pages.middleware.BodyLimit",  # before all that reads a body, CSRF's among it
    "digest.pages.compression.Compression",  # after the tag of an answer was made
    "digest.pages.middleware.ConditionalGet",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "digest.pages.middleware.LastSlash",
    "digest.pages.middleware.WrongMethod",  # before LastSlash says how long an answer is
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.LoggedOut",
    "digest.pages.busy.Busy",
    "accounts.middleware.TimeZone",
    "accounts.middleware.Private",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",  # request.htmx: whether a part of a page will do
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.Sessions",
]

CSRF_FAILURE_VIEW = "digest.pages.resubmission.stale_token"

FILE_UPLOAD_HANDLERS = [
    "digest.pages.middleware.UploadLimit",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# As many digests as the admin takes at once (digest/admin/uploads.py), and some more, so that its
# own word is heard of too many.
DATA_UPLOAD_MAX_NUMBER_FILES = 1_000

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "OPTIONS": {
            "loaders": [
                ("django.template.loaders.cached.Loader", ["digest.template_loader.Loader"])
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.context_processors.library",
            ],
        },
    },
]

MESSAGE_STORAGE = "accounts.passing_messages.Storage"

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True

# Who may come in.

# Where the admin is, without slashes around it: nowhere else that digest/urls.py names.
ADMIN_PATH = env.segment(
    "ADMIN_PATH",
    "admin",
    taken=(
        *("abs", "account", "api", "authors", "categories", "digests", "healthz", "keys"),
        *("library", "lists", "metrics", "offline", "papers", "pdf", "readyz", "streams"),
        *("suggest", "trends", "unapi"),
        STATIC_URL.strip("/"),
    ),
)

AUTH_USER_MODEL = "accounts.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
    )
] + [{"NAME": "accounts.passwords.ContextValidator"}]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTHENTICATION_BACKENDS = ["accounts.adapters.Backend"]
PASSWORD_RESET_TIMEOUT = 3600  # seconds; the mail says so
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"

# An account opens nothing but its own shelf, so that anybody may have one where nobody says
# otherwise. OPERATING.md advises what suits a site that the whole world sees.
SIGNUP = env.choice("SIGNUP", "open", choices=("open", "invitation", "closed"))

ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_FORMS = {
    "change_password": "accounts.forms.account.ChangePasswordForm",
    "request_login_code": "accounts.forms.account.LoginCodeForm",
    "set_password": "accounts.forms.account.SetPasswordForm",
    "signup": "accounts.forms.account.SignupForm",
}
ACCOUNT_LOGIN_METHODS = {"email", "username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*"]
ACCOUNT_USERNAME_VALIDATORS = "accounts.models.USER_NAME_VALIDATORS"
ACCOUNT_EMAIL_VERIFICATION = env.choice(
    "EMAIL_VERIFICATION", "optional", choices=("mandatory", "optional", "none")
)
# Nobody is told whether an address has an account. Where an address need not be confirmed, a
# second account may thus name it as well; only one can ever confirm it.
ACCOUNT_PREVENT_ENUMERATION = True if ACCOUNT_EMAIL_VERIFICATION == "mandatory" else "strict"
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = EMAIL_SUBJECT_PREFIX = "[Paper Digest] "
ACCOUNT_DEFAULT_HTTP_PROTOCOL = site.scheme
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True  # by mail, for who is kept out by others' wrong guesses
ACCOUNT_RATE_LIMITS = {
    # Wrong passwords: of an address, and of one for one account; of a browser in which the person
    # logged in before; and of one account from anywhere, which then lets in by mail alone.
    "login_failed": "10/m/ip,5/5m/key",
    "login_failed_known": "5/5m/key",
    "login_failed_anywhere": "50/h/key",
    # Mails to addresses that anybody may name
    "signup": "10/m/ip,60/d/ip",
    "reset_password": "10/m/ip,5/d/key",
    "request_login_code": "10/m/ip,5/h/key,10/d/key",
    "confirm_email": "1/3m/key,5/d/key",
    "manage_email": "10/m/user,20/d/user",
    # Whatever a person sends with the site's forms
    "write": "300/m/user",
    # Files and texts of references, and exports, by the page and the API together: each may take
    # seconds. No longer span, so that what is said of when to come back is true.
    "import": "10/5m/user",
    # What is learned of a person at once, which takes half a second
    "learn": "10/5m/user",
    # Tests of webhooks, one after the other: whoever is called may take as long to answer
    "test_webhook": "1/20s/user",
}
ACCOUNT_MAX_EMAIL_ADDRESSES = 10  # each is sent a mail, whosever it is
# Limits count visitors by their address, which is what the proxies of our own saw it to be.
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES

MFA_ADAPTER = "accounts.adapters.MFAAdapter"
MFA_FORMS = {
    "add_webauthn": "accounts.forms.account.AddPasskeyForm",
    "authenticate_webauthn": "accounts.forms.account.AuthenticatePasskeyForm",
    "login_webauthn": "accounts.forms.account.LoginPasskeyForm",
    "reauthenticate_webauthn": "accounts.forms.account.ReauthenticatePasskeyForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # addresses may go unconfirmed, and locks are good for all
MFA_TOTP_TOLERANCE = 1  # telephones' clocks are off by some seconds
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS

SOCIALACCOUNT_ADAPTER = "accounts.adapters.SocialAccountAdapter"
SOCIALACCOUNT_FORMS = {
    "disconnect": "accounts.forms.account.DisconnectForm",
    "signup": "accounts.forms.account.SocialSignupForm",
}
SOCIALACCOUNT_AUTO_SIGNUP = False  # people choose their user name
SOCIALACCOUNT_PROVIDERS: dict[str, dict[str, Any]] = {
    provider: {"APPS": [{"client_id": client[0], "secret": client[1]}]}
    for provider, client in (
        ("github", env.client("GITHUB_CLIENT")),
        ("orcid", env.client("ORCID_CLIENT")),
    )
    if client
}
if env.text("OIDC"):
    SOCIALACCOUNT_PROVIDERS["openid_connect"] = {
        "APPS": [
            openid_connect(
                env.url(
                    "OIDC",
                    "",
                    schemes={"https": "https", "http": "http"},
                    advice="use https://id:secret@host/path/of/the/issuer?name=Lab",
                )
            )
        ]
    }

# What programs are answered (digest/api, accounts/api).

API_RATE = env.number("API_RATE", "600")
API_RATE_ANONYMOUS = env.number("API_RATE_ANONYMOUS", "120")
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.tokens.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["digest.api.access.Scoped"],
    "DEFAULT_THROTTLE_CLASSES": ["digest.api.access.Throttle"],
    "DEFAULT_SCHEMA_CLASS": "digest.api.schema.AutoSchema",
    "EXCEPTION_HANDLER": "digest.api.problems.handle",
    "NUM_PROXIES": TRUSTED_PROXIES,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Paper Digest",
    "DESCRIPTION": "The catalogue and your own library, for programs.",
    "VERSION": "1",
    "LICENSE": {"name": "MIT", "identifier": "MIT"},
    "SERVERS": [{"url": "/", "description": "the site that has this schema"}],
    "TAGS": [
        {"name": name, "description": description}
        for name, description in (
            ("index", "Where everything is."),
            ("papers", "Papers: found, changed since, looked up, and as files."),
            ("digests", "Digests of days: read, and loaded by curators."),
            ("streams", "Series of digests."),
            ("authors", "Names as the digests print them."),
            ("categories", "Tasks, and the areas that group them."),
            ("links", "Addresses that were given for papers."),
            ("sources", "The files that were loaded: for curators."),
            ("library", "What is yours: bookmarks, notes, reading lists, searches."),
        )
    ],
    "OAS_VERSION": "3.1.0",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": "referenceSettings",  # of static/reference.js
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "ENUM_NAME_OVERRIDES": {
        "ReadingStatus": "accounts.models.Status",
        "SearchKind": "accounts.models.SearchKind",
        "PreferenceKind": "accounts.models.Preference.Kind",
        "KindEnum": "digest.text.links.KINDS",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "digest.api.schema.close_bodies",
    ],
}

# What `manage.py daily` fetches, and from where (digest/fetch).

FETCH = env.choices(
    "FETCH",
    choices=("huggingface", *(f"arxiv:{category}" for category in ARXIV_CATEGORIES)),
    help="huggingface, or arxiv: with a category, such as arxiv:cs.CL",
)
HUGGINGFACE_URL = service("HUGGINGFACE_URL", "https://huggingface.co")
ARXIV_URL = service("ARXIV_URL", "https://export.arxiv.org")
VERSION: str = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
"""The version of the site, which is in the user agent that services see."""
LOCKS = VAR
"""The folder of lock files, by which processes of this machine wait for each other."""

# Whose rights assistants have by `manage.py mcp` (accounts/mcp_server.py).

MCP_TOKEN = env.text("MCP_TOKEN")

# What operators watch (digest/status.py, digest/metrics.py).

MAX_DIGEST_AGE = env.number("MAX_DIGEST_AGE", "7")
METRICS_TOKEN = env.text("METRICS_TOKEN")
if METRICS_TOKEN and not re.fullmatch("[!-~]{32,}", METRICS_TOKEN):
    raise refused("METRICS_TOKEN", "", "use at least 32 characters, without spaces")
METRICS = VAR / "metrics"
LOG_FORMAT = env.choice("LOG_FORMAT", "text", choices=("text", "json"))

# What is said on the console, where systemd and containers look for it. Django's own set-up
# says nothing there when DEBUG is off, not even why a page failed.

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {
            "()": "digest.log.Line",
            "format": "{asctime} {levelname} {name}{request_part}: {message}",
            "datefmt": "%Y-%m-%dT%H:%M:%S%z",
            "style": "{",
        },
        "json": {"()": "digest.log.JsonLine", "datefmt": "%Y-%m-%dT%H:%M:%S%z"},
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT},
        "count": {"class": "digest.metrics.CountErrors", "level": "ERROR"},
        "mail": {"class": "digest.error_mail.ErrorMail"},
    },
    "root": {"handlers": ["console", "count", "mail"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": [], "level": "INFO"},
        # No events: asking for a page that is not there, and asking for the head of one, whose
        # body Django leaves to the server to drop.
        "django.request": {"level": "ERROR"},
        "gunicorn.http.wsgi": {"level": "ERROR"},
        # What a worker says of its own errors, in the same form as all else.
        "gunicorn.error": {"handlers": [], "propagate": True},
    },
}
