"""What is pending becomes a turn: people write "min" / "mau tanya" / "kantor buka?" as three messages."""

from collections.abc import Sequence
from dataclasses import replace

from bot.conversation.referring import Arrived
from bot.dialogue.state import Dialogue
from bot.messages import Incoming

_LONGEST_OPENING = 3  # words
_OPENINGS = (
    "min", "mimin", "admin", "kak", "kakak", "pak", "bu", "halo", "hallo", "hai", "hi", "hello", "p", "permisi",
    "assalamualaikum", "ass", "asslm", "pagi", "siang", "sore", "malam", "selamat", "mau", "nanya", "tanya", "numpang",
    "izin", "ijin", "maaf", "punten", "kulonuwun", "mbak", "mas", "bang",
)  # fmt: skip


def gather(messages: Sequence[Arrived], dialogue: Dialogue) -> list[Arrived]:
    """Join what belongs together.

    Without an open question all words that follow one another are one message, and so are the photos of an album.
    With an open question each message may be an answer of its own, so only an opening ("min", "mau tanya") is joined
    with what follows it. Taps stay alone, and so does what corrects an earlier message or answers a quoted question.
    """
    asked = dialogue.top is not None and dialogue.top.open is not None
    gathered: list[Arrived] = []
    for message in messages:
        last = gathered[-1] if gathered else None
        if last is not None and _belong(last, message, asked):
            gathered[-1] = replace(message, message=_joined(last.message, message.message))
        else:
            gathered.append(message)
    return gathered


def _belong(former: Arrived, latter: Arrived, asked: bool) -> bool:
    last, message = former.message, latter.message
    if former.before or latter.before or former.asked or latter.asked:
        return False
    if last.tapped or message.tapped or last.unsupported or message.unsupported or last.due or message.due:
        return False
    if last.media or message.media:
        return bool(last.media and message.media)
    return not asked or _opening(last.text)


def _opening(text: str) -> bool:
    words = text.lower().replace(",", " ").replace(".", " ").split()
    return len(words) <= _LONGEST_OPENING and all(word in _OPENINGS for word in words)


def _joined(first: Incoming, second: Incoming) -> Incoming:
    return replace(
        second,
        text="\n".join(part for part in (first.text, second.text) if part),
        media=first.media + second.media,
        location=second.location or first.location,
        quoted=second.quoted or first.quoted,
    )
