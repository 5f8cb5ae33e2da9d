from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0013_streams")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="steps_left",
            field=models.CharField(
                blank=True,
                default="",
                editable=False,
                help_text="those of `Step` that the first page still shows; all, once somebody"
                " signed up",
                max_length=40,
            ),
        ),
    ]
