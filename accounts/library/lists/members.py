"""Who is a member of a list, and who is asked to become one."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.library.base import NotFound, Part
from accounts.models import (
    Invitation,
    ListItem,
    Membership,
    ReadingList,
    Role,
    SentMail,
    User,
    Visibility,
)

from .permissions import Access, AccessedList, lock
from .texts import one_line, save_unique

MOST_INVITED = 50
"""Invitations of a list that wait for an answer, at most."""


def name_or_address(invitee: str) -> None:
    """Raises ValidationError if what has an @ is no address: mail could not be sent there."""
    if "@" in invitee:
        validate_email(invitee)


class Members(AccessedList):
    """The members of a list, as its owner manages them."""

    def members(self) -> QuerySet[Membership]:
        self.needs(Access.VIEWER)
        return self.reading_list.memberships.select_related("user").order_by("added_at", "pk")

    def invited(self) -> QuerySet[Invitation]:
        self.needs(Access.OWNER)
        return self.reading_list.invitations.order_by("added_at", "pk")

    @transaction.atomic
    def show_to(self, visibility: str) -> None:
        self._begin(Access.OWNER)
        self.reading_list.visibility = Visibility(visibility)
        self._save("visibility")

    @transaction.atomic
    def invite(self, invitee: str, role: str) -> Invitation:
        """Ask whoever has this user name or confirmed address to come. A private list is then its
        members'. The same again changes the role.

        Raises ValidationError if it is no name, or MOST_INVITED have not answered yet.
        """
        self._begin(Access.OWNER)
        # In small letters already, since databases do not agree on what those of others are.
        invitee = one_line(invitee).lower()
        name_or_address(invitee)
        invitations = self.reading_list.invitations
        invitation = invitations.filter(invitee=invitee).first()
        if invitation is None and invitations.count() >= MOST_INVITED:
            raise ValidationError(
                {
                    "invitee": f"{MOST_INVITED} invitations wait for an answer, the most that a"
                    " list may have. Cancel some first."
                }
            )
        invitation = invitation or Invitation(
            reading_list=self.reading_list, invitee=invitee, added_at=timezone.now()
        )
        invitation.role = Role(role)
        invitation.full_clean(exclude=["reading_list"], validate_constraints=False)
        invitation.save()
        if self.reading_list.visibility == Visibility.PRIVATE:
            self.show_to(Visibility.MEMBERS)
        return invitation

    def address(self, invitation: Invitation) -> str:
        """Where to write to the person, or "" if there is none. It is not for showing: who is asked
        by name has not told the owner their address."""
        self.needs(Access.OWNER)
        if "@" in invitation.invitee:
            return invitation.invitee
        addresses = EmailAddress.objects.filter(
            user__username__iexact=invitation.invitee, verified=True
        )
        found = addresses.order_by("-primary", "pk").values_list("email", flat=True).first()
        return found or ""

    @transaction.atomic
    def uninvite(self, invitation: int) -> None:
        self._begin(Access.OWNER)
        self.reading_list.invitations.filter(pk=invitation).delete()

    @transaction.atomic
    def set_role(self, member: int, role: str) -> None:
        """member: the key of a membership."""
        self._begin(Access.OWNER)
        self.member(member)
        self.reading_list.memberships.filter(pk=member).update(role=Role(role))

    @transaction.atomic
    def dismiss_member(self, member: int) -> None:
        self._begin(Access.OWNER)
        self.member(member).delete()

    def leave(self) -> None:
        """Leave the list. Raises NotFound."""
        deleted, _ = self.reading_list.memberships.filter(user=self._owner).delete()
        if not deleted:
            raise NotFound("You are no member of this list.")

    @transaction.atomic
    def transfer_ownership(self, member: int) -> None:
        """Make a member the owner, and the owner an editor. Notes are shown with it no longer.

        Raises ValidationError if the new owner has a list of this name.
        """
        self._begin(Access.OWNER)
        found = self.member(member)
        self.reading_list.owner = found.user
        save_unique(self.reading_list)
        found.delete()
        Membership.objects.create(
            reading_list=self.reading_list,
            user=self._owner,
            role=Role.EDITOR,
            added_at=timezone.now(),
        )
        ListItem.with_parts.filter(reading_list=self.reading_list).update(shows_note=False)
        self._save()
        self.access = Access.EDITOR

    def member(self, pk: int) -> Membership:
        """Raises NotFound."""
        self.needs(Access.VIEWER)
        found = self.reading_list.memberships.select_related("user").filter(pk=pk).first()
        if found is None:
            raise NotFound("There is no such member.")
        return found


def _names(user: User) -> list[str]:
    """What an invitation may call a person: their user name, and addresses that are confirmed.

    A user name with an @ is none of these: it would take what was sent to somebody's address.
    """
    addresses = EmailAddress.objects.filter(user=user, verified=True)
    names = [] if "@" in user.username else [user.username]
    return [name.lower() for name in (*names, *addresses.values_list("email", flat=True))]


class Invitations(Part):
    """Invitations to the person."""

    def invitations(self) -> QuerySet[Invitation]:
        """Invitations to lists of others."""
        if not isinstance(self._user, User):
            return Invitation.objects.none()
        found = Invitation.objects.select_related("reading_list__owner").alias(
            folded=Lower("invitee")
        )
        return (
            found.filter(folded__in=_names(self._user))
            .exclude(reading_list__visibility=Visibility.PRIVATE)
            .order_by("-added_at", "pk")
        )

    @transaction.atomic
    def accept(self, invitation: int) -> ReadingList:
        """Become a member. Raises NotFound."""
        reading_list = self._invitation(invitation).reading_list
        lock(reading_list)
        found = self._invitation(invitation)  # the owner may have taken it back in between
        if reading_list.owner_id != self._owner.pk:
            Membership.objects.update_or_create(
                reading_list=reading_list,
                user=self._owner,
                defaults={"role": found.role},
                create_defaults={"role": found.role, "added_at": timezone.now()},
            )
        # Whoever was asked by name and by address has answered both.
        Invitation.objects.filter(
            pk__in=[i.pk for i in self.invitations() if i.reading_list_id == reading_list.pk]
        ).delete()
        self._answered()
        return reading_list

    @transaction.atomic
    def decline(self, invitation: int) -> None:
        self._invitation(invitation).delete()
        self._answered()

    def _answered(self) -> None:
        """The person may be written to again."""
        hashes = [SentMail.hashed(name) for name in _names(self._owner)]
        SentMail.objects.filter(address__in=hashes).delete()

    def decline_all(self) -> None:
        """Take back all invitations to the person, of lists that are private just now, too. They
        name people in words, and would let in whoever takes the name next."""
        found = Invitation.objects.alias(folded=Lower("invitee"))
        found.filter(folded__in=_names(self._owner)).delete()

    def _invitation(self, pk: int) -> Invitation:
        found = self.invitations().filter(pk=pk).first()
        if found is None:
            raise NotFound("There is no such invitation.")
        return found
