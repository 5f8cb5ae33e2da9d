import re
from typing import Any

import django.core.validators
from django.db import migrations, models

CURATOR = {
    "digest": {
        "view": ["digest", "entry", "link"],
        "view change": ["author", "category", "difference", "linkhealth", "paper", "proposal"],
        "view add change": ["alias", "correction", "merge"],
        "view add change delete": ["source", "upload"],
    },
    "accounts": {"view change": ["report"]},
}
USER_MANAGER = {"accounts": {"view add change": ["user"]}}
OPERATOR = {
    "accounts": {
        "view add change": ["disclosure"],
        "delete": ["user"],
        # Of use while a disclosure is open, and at no other time
        "view": ["bookmark", "dismissal", "listitem", "note", "readinglist"],
    },
    "admin": {"view": ["logentry"]},
    "auth": {"view add change delete": ["group"]},
}
ROLES = {
    "Curators": [CURATOR],
    "User managers": [USER_MANAGER],
    "Operators": [CURATOR, USER_MANAGER, OPERATOR],
}


def make_roles(apps: Any, schema_editor: Any) -> None:
    """The groups with their permissions, which Django itself makes only after all migrations."""
    database = schema_editor.connection.alias
    ContentType = apps.get_model("contenttypes", "ContentType").objects.using(database)
    Permission = apps.get_model("auth", "Permission").objects.using(database)
    Group = apps.get_model("auth", "Group").objects.using(database)
    for role, parts in ROLES.items():
        group, _ = Group.get_or_create(name=role)
        for part in parts:
            for app, rights in part.items():
                for actions, names in rights.items():
                    for name in names:
                        kind, _ = ContentType.get_or_create(app_label=app, model=name)
                        words = apps.get_model(app, name)._meta.verbose_name
                        for action in actions.split():
                            permission, _ = Permission.get_or_create(
                                content_type=kind,
                                codename=f"{action}_{name}",
                                defaults={"name": f"Can {action} {words}"},
                            )
                            group.permissions.add(permission)


def drop_roles(apps: Any, schema_editor: Any) -> None:
    groups = apps.get_model("auth", "Group").objects.using(schema_editor.connection.alias)
    groups.filter(name__in=ROLES).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_curation"),
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("digest", "0005_curation"),
    ]

    operations = [
        migrations.AlterField(
            model_name="user",
            name="username",
            field=models.CharField(
                error_messages={"unique": "A user with that username already exists."},
                max_length=150,
                unique=True,
                validators=[
                    django.core.validators.RegexValidator(
                        re.compile(
                            r"\A[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?\Z", re.IGNORECASE | re.ASCII
                        ),
                        "Use the letters a to z, digits, and . _ - between them.",
                    )
                ],
                verbose_name="user name",
            ),
        ),
        migrations.RunPython(make_roles, drop_roles),
    ]
