"""Programs that ask the API, each of whose answers is held against what the API declares."""

import re

import pytest
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator, FormatChecker

from accounts import tokens

ROOT = "/api/v1/library/"


class Declared:
    """What the API says of itself in OpenAPI."""

    def __init__(self):
        said = SchemaGenerator().get_schema(request=None, public=True)
        self.paths, self.components = said["paths"], said["components"]
        for shape in self.components["schemas"].values():
            if "properties" in shape:
                shape["additionalProperties"] = False  # nothing is told that is not declared

    def operation(self, route, method):
        path = "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route)
        return self.paths.get(path, {}).get(method.lower())

    def check(self, response):
        request = response.wsgi_request
        operation = self.operation(request.resolver_match.route, request.method)
        kind, status = response.headers.get("Content-Type", ""), response.status_code
        if response.streaming:
            response.file = response.getvalue()  # which also closes it
        if status >= 400:
            said = response.json()
            assert kind == "application/problem+json"
            assert said["status"] == status
            if status == 401:
                assert response["WWW-Authenticate"] == "Bearer"
        if operation is None:
            assert status in (401, 403, 405)
            return
        assert str(status) in operation["responses"], f"{status} is not declared"
        content = operation["responses"][str(status)].get("content")
        if content is None:
            assert response.content == b""
            return
        assert kind in content
        if "json" in kind:
            shape = {**content[kind]["schema"], "components": self.components}
            Draft202012Validator(shape, format_checker=FormatChecker()).validate(response.json())


@pytest.fixture(scope="session")
def declared():
    return Declared()


class Program:
    """Asks below /api/v1/library/ in JSON, and checks the answers."""

    def __init__(self, declared, client):
        self.declared, self.client = declared, client

    def ask(self, method, path, data=None, kind="application/json", headers=None):
        response = self.client.generic(
            method,
            ROOT + path,
            data if isinstance(data, bytes) else self.client._encode_json(data or {}, kind),
            kind,
            headers=headers,
        )
        self.declared.check(response)
        return response

    def get(self, path="", headers=None, **query):
        response = self.client.get(ROOT + path, query, headers=headers)
        self.declared.check(response)
        return response

    def post(self, path, data=None, **options):
        return self.ask("POST", path, data, **options)

    def put(self, path, data=None, **options):
        return self.ask("PUT", path, data, **options)

    def patch(self, path, data=None, **options):
        return self.ask("PATCH", path, data, **options)

    def delete(self, path, **options):
        return self.ask("DELETE", path, **options)

    def send(self, path, **fields):
        """A form, as browsers and curl send files."""
        response = self.client.post(ROOT + path, fields)
        self.declared.check(response)
        return response


@pytest.fixture
def program(declared):
    """program(user, *scopes): a program with a token of theirs, for their whole library if none."""

    def program(user, *scopes, expires_at=None):
        number = tokens.of(user).count()
        _, secret = tokens.create(
            user, f"Program {number}", scopes or ("library:read", "library:write"), expires_at
        )
        client = Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {secret}"})
        return Program(declared, client)

    return program


@pytest.fixture
def mine(program, owner):
    return program(owner)


@pytest.fixture
def theirs(program, other):
    return program(other)


@pytest.fixture
def unlimited(monkeypatch):
    """Nobody's requests are counted, which takes queries, and not always as many."""
    monkeypatch.setattr("digest.api.access.Throttle.allow_request", lambda *_: True)


def errors(response):
    """What is wrong, by field."""
    assert response.status_code == 400
    return response.json()["errors"]
