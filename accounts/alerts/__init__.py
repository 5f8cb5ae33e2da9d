"""What is new, sent to people by mail, in private feeds and by webhooks.

`sections` finds what is new for a person. `messages` writes a mail, `sending` sends the mails that
are due, each once, and `schedule` says when one is. `links` makes and reads the signed links of a
mail, `bounces` reads the mails that come back. `webhooks` calls other services.
"""
