"""Papers for you, for programs."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Preference
from digest.api.schema import Operation
from digest.api.serializers import MomentField, Serializer
from digest.models import Paper

from .base import LibraryViewSet
from .serializers import PaperNameSerializer


class ReasonSerializer(Serializer):
    kind = serializers.ChoiceField(choices=Preference.Kind.choices)
    name = serializers.CharField()


class LikelyPaperSerializer(Serializer):
    paper = PaperNameSerializer()
    score = serializers.FloatField(
        help_text="above 0 if the paper is more like what you kept than 9 of 10 others"
    )
    reasons = ReasonSerializer(many=True, help_text="what speaks most for it")


class InterestModelSerializer(Serializer):
    kept = serializers.IntegerField(help_text="papers that it was learned from")
    trained_at = MomentField()
    tested = serializers.IntegerField(
        help_text="papers that you kept last, by which it was tested; 0 if there were too few"
    )
    by_model = serializers.IntegerField(
        help_text="of them, those in the top tenth of their day by what you kept before"
    )
    by_order = serializers.IntegerField(help_text="the same in the order of the digest")
    by_chance = serializers.FloatField(help_text="the same by chance, on average")
    is_useful = serializers.BooleanField(
        help_text="false where it was no better than the order of the digest"
    )


class ForYouSerializer(Serializer):
    example = {
        "model": {
            "kept": 48,
            "trained_at": "2025-02-06T06:30:00.000000Z",
            "tested": 16,
            "by_model": 9,
            "by_order": 2,
            "by_chance": 1.8,
            "is_useful": True,
        },
        "results": [
            {
                "paper": PaperNameSerializer.example,
                "score": 0.42,
                "reasons": [{"kind": "word", "name": "diffusion"}],
            }
        ],
    }

    model = InterestModelSerializer(
        allow_null=True, help_text="null if nothing was learned yet, or it is off"
    )
    results = LikelyPaperSerializer(many=True)


class ForYouViewSet(LibraryViewSet):
    @Operation("for_you", ForYouSerializer, summary="New papers that are likely to matter to you")
    def show(self, request: Request) -> Response:
        """Of the papers that are new to you, those that are most likely to matter, the best first:
        up to 50 of the newest 500. None where the model is not useful."""
        own = self.library.for_you
        best = self.library.best_new(50)
        papers = Paper.objects.in_bulk([key for key, _ in best])
        results: list[dict[str, Any]] = [
            {
                "paper": papers[key],
                "score": round(likely.value, 4),
                "reasons": [reason._asdict() for reason in likely.reasons],
            }
            for key, likely in best
            if key in papers
        ]
        return Response(self.answer({"model": own.model, "results": results}))
