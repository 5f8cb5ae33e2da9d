"""Accounts and roles.

Nothing here opens somebody's account to another: no password is set, no address or user name is
changed (they lead to the mail that sets a password, and to what others shared with a name), and no
link of an invitation is shown, since it vouches for an address.
"""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import validate_email
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.fields.related import ManyToManyField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.invitations import has_account, invitation, send
from accounts.models import Bookmark, Note, ReadingList, User
from accounts.names import display_name
from accounts.profile.erasure import erase
from digest.admin.base import Admin, ChoiceFilter
from digest.log import security

INVITED_AT_ONCE = 50


def givable(user: User) -> QuerySet[Permission]:
    """The rights that a person has, and thus may give."""
    rights = Permission.objects.select_related("content_type")
    if user.is_superuser:
        return rights
    return rights.filter(Q(group__user=user) | Q(user=user)).distinct()


def givable_roles(user: User) -> QuerySet[Group]:
    """The groups that give nothing which the person does not have."""
    if user.is_superuser:
        return Group.objects.all()
    more = Permission.objects.filter(group=OuterRef("pk")).exclude(pk__in=givable(user))
    return Group.objects.exclude(Exists(more))


def is_operator(person: User) -> bool:
    """Whether they may say what others may do, or could if they were active."""
    rights = Permission.objects.filter(content_type__app_label="auth", codename="change_group")
    granting = rights.filter(Q(group__user=person) | Q(user=person))
    return person.is_superuser or granting.exists()


class GivingForm(forms.ModelForm):  # type: ignore[type-arg]
    """Gives groups or permissions; those that are not for this person to give stay as they are."""

    field_name: str

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.not_givable: list[Any] = []
        field = self.fields.get(self.field_name)
        if isinstance(field, forms.ModelMultipleChoiceField) and self.instance.pk:
            had = set(getattr(self.instance, self.field_name).all())
            givable_now = set(field.queryset or ())
            self.not_givable = list(had - givable_now)
            self.initial[self.field_name] = list(had & givable_now)

    def _save_m2m(self) -> None:
        super()._save_m2m()  # type: ignore[misc]
        if self.not_givable:
            getattr(self.instance, self.field_name).add(*self.not_givable)


class PersonForm(GivingForm):
    field_name = "groups"

    def clean_display_name(self) -> str:
        return display_name(self.cleaned_data["display_name"])


class RoleForm(GivingForm):
    field_name = "permissions"


class InvitationForm(forms.Form):
    addresses = forms.CharField(
        label="E-mail addresses",
        widget=forms.Textarea(attrs={"rows": 8, "cols": 60, "autocomplete": "off"}),
        help_text=f"one a line, {INVITED_AT_ONCE} at most",
    )

    def clean_addresses(self) -> list[str]:
        lines = [line.strip() for line in self.cleaned_data["addresses"].splitlines()]
        addresses = list(dict.fromkeys(line for line in lines if line))
        for address in addresses:
            try:
                validate_email(address)
            except ValidationError:
                raise ValidationError(
                    f"“{address}” is not an e-mail address. Nobody was invited."
                ) from None
        if len(addresses) > INVITED_AT_ONCE:
            raise ValidationError(
                f"These are {len(addresses)} addresses: invite {INVITED_AT_ONCE} at a time."
            )
        return addresses


class SecondFactor(ChoiceFilter):
    title = parameter_name = "second factor"
    choices_ = {
        "yes": ("Yes", lambda people: people.filter(second_factor=True)),
        "no": ("No", lambda people: people.filter(second_factor=False)),
    }


class GivingAdmin(Admin):
    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """As Django's, whose log says that something was given or taken, but not what."""
        assigned = getattr(form.instance, form.field_name)
        before = {str(each) for each in assigned.all()}
        super().save_related(request, form, formsets, change)
        after = {str(each) for each in assigned.all()}
        for done, which in (("Given", after - before), ("Taken away", before - after)):
            if which:
                self.log(request, form.instance, f"{done}: {', '.join(sorted(which))}.")


@admin.register(User)
class UserAdmin(GivingAdmin):
    form = PersonForm
    list_display = (
        *("username", "email", "confirmed", "roles", "has_second_factor", "last_login"),
        "is_active",
    )
    list_filter = ("is_active", "groups", SecondFactor, "is_superuser")
    search_fields = ("username", "display_name", "email")
    ordering = ("username",)
    fields = (
        *("username", "display_name", "email", "confirmed", "is_active", "groups"),
        *("is_superuser", "has_second_factor", "last_login", "date_joined"),
    )
    readonly_fields = (
        *("username", "email", "confirmed", "is_superuser", "has_second_factor"),
        *("last_login", "date_joined"),
    )
    actions = ("deactivate", "activate")

    @admin.display(boolean=True)
    def confirmed(self, person: Any) -> bool:
        """Whether the address was confirmed by mail."""
        return bool(person.confirmed)

    @admin.display(boolean=True, description="second factor")
    def has_second_factor(self, person: Any) -> bool:
        return bool(person.second_factor)

    @admin.display
    def roles(self, person: User) -> str:
        return ", ".join(group.name for group in person.groups.all())

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        addresses = EmailAddress.objects.filter(
            user=OuterRef("pk"), verified=True, email__iexact=OuterRef("email")
        )
        factors = Authenticator.objects.filter(
            user=OuterRef("pk"), type__in=[Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
        )
        people: QuerySet[Any] = super().get_queryset(request).prefetch_related("groups")
        people = people.annotate(confirmed=Exists(addresses), second_factor=Exists(factors))
        return people

    # Who may do what

    def _is_above(self, request: HttpRequest, person: User) -> bool:
        """Whether the person who asks may change this one."""
        asks: Any = request.user
        if person == asks:
            return False  # one's own account is changed on its own page, and one's rights by others
        if person.is_superuser:
            return bool(asks.is_superuser)
        return is_operator(asks) or not is_operator(person)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whether they may invite: nobody is added here."""
        return settings.SIGNUP != "closed" and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may = super().has_change_permission(request, obj)
        return may and (obj is None or self._is_above(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may = super().has_delete_permission(request, obj)
        return may and (obj is None or self._is_above(request, obj))

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """No address asks letter by letter for a hash."""
        return not lookup.startswith("password") and super().lookup_allowed(lookup, value, request)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)  # people are deleted one by one, after a good look
        return actions

    def formfield_for_manytomany(
        self, db_field: ManyToManyField[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        giver: Any = request.user
        kwargs |= {
            "queryset": givable_roles(giver),
            "widget": forms.CheckboxSelectMultiple,
            "help_text": "You can give only roles whose rights you have yourself.",
        }
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    # What is done

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        context["show_save_and_add_another"] = False  # who is invited next has no page yet
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        # Not the whole row: a password that is being changed elsewhere stays changed.
        obj.save(update_fields=[name for name in form.changed_data if name != "groups"])
        for name in ("is_superuser", "is_active"):
            if name in form.changed_data:
                security(name, of=f"user {obj.pk}", now=getattr(obj, name))

    def _set_active(
        self, request: HttpRequest, people: QuerySet[Any], active: bool, done: str
    ) -> None:
        count = 0
        for person in people.filter(is_active=not active):
            if not self._is_above(request, person):
                messages.warning(request, f"{person.username} is not changed: not allowed.")
                continue
            person.is_active = active
            person.save(update_fields=["is_active"])
            security("is_active", of=f"user {person.pk}", now=active)
            self.log(request, person, f"{done}.")
            count += 1
        messages.info(request, f"{done}: {count} {'person' if count == 1 else 'people'}.")

    @admin.action(description="Deactivate: they can no longer log in", permissions=["change"])
    def deactivate(self, request: HttpRequest, people: QuerySet[Any]) -> None:
        self._set_active(request, people, False, "Deactivated")

    @admin.action(description="Activate", permissions=["change"])
    def activate(self, request: HttpRequest, people: QuerySet[Any]) -> None:
        self._set_active(request, people, True, "Activated")

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Invites by mail: whoever comes chooses their name and password themselves."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = InvitationForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            for address in form.cleaned_data["addresses"]:
                self._invite(request, address)
            return redirect("admin:accounts_user_changelist")
        return self.page(request, "user/invite.html", "Invite people", form=form)

    def _invite(self, request: HttpRequest, address: str) -> None:
        if has_account(address):
            messages.warning(request, f"{address} has an account.")
            return
        self.log(request, User, f"Invited {address}.")
        try:
            send(address, invitation(address))
        except OSError as error:
            messages.error(request, f"{address} could not be mailed: {error}")
        else:
            messages.success(request, f"{address} is invited.")

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[Any, Any], set[Any], list[Any]]:
        """What goes with a person, in numbers: what it says is nobody's business."""
        counts: dict[Any, Any] = {
            model._meta.verbose_name_plural: model._default_manager.filter(
                **{f"{owner}__in": objs}
            ).count()
            for model, owner in [(Bookmark, "user"), (Note, "user"), (ReadingList, "owner")]
        }
        return [str(person) for person in objs], counts, set(), []

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        security("account_deleted", of=f"user {obj.pk}")
        erase(obj)


@admin.register(Group)
class RoleAdmin(GivingAdmin):
    form = RoleForm
    list_display = ("name", "people")
    search_fields = ("name",)
    ordering = ("name",)

    @admin.display
    def people(self, group: Any) -> str:
        return ", ".join(person.username for person in group.user_set.all())

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("user_set")

    def formfield_for_manytomany(
        self, db_field: ManyToManyField[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        giver: Any = request.user
        kwargs |= {"queryset": givable(giver), "widget": forms.CheckboxSelectMultiple}
        return super().formfield_for_manytomany(db_field, request, **kwargs)
