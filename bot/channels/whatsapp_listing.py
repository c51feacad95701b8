"""Twilio's own list of what participants wrote, read into the same messages that its webhooks give.

A message of the list (shortened)::

    {"sid": "SM...5a0001", "direction": "inbound", "from": "whatsapp:+6281200000001", "to": "whatsapp:+6281100001500",
     "body": "Kantor buka?", "num_media": "0", "date_sent": "Mon, 23 Nov 2026 05:00:00 +0000", "status": "received"}

The list has less than the webhook had: no id of a tapped button (its title is the text), no place, no profile name, no
quoted message. Media are a list of their own.
"""

from datetime import datetime
from typing import Any

from bot.channels.channel import Listed
from bot.channels.whatsapp_events import MOST_MEDIA, Form, events
from bot.errors import BadPayload
from bot.messages import Incoming

TWILIO = "https://api.twilio.com"


def listed(message: Any) -> Listed:
    """A message of the list, the SDK's object, in the words of the webhook."""
    sent_at: datetime = message.date_sent or message.date_created
    fields = {
        "MessageSid": message.sid,
        "From": message.from_ or "",
        "To": message.to or "",
        "Body": message.body or "",
        "NumMedia": message.num_media or "0",
    }
    return Listed(provider_id=message.sid, sent_at=sent_at, fields=fields)


def has_files(found: Listed) -> bool:
    """Whether files came with it."""
    return found.fields["NumMedia"] != "0"


def incoming(found: Listed, files: list[Any]) -> Incoming:
    """The message, as its webhook would have given it.

    Args:
        found: what the list says.
        files: its media, the SDK's objects; fewer than it came with when some were deleted since.

    Raises:
        BadPayload: it did not come from WhatsApp.
    """
    fields = dict(found.fields) | {"NumMedia": str(min(len(files), MOST_MEDIA))}
    for number, file in enumerate(files[:MOST_MEDIA]):
        fields[f"MediaUrl{number}"] = TWILIO + file.uri.removesuffix(".json")
        fields[f"MediaContentType{number}"] = file.content_type or ""
    [message] = events(Form(list(fields.items())), found.sent_at)
    if not isinstance(message, Incoming):
        raise BadPayload("no message")
    return message
