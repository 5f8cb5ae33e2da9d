"""People and what they made: rows that are in no file.

What a person made is reached through `library.Library` alone, and their tokens through `tokens`.
A person's rows go with their account; a paper stays as long as anybody's rows refer to it.
"""

from .feeds import PrivateFeed
from .lists import (
    COMMENT_LENGTH,
    Invitation,
    ListItem,
    Membership,
    ReadingList,
    Role,
    SentMail,
    Visibility,
)
from .mails import WEEKDAYS, Frequency, Mail, MailedPaper, MailSettings
from .people import (
    SHOWN,
    USER_NAME_VALIDATORS,
    Density,
    ReadDigest,
    Step,
    StreamReading,
    Theme,
    User,
)
from .recommendations import InterestModel, Preference, Rating, WeeklyCount
from .reports import REPORT_LENGTH, Disclosure, Report
from .rows import (
    NOTE_LENGTH,
    Bookmark,
    Dismissal,
    JoinableRow,
    Note,
    PaperRow,
    ShownManager,
    Status,
)
from .searches import QUERY_LENGTH, SavedSearch, SearchKind
from .tokens import ApiToken, Scope
from .webhooks import HookShape, Webhook, WebhookCall, WebhookPaper

__all__ = [
    "COMMENT_LENGTH",
    "NOTE_LENGTH",
    "QUERY_LENGTH",
    "REPORT_LENGTH",
    "SHOWN",
    "USER_NAME_VALIDATORS",
    "WEEKDAYS",
    "ApiToken",
    "Bookmark",
    "Density",
    "Disclosure",
    "Dismissal",
    "Frequency",
    "HookShape",
    "InterestModel",
    "Invitation",
    "JoinableRow",
    "ListItem",
    "Mail",
    "MailSettings",
    "MailedPaper",
    "Membership",
    "Note",
    "PaperRow",
    "Preference",
    "PrivateFeed",
    "Rating",
    "ReadDigest",
    "ReadingList",
    "Report",
    "Role",
    "SavedSearch",
    "Scope",
    "SearchKind",
    "SentMail",
    "ShownManager",
    "Status",
    "Step",
    "StreamReading",
    "Theme",
    "User",
    "Visibility",
    "Webhook",
    "WebhookCall",
    "WebhookPaper",
    "WeeklyCount",
]
