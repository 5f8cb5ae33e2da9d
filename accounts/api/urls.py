"""The addresses of the library below `/api/v1/`."""

from django.urls.resolvers import URLPattern

urlpatterns: list[URLPattern] = []
