"""Participants' phones: what they send is what the provider's stand-in posts, what they get is what it was sent."""

import re
import secrets
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from tests.standins import TelegramStandIn, TwilioStandIn
from tests.standins.twilio import new_sid

PUBLIC_URL = "https://siaga.example"
A_FILE = b"\xff\xd8\xff a file"
SPECIAL = re.compile(r"\[(\w[\w ]*?)(?: times)?(?: ([^\]]+))?\]\s?(.*)", re.DOTALL)
KINDS = {"photo", "document", "voice", "video", "sticker", "contact", "location", "poll"}


@dataclass(frozen=True)
class Got:
    """One message as the participant sees it."""

    text: str
    buttons: tuple[str, ...]


class Phone(ABC):
    """One participant on one channel."""

    def __init__(self, web: httpx.AsyncClient, name: str) -> None:
        self.web = web
        self.name = name
        self._read = 0
        self._seen = 0
        self._own: list[dict[str, Any]] = []

    async def write(self, words: str, now: datetime) -> None:
        """Send what a line of a transcript says."""
        special = SPECIAL.fullmatch(words)
        what, title, rest = special.groups() if special else ("", None, words)
        for webhook in self._webhooks(what, title, rest, now) if special else [self.said(words, now)]:
            await self.deliver(webhook)

    def _webhooks(self, what: str, title: str, rest: str, now: datetime) -> list[Any]:
        if what.isdigit():
            return self._many(int(what), title, rest, now)
        if what in KINDS:
            return [self.sent(what, rest, now)]
        match what:
            case "tap":
                return [self.tapped(title)]
            case "quote":
                return [self.quoting(title, rest, now)]
            case "edit":
                return [self.edited(rest, now)]
            case "album":
                return self.album(int(title), rest, now)
        assert what == "escaped", what
        return [self.said(rest.encode().decode("unicode_escape"), now)]

    def _many(self, times: int, title: str | None, rest: str, now: datetime) -> list[Any]:
        """As many messages, or the same one so often, or one that is so long."""
        if title == "messages":
            return [self.said(rest, now) for _ in range(times)]
        if times <= 20:
            return [self.said(rest, now)] * times
        return [self.said(f"{rest} " * (times // (len(rest) + 1)), now)]

    def unread(self) -> list[Got]:
        """What came since this was asked last."""
        got = self.got()
        new, self._read = got[self._read :], len(got)
        return new

    def mine(self) -> list[dict[str, Any]]:
        """What came, as the provider keeps it, oldest first."""
        new = self._sent()[self._seen :]
        self._seen += len(new)
        self._own += [one for one in new if self._to_me(one)]
        return self._own

    @abstractmethod
    def _sent(self) -> list[dict[str, Any]]:
        """What came to anybody."""

    @abstractmethod
    def _to_me(self, sent: dict[str, Any]) -> bool:
        """Whether it came to this phone."""

    @abstractmethod
    def said(self, text: str, now: datetime) -> Any:
        """The webhook of words."""

    @abstractmethod
    def sent(self, kind: str, caption: str, now: datetime, content: bytes = A_FILE) -> Any:
        """The webhook of something else than words."""

    @abstractmethod
    def tapped(self, title: str) -> Any:
        """The webhook of a tap on the newest button with that title."""

    @abstractmethod
    def quoting(self, words: str, text: str, now: datetime) -> Any:
        """The webhook of a reply to the newest message with these words."""

    @abstractmethod
    def edited(self, text: str, now: datetime) -> Any:
        """The webhook of a change of their own newest message."""

    def album(self, photos: int, caption: str, now: datetime) -> list[Any]:
        """The webhooks of an album: the first photo has the caption."""
        return self.gathered([A_FILE] * photos, caption, now)

    @abstractmethod
    def gathered(self, photos: list[bytes], caption: str, now: datetime) -> list[Any]:
        """The same, of certain photos."""

    @abstractmethod
    async def deliver(self, webhook: Any) -> None:
        """Post it to us, signed."""

    @abstractmethod
    def got(self) -> list[Got]:
        """Everything that came."""


class WhatsAppPhone(Phone):
    """WhatsApp through Twilio; without a number the address is an id."""

    def __init__(self, web: httpx.AsyncClient, name: str, twilio: TwilioStandIn, address: str) -> None:
        super().__init__(web, name)
        self._twilio = twilio
        self.address = address

    def said(self, text: str, now: datetime) -> dict[str, str]:
        return self._twilio.inbound(self.address, text, ProfileName=self.name)

    def sent(self, kind: str, caption: str, now: datetime, content: bytes = A_FILE) -> dict[str, str]:
        if kind == "location":
            latitude, longitude = _place(caption)
            fields = {"MessageType": "location", "Latitude": str(latitude), "Longitude": str(longitude)}
            return self._twilio.inbound(self.address, "", **fields)
        types = {
            "photo": "image/jpeg",
            "document": "application/pdf",
            "voice": "audio/ogg",
            "video": "video/mp4",
            "sticker": "image/webp",
            "contact": "text/vcard",
        }
        sid = new_sid("MM")
        url = self._twilio.put_media(types[kind], content, sid)
        fields = {"MessageSid": sid, "NumMedia": "1", "MediaUrl0": url, "MediaContentType0": types[kind]}
        names = {"photo": "image", "voice": "audio"}
        return self._twilio.inbound(self.address, caption, MessageType=names.get(kind, kind), **fields)

    def tapped(self, title: str) -> dict[str, str]:
        for shown in reversed(self.mine()):
            for button in shown["buttons"]:
                if button["title"] == title:
                    return self._twilio.tap(self.address, button, shown["sid"], ProfileName=self.name)
        raise AssertionError(f"{self.name} has no button {title}")

    def quoting(self, words: str, text: str, now: datetime) -> dict[str, str]:
        quoted = next(shown["sid"] for shown in reversed(self.mine()) if words in shown["body"])
        context = {"OriginalRepliedMessageSid": quoted, "OriginalRepliedMessageSender": self._twilio.number}
        return self._twilio.inbound(self.address, text, ProfileName=self.name, **context)

    def edited(self, text: str, now: datetime) -> dict[str, str]:
        raise AssertionError("edits are not delivered on WhatsApp")

    def gathered(self, photos: list[bytes], caption: str, now: datetime) -> list[dict[str, str]]:
        return [
            self.sent("photo", "" if number else caption, now, photo) for number, photo in enumerate(photos)
        ]

    async def deliver(self, webhook: dict[str, str]) -> None:
        headers = self._twilio.signed(f"{PUBLIC_URL}/webhooks/whatsapp", webhook)
        response = await self.web.post("/webhooks/whatsapp", data=webhook, headers=headers)
        assert response.status_code == 204, response.text

    def got(self) -> list[Got]:
        return [
            Got(shown["body"], tuple(button["title"] for button in shown["buttons"])) for shown in self.mine()
        ]

    def _sent(self) -> list[dict[str, Any]]:
        return self._twilio.shown

    def _to_me(self, sent: dict[str, Any]) -> bool:
        return bool(sent["to"] == self.address)


class TelegramPhone(Phone):
    """Telegram."""

    def __init__(self, web: httpx.AsyncClient, name: str, telegram: TelegramStandIn, user: int) -> None:
        super().__init__(web, name)
        self._telegram = telegram
        self.user = user
        self._newest: dict[str, Any] | None = None

    def said(self, text: str, now: datetime) -> dict[str, Any]:
        return self._update(now, text=text)

    def sent(self, kind: str, caption: str, now: datetime, content: bytes = A_FILE) -> dict[str, Any]:
        file = {"file_id": secrets.token_hex(8), "file_unique_id": secrets.token_hex(4), "file_size": 1000}
        self._telegram.files[file["file_id"]] = (f"{kind}/{file['file_id']}", content)
        picture = file | {"width": 90, "height": 90}
        contents: dict[str, Any] = {
            "photo": [picture],
            "document": file | {"file_name": "surat.pdf", "mime_type": "application/pdf"},
            "voice": file | {"duration": 3, "mime_type": "audio/ogg"},
            "video": picture | {"duration": 3},
            "sticker": picture | {"type": "regular", "is_animated": False, "is_video": False},
            "contact": {"phone_number": "+628120000001", "first_name": "Tono"},
            "poll": {"id": "1", "question": "?", "options": []},
        }
        if kind == "location":
            latitude, longitude = _place(caption)
            return self._update(now, location={"latitude": latitude, "longitude": longitude})
        captioned = {"caption": caption} if caption else {}
        return self._update(now, **{kind: contents[kind]}, **captioned)

    def tapped(self, title: str) -> dict[str, Any]:
        for sent in reversed(self.mine()):
            for row in (sent.get("reply_markup") or {}).get("inline_keyboard", []):
                for button in row:
                    if button["text"] == title:
                        tap = (self.user, button["callback_data"], sent["message_id"])
                        return self._telegram.tap(*tap, first_name=self.name)
        raise AssertionError(f"{self.name} has no button {title}")

    def quoting(self, words: str, text: str, now: datetime) -> dict[str, Any]:
        quoted = next(sent for sent in reversed(self.mine()) if words in sent["shown"])
        about = {"message_id": quoted["message_id"], "chat": {"id": self.user, "type": "private"}, "date": 1}
        return self._update(now, text=text, reply_to_message=about)

    def edited(self, text: str, now: datetime) -> dict[str, Any]:
        before = self._newest
        assert before
        update = self._update(now, text=text)
        changed = update.pop("message") | {"message_id": before["message_id"], "edit_date": before["date"]}
        self._newest = changed
        return update | {"edited_message": changed}

    def gathered(self, photos: list[bytes], caption: str, now: datetime) -> list[dict[str, Any]]:
        sent = [
            self.sent("photo", "" if number else caption, now, photo) for number, photo in enumerate(photos)
        ]
        for update in sent:
            update["message"]["media_group_id"] = str(sent[0]["update_id"])
        return sent

    async def deliver(self, webhook: dict[str, Any]) -> None:
        headers = {"X-Telegram-Bot-Api-Secret-Token": self._telegram.secret}
        response = await self.web.post("/webhooks/telegram", json=webhook, headers=headers)
        assert response.status_code == 200, response.text

    def got(self) -> list[Got]:
        found = []
        for sent in self.mine():
            rows = (sent.get("reply_markup") or {}).get("inline_keyboard", [])
            found.append(Got(sent["shown"], tuple(button["text"] for row in rows for button in row)))
        return found

    def _update(self, now: datetime, **fields: Any) -> dict[str, Any]:
        date = int(now.timestamp())
        update = self._telegram.message(self.user, first_name=self.name, date=date, **fields)
        self._newest = update["message"]
        return update

    def _sent(self) -> list[dict[str, Any]]:
        return self._telegram.sent

    def _to_me(self, sent: dict[str, Any]) -> bool:
        return bool(sent["chat_id"] == self.user)


def _place(written: str) -> tuple[float, float]:
    """Latitude and longitude as they stand behind ``[location]``; without them a place in Samarinda."""
    latitude, longitude = written.split() if written else ("-0.5022", "117.1536")
    return float(latitude), float(longitude)
