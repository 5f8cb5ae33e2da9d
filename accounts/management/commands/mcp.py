"""`manage.py mcp`: the site for assistants, by the Model Context Protocol."""

import logging
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.mcp_server import Caller, http_app, server


class Command(BaseCommand):
    help = (
        "Serve the Model Context Protocol: by default on standard input and output, with the"
        " rights of the API token MCP_TOKEN; with --http, on an address, where each request brings"
        " its own token."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--http", metavar="HOST:PORT", help="listen there, at the path /mcp")

    def handle(self, http: str | None, **options: Any) -> None:
        logging.getLogger("mcp").setLevel(logging.WARNING)
        if http is None:
            server(lambda _: Caller(settings.MCP_TOKEN)).run("stdio")
            return
        host, _, port = http.rpartition(":")
        if not host or not port.isdecimal() or int(port) > 65_535:
            raise CommandError(f"--http {http}: give a host and a port, such as 127.0.0.1:8001")
        import uvicorn  # which nothing else needs

        uvicorn.run(
            http_app(server()),
            host=host.strip("[]"),
            port=int(port),
            log_config=None,
            access_log=False,
            proxy_headers=False,
        )
