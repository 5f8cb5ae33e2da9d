"""Reading lists for programs: their members and invitations."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.invitations import write_to
from accounts.library import Access
from accounts.models import User
from digest.api.pages import Order
from digest.api.schema import Operation

from .base import LibraryViewSet
from .bodies import AnswerSerializer, InviteeSerializer, RoleChangeSerializer
from .lists import LIST, shown
from .serializers import (
    InvitationSerializer,
    InvitedSerializer,
    MemberSerializer,
    MembersSerializer,
    ReadingListSerializer,
)

_INVITATION = "id of the invitation"


class MembersViewSet(LibraryViewSet):
    path_help = {"slug": LIST, "member": "id of the member", "invitation": _INVITATION}

    @Operation(
        "list_members", MembersSerializer, summary="The members of a list, and who is invited"
    )
    def retrieve(self, request: Request, slug: str) -> Response:
        """The members of a list; its owner also sees who is invited."""
        opened = self.library.lists.open(slug)
        answer = {
            "owner": opened.reading_list.owner,
            "invitations": opened.invited() if opened.is_owner else (),
            "members": opened.members(),
        }
        return Response(self.answer(answer))

    @Operation(
        "list_invite",
        InvitedSerializer,
        errors=[409],
        body=InviteeSerializer,
        statuses=[201],
        summary="Invite somebody to a list",
    )
    def create(self, request: Request, slug: str) -> Response:
        """Invite somebody, or change the role. A private list is then visible to its members."""
        opened = self.library.lists.open(slug)
        opened.needs(Access.OWNER)
        whom = self.body()
        invitation = opened.invite(whom["invitee"], whom["role"])
        write_to(cast(User, request.user), opened, invitation)
        return Response(self.answer(invitation), 201)

    @Operation(
        "list_member_change",
        MemberSerializer,
        body=RoleChangeSerializer,
        summary="Change the role of a member",
    )
    def partial_update(self, request: Request, slug: str, member: int) -> Response:
        """Change the role of a member."""
        opened = self.library.lists.open(slug)
        opened.needs(Access.OWNER)
        if role := self.body().get("role"):
            opened.set_role(member, role)
        return Response(self.answer(opened.member(member)))

    @Operation("list_member_dismiss", None, statuses=[204], summary="Remove a member from a list")
    def destroy(self, request: Request, slug: str, member: int) -> Response:
        """Remove a member."""
        self.library.lists.open(slug).dismiss_member(member)
        return Response(status=204)

    @Operation("list_uninvite", None, statuses=[204], summary="Take an invitation back")
    def uninvite(self, request: Request, slug: str, invitation: int) -> Response:
        """Cancel an invitation, if there is still one."""
        self.library.lists.open(slug).uninvite(invitation)
        return Response(status=204)


class InvitationsViewSet(LibraryViewSet):
    order = Order((("added_at", True, datetime), ("pk", False, int)))
    path_help = {"invitation": _INVITATION}

    @Operation("invitations", InvitationSerializer, summary="Lists that you are invited to")
    def list(self, request: Request) -> Response:
        """The invitations to lists of others, the newest first."""
        return Response(self.page(self.library.lists.invitations()))

    @Operation(
        "invitation_answer",
        ReadingListSerializer,
        body=AnswerSerializer,
        statuses=[200, 204],
        example={**ReadingListSerializer.example, "access": "editor"},
        summary="Accept or decline an invitation",
    )
    def respond(self, request: Request, invitation: int) -> Response:
        """Accept an invitation, and get the list; or decline it."""
        lists = self.library.lists
        if self.body()["do"] == "decline":
            lists.decline(invitation)
            return Response(status=204)
        return Response(self.answer(shown(lists.open(lists.accept(invitation).slug))))
