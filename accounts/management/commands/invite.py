"""Invites people to sign up."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management import BaseCommand, CommandError
from django.core.validators import validate_email

from accounts.invitations import has_account, invitation, send


class Command(BaseCommand):
    help = "Mails each address a link to sign up with, and prints the links."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("addresses", nargs="+", metavar="EMAIL")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.SIGNUP == "closed":
            raise CommandError("SIGNUP=closed lets nobody sign up: set SIGNUP=invitation")
        addresses = list(dict.fromkeys(options["addresses"]))
        for address in addresses:
            try:
                validate_email(address)
            except ValidationError:
                raise CommandError(
                    f"{address}: not an e-mail address; nobody was invited"
                ) from None
        unsent = []
        for address in addresses:
            if has_account(address):
                self.stdout.write(f"{address}: has an account")
                continue
            link = invitation(address)
            self.stdout.write(f"{address}: {link}")
            try:
                send(address, link)
            except OSError as error:
                unsent.append(f"{address}: {error}")
        if unsent:
            raise CommandError("Not mailed: send the links above yourself.\n" + "\n".join(unsent))
