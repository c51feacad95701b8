"""Telegram's updates, read into neutral events. Pure.

A tap, as Telegram posts it (shortened)::

    {"update_id": 710000103, "callback_query": {"id": "38654705", "from": {"id": 900000003, "first_name": "Rahmat"},
     "message": {"message_id": 13, "chat": {"id": 900000003, "type": "private"}, "date": 1795230013, "text": "..."},
     "data": "12:confirm:yes"}}

Only what we read is modelled; whatever else comes is passed over. Groups and channels are not ours to answer.
"""

from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from bot.channels.channel import clean
from bot.errors import BadPayload
from bot.messages import Address, Contact, Event, Incoming, Location, Media, MediaKind, Reachability

CHANNEL = "telegram"
ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")
"""The kinds of update to ask Telegram for."""

FILES = {
    "animation": MediaKind.VIDEO,  # comes with the same file as a document: must be looked for before it
    "document": MediaKind.DOCUMENT,
    "voice": MediaKind.VOICE,
    "audio": MediaKind.AUDIO,
    "video": MediaKind.VIDEO,
    "video_note": MediaKind.VIDEO,
    "sticker": MediaKind.STICKER,
}
CONTENT_TYPES = {MediaKind.VOICE: "audio/ogg", MediaKind.IMAGE: "image/jpeg"}
"""What a file is where Telegram does not say."""
UNREADABLE = ("contact", "dice", "game", "poll", "story", "checklist", "paid_media", "invoice", "giveaway")


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _User(_Model):
    id: int
    first_name: str = ""
    last_name: str = ""
    language_code: str | None = None


class _Chat(_Model):
    id: int
    type: str


class _File(_Model):
    file_id: str
    file_name: str = ""
    mime_type: str = ""
    file_size: int | None = None


class _Place(_Model):
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)


class _Venue(_Model):
    title: str = ""
    address: str = ""


class _Contact(_Model):
    phone_number: str
    first_name: str = ""
    last_name: str = ""
    user_id: int | None = None


class _Button(_Model):
    text: str
    callback_data: str | None = None


class _Keyboard(_Model):
    inline_keyboard: tuple[tuple[_Button, ...], ...] = ()


class _Earlier(_Model):
    """A message that another one refers to; it may be no longer accessible."""

    message_id: int
    chat: _Chat | None = None
    reply_markup: _Keyboard | None = None


class _Message(_Model):
    # "allow" keeps the kinds that are not modelled by name, so that `unsupported` can name them.
    model_config = ConfigDict(frozen=True, extra="allow")

    message_id: int
    date: AwareDatetime
    edit_date: AwareDatetime | None = None
    chat: _Chat
    sender: _User | None = Field(default=None, alias="from")
    text: str = ""
    caption: str = ""
    media_group_id: str | None = None
    photo: tuple[_File, ...] = ()
    animation: _File | None = None
    document: _File | None = None
    voice: _File | None = None
    audio: _File | None = None
    video: _File | None = None
    video_note: _File | None = None
    sticker: _File | None = None
    location: _Place | None = None
    venue: _Venue | None = None
    contact: _Contact | None = None
    reply_to_message: _Earlier | None = None
    forward_origin: object = None
    forward_date: object = None


class _Tap(_Model):
    id: str
    sender: _User = Field(alias="from")
    message: _Earlier | None = None
    data: str | None = None


class _Member(_Model):
    status: str


class _Membership(_Model):
    chat: _Chat
    new_chat_member: _Member


class _Update(_Model):
    update_id: int
    message: _Message | None = None
    edited_message: _Message | None = None
    callback_query: _Tap | None = None
    my_chat_member: _Membership | None = None


def events(update: object, now: datetime) -> list[Event]:
    """What one decoded update says; nothing for groups, channels and kinds that are no message.

    Raises:
        BadPayload: it is no update of Telegram's.
    """
    try:
        read = _Update.model_validate(update)
    except ValidationError:
        raise BadPayload("no update") from None
    if read.my_chat_member:
        return _reachability(read.my_chat_member)
    if read.callback_query:
        return _tap(read.update_id, read.callback_query, now)
    if read.edited_message:
        return _message(read.update_id, read.edited_message, edited=True)
    return _message(read.update_id, read.message, edited=False) if read.message else []


def _address(user_id: int) -> Address:
    return Address(f"telegram:{user_id}")


def _reference(chat_id: int, message_id: int) -> str:
    """How a message is named in `Incoming.quoted`, `Incoming.message_ref` and what `send` returns."""
    return f"{chat_id}:{message_id}"


def _name(user: _User) -> str:
    return clean(f"{user.first_name} {user.last_name}".strip())


def _reachability(change: _Membership) -> list[Event]:
    reachable = {"kicked": False, "member": True}.get(change.new_chat_member.status)
    if change.chat.type != "private" or reachable is None:
        return []
    return [Reachability(channel=CHANNEL, address=_address(change.chat.id), reachable=reachable)]


def _tap(update_id: int, tap: _Tap, now: datetime) -> list[Event]:
    chat = tap.message.chat if tap.message else None
    if tap.data is None or (chat and chat.type != "private"):
        return []
    return [
        Incoming(
            channel=CHANNEL,
            address=_address(tap.sender.id),
            provider_id=str(update_id),
            sent_at=now,  # a tap has no date of its own
            text=_title(tap),
            tapped=clean(tap.data),
            quoted=_reference(tap.sender.id, tap.message.message_id) if tap.message else None,
            profile_name=_name(tap.sender),
            language=tap.sender.language_code,
            acknowledge=tap.id,
        )
    ]


def _title(tap: _Tap) -> str:
    keyboard = tap.message.reply_markup if tap.message else None
    buttons = [button for row in keyboard.inline_keyboard for button in row] if keyboard else []
    return next((clean(button.text) for button in buttons if button.callback_data == tap.data), "")


def _message(update_id: int, message: _Message, *, edited: bool) -> list[Event]:
    sender, phone = message.sender, _own_phone(message)
    text = clean(message.text or message.caption) or phone or ""
    media, location = _media(message), _location(message)
    unsupported = None if text or media or location else _unreadable(message)
    silent = not (text or media or location or unsupported)  # a pinned message, a changed chat photo
    if message.chat.type != "private" or sender is None or silent or (edited and location):
        return []  # a live location is "edited" every few seconds
    return [
        Incoming(
            channel=CHANNEL,
            address=_address(message.chat.id),
            provider_id=str(update_id),
            sent_at=message.edit_date or message.date,
            text=text,
            media=media,
            location=location,
            card=None if phone else _card(message.contact),
            quoted=_quoted(message),
            profile_name=_name(sender),
            phone=phone,
            language=sender.language_code,
            edited=edited,
            forwarded=bool(message.forward_origin or message.forward_date),
            unsupported=unsupported,
            message_ref=_reference(message.chat.id, message.message_id),
            album=clean(message.media_group_id) if message.media_group_id else None,
        )
    ]


def _quoted(message: _Message) -> str | None:
    earlier = message.reply_to_message
    return _reference(message.chat.id, earlier.message_id) if earlier else None


def _own_phone(message: _Message) -> str | None:
    """The number of a shared contact, if it is the sender's own: a card of someone else looks the same."""
    contact, sender = message.contact, message.sender
    if contact is None or sender is None or contact.user_id != sender.id:
        return None
    digits = "".join(filter(str.isdecimal, contact.phone_number))
    return f"+{digits}" if digits.isascii() and digits else None


def _card(contact: _Contact | None) -> Contact | None:
    """A card of somebody else."""
    if contact is None:
        return None
    name = clean(f"{contact.first_name} {contact.last_name}".strip())
    return Contact(name=name, phones=(clean(contact.phone_number),))


def _media(message: _Message) -> tuple[Media, ...]:
    if message.photo:
        return (_one(MediaKind.IMAGE, message.photo[-1]),)  # several sizes, the largest is last
    for name, kind in FILES.items():
        if file := getattr(message, name):
            return (_one(kind, file),)
    return ()


def _one(kind: MediaKind, file: _File) -> Media:
    return Media(
        kind=kind,
        reference=clean(file.file_id),
        content_type=clean(file.mime_type) or CONTENT_TYPES.get(kind, ""),
        file_name=clean(file.file_name),
        size=file.file_size,
    )


def _location(message: _Message) -> Location | None:
    if message.location is None:
        return None
    venue = message.venue or _Venue()
    name = clean(", ".join(filter(None, [venue.title, venue.address])))
    return Location(latitude=message.location.latitude, longitude=message.location.longitude, name=name)


def _unreadable(message: _Message) -> str | None:
    there = {"contact"} if message.contact else set(message.model_extra or {})
    return next((kind for kind in UNREADABLE if kind in there), None)
