from typing import Any

from django.db import migrations

MODELS = ["interestmodel", "preference", "rating"]


def let_operators_view(apps: Any, schema_editor: Any) -> None:
    """Of use while a disclosure is open, as for other rows of people."""
    database = schema_editor.connection.alias
    ContentType = apps.get_model("contenttypes", "ContentType").objects.using(database)
    Permission = apps.get_model("auth", "Permission").objects.using(database)
    Group = apps.get_model("auth", "Group").objects.using(database)
    for group in Group.filter(name="Operators"):
        for name in MODELS:
            kind, _ = ContentType.get_or_create(app_label="accounts", model=name)
            words = apps.get_model("accounts", name)._meta.verbose_name
            permission, _ = Permission.get_or_create(
                content_type=kind,
                codename=f"view_{name}",
                defaults={"name": f"Can view {words}"},
            )
            group.permissions.add(permission)


def take_it_back(apps: Any, schema_editor: Any) -> None:
    database = schema_editor.connection.alias
    Permission = apps.get_model("auth", "Permission").objects.using(database)
    kinds = {"content_type__app_label": "accounts", "content_type__model__in": MODELS}
    permissions = Permission.filter(**kinds)
    for group in apps.get_model("auth", "Group").objects.using(database).filter(name="Operators"):
        group.permissions.remove(*permissions)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0020_recommendations"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(let_operators_view, take_it_back)]
