"""The API as one writes it on a first afternoon, to measure ours against: a plain ModelViewSet with
nested serializers over the same tables, paged and searched by DRF's own means."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digest.settings")

import django
from django.conf import settings

django.setup()
settings.ROOT_URLCONF = __name__
settings.MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]

from django.core.handlers.wsgi import WSGIHandler  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.urls import path  # noqa: E402
from rest_framework import filters, pagination, routers, serializers, viewsets  # noqa: E402

from digest.models import Author, Category, Link, Paper  # noqa: E402


class AuthorSerializer(serializers.ModelSerializer):
    class Meta:
        model = Author
        fields = ("slug", "name", "paper_count")


class CategorySerializer(serializers.ModelSerializer):
    class Meta:
        model = Category
        fields = ("slug", "name")


class LinkSerializer(serializers.ModelSerializer):
    class Meta:
        model = Link
        fields = ("url", "kind")


class PaperSerializer(serializers.ModelSerializer):
    authors = AuthorSerializer(many=True)
    categories = CategorySerializer(many=True)
    links = LinkSerializer(many=True)

    class Meta:
        model = Paper
        fields = (
            *("slug", "arxiv_id", "title", "authors", "authors_cut", "summary", "categories"),
            *("links", "date", "changed_at", "url"),
        )


class Pages(pagination.PageNumberPagination):
    page_size = 25
    page_size_query_param = "page_size"


class PaperViewSet(viewsets.ModelViewSet):
    queryset = Paper.objects.order_by("-date", "position", "slug")
    serializer_class = PaperSerializer
    pagination_class = Pages
    filter_backends = [filters.SearchFilter]
    search_fields = ["title", "summary"]
    authentication_classes = []
    permission_classes = []
    throttle_classes = []


router = routers.SimpleRouter()
router.register("papers", PaperViewSet)
urlpatterns = [path("", lambda _: HttpResponse("ready")), *router.urls]
application = WSGIHandler()
