from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.db import migrations

MARK = "fernet:"
FIELDS = ("secret", "seed")


def box() -> MultiFernet:
    return MultiFernet(
        [
            Fernet(urlsafe_b64encode(sha256(f"accounts.secret_box {key}".encode()).digest()))
            for key in [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
        ]
    )


def each_secret(apps: Any, schema_editor: Any, change: Any) -> None:
    authenticators = apps.get_model("mfa", "Authenticator").objects
    for row in authenticators.using(schema_editor.connection.alias).iterator():
        found = {name: change(row.data[name]) for name in FIELDS if name in row.data}
        if found:
            row.data |= found
            row.save(update_fields=["data"])


def encrypt(apps: Any, schema_editor: Any) -> None:
    def change(text: str) -> str:
        return text if text.startswith(MARK) else MARK + box().encrypt(text.encode()).decode()

    each_secret(apps, schema_editor, change)


def decrypt(apps: Any, schema_editor: Any) -> None:
    def change(text: str) -> str:
        return box().decrypt(text.removeprefix(MARK)).decode() if text.startswith(MARK) else text

    each_secret(apps, schema_editor, change)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_token_second_factor"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]

    operations = [migrations.RunPython(encrypt, decrypt)]
