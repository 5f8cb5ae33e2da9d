"""What the templates of accounts need beyond Django's own tags."""

from typing import Any

from django import forms, template
from django.conf import settings
from django.template.context import RequestContext
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString, mark_safe

from accounts.names import for_mail
from digest.rights import has_rights

register = template.Library()
register.filter(has_rights)
register.filter(for_mail)

LABELS = {
    "code": "Code",
    "email": "E-mail address",
    "keep_tokens": "Keep my API tokens",
    "login": "User name or e-mail address",
    "oldpassword": "Current password",
    "username": "User name",
}


@register.inclusion_tag("accounts/_fields.html")
def fields(form: forms.BaseForm) -> dict[str, Any]:
    """The fields of a form, each with its label, help and errors, in the words of this site."""
    for field in form:
        field.label = LABELS.get(field.name, str(field.label).capitalize())
        attributes = field.field.widget.attrs
        # Words inside a field are gone when they are needed, and say what the label does.
        attributes.pop("placeholder", None)
        if field.name == "login":
            attributes["autocomplete"] = "username"
        if field.name in ("login", "username"):
            attributes |= {"autocapitalize": "none", "spellcheck": "false"}
    return {"form": form}


@register.filter
def is_checkbox(field: forms.BoundField) -> bool:
    return isinstance(field.field.widget, forms.CheckboxInput)


@register.simple_tag(takes_context=True)
def after_login(context: RequestContext) -> str:
    """What a link to the log-in ends in, so that it leads back here; nothing on its own pages."""
    request = context["request"]
    if request.path.startswith(reverse("account")):
        return ""
    return f"?{urlencode({'next': request.get_full_path()})}"


@register.simple_tag
def signup_is_open() -> bool:
    """Whether anybody may sign up."""
    return bool(settings.SIGNUP == "open")


@register.filter
def provider_name(provider: Any) -> str:
    """What people call the site that a provider of allauth's stands for."""
    return "ORCID" if provider.id == "orcid" else str(provider.name)


@register.filter
def inline(picture: str) -> SafeString:
    """A picture that `accounts.adapters` drew, as an element of the page."""
    return mark_safe(picture)  # noqa: S308
