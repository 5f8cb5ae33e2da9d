"""How webhooks do: a check of the admin's Status page, of its mails and of Prometheus."""

from __future__ import annotations

from accounts.models import Webhook, WebhookCall
from digest.status import Check, Figure, Finding


def _webhooks() -> Finding:
    on = Webhook.objects.filter(is_on=True).count()
    given_up = Webhook.objects.filter(is_on=False, ended_at__isnull=False).count()
    waiting = WebhookCall.objects.filter(webhook__is_on=True, next_at__isnull=False)
    # What has neither was not tried yet.
    failing = waiting.exclude(status=None, answer="").values("webhook").distinct().count()
    # One that fails is a matter of its owner, who sees it; all of them, of whoever runs the site.
    return Finding(
        f"{on:,} switched on, {failing:,} of these failed and will be tried again;"
        f" {given_up:,} switched off, since their calls failed.",
        is_wrong=0 < on == failing,
        figures=(
            Figure("webhooks_failing", "Webhooks whose last call failed", failing),
            Figure("webhooks_given_up", "Webhooks that are off, since they failed", given_up),
        ),
    )


WEBHOOKS = Check("webhooks", "Webhooks", _webhooks)
