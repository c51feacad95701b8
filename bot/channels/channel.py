"""What a channel is: the one border between SIAGA and a provider."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bot.errors import ChannelError
from bot.messages import Address, Call, Enclosure, Event, Incoming, Media, MediaKind, Text

Files = Callable[[Enclosure], Awaitable[bytes]]
"""Gives the bytes of a file that goes out. Raises `ChannelError`."""
LinkTo = Callable[[Enclosure], str]
"""Gives the address from which a provider fetches a file that goes out."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """A request of a provider as it arrived: nothing decoded, nothing trimmed.

    `path_and_query` is raw (percent-encoded), since signatures cover it; header names are in lower case.
    """

    path_and_query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Takes:
    """Files of one type that a channel takes from us, of at most so many bytes, and as what it shows them."""

    content_type: str
    kind: MediaKind
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What fits on a channel. Lengths are UTF-16 units, the strictest way in which a provider counts.

    Args:
        text: the longest message; longer ones are split.
        body: the longest message that carries options.
        buttons: the most options shown as buttons.
        button_title: the longest title of a button.
        rows: the most options shown as a list; 0 where there are no lists.
        row_title: the longest title of a list row.
        row_description: the longest description of a list row; 0 where rows have none.
        files: the files that it takes from us; of two for one type the first that is large enough counts.
        captions: the longest text under a file of a kind; kinds without one come alone.
    """

    text: int
    body: int
    buttons: int
    button_title: int
    rows: int = 0
    row_title: int = 0
    row_description: int = 0
    files: tuple[Takes, ...] = ()
    captions: Mapping[MediaKind, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A participant's message as it stands in a provider's own list, not read yet.

    Args:
        provider_id: the same as in its webhook.
        sent_at: by the provider's clock.
        fields: what the list says of it, in the provider's own words.
    """

    provider_id: str
    sent_at: datetime
    fields: Mapping[str, str]


class Channel(Protocol):
    """A way to reach participants. docs/channels.md says how to add one."""

    name: str
    limits: Limits

    def verify(self, webhook: Webhook) -> None:
        """Accept a webhook as the provider's own. It cannot be switched off.

        Raises:
            Forged: the signature or the secret is missing or wrong.
        """
        ...

    def parse(self, webhook: Webhook, now: datetime) -> list[Event]:
        """What a verified webhook says. Pure.

        `now` (aware) stands for the time of sending where the provider gives none. A kind of message that
        nobody can read becomes an `Incoming` with `unsupported`; what is no message gives an empty list.

        Raises:
            BadPayload: the body is not the provider's form.
        """
        ...

    def render(self, to: Address, text: Text) -> list[Call]:
        """The calls that show `text`, in the order in which they have to be sent. Pure."""
        ...

    async def send(self, to: Address, call: Call) -> str:
        """Make one call and return the provider's id of the message.

        Raises:
            ChannelError: the provider did not take it; the error says what to do now.
        """
        ...

    async def acknowledge(self, incoming: Incoming) -> None:
        """Tell the provider that a tap was seen, where it wants to know. Never raises for a late one."""
        ...

    async def typing(self, to: Address, incoming: Incoming) -> None:
        """Show that an answer to `incoming` is being written, if the provider takes the hint."""
        ...

    async def fetch(self, media: Media) -> tuple[str, bytes]:
        """Content type and bytes of a file that a participant sent, from the provider's own host only.

        Raises:
            ChannelError: it is gone, too large, or not the provider's.
        """
        ...

    async def forget(self, media: Media) -> None:
        """Have the provider delete its copy of a file, where it keeps one that is ours to delete.

        Raises:
            ChannelError: not yet, or not at all.
        """
        ...

    async def close(self) -> None:
        """Close what is open towards the provider."""
        ...


async def no_files(enclosure: Enclosure) -> bytes:
    """`Files` of a process that has no store.

    Raises:
        ChannelError: always.
    """
    raise ChannelError("file_store", retry=True)


def clean(text: str) -> str:
    """`text` without what PostgreSQL cannot store: NUL goes, half a surrogate pair becomes U+FFFD."""
    return text.replace("\0", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
