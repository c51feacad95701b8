"""For how long things are kept, as participants are told before they agree: the settings say it, never a text."""

from bot.dialogue.talk import Talk
from bot.flows.lookups import HowLongKept, KeptDays


async def kept(talk: Talk) -> KeptDays:
    """What the settings say (``SIAGA_KEEP_..._DAYS``)."""
    return await talk.look_up(HowLongKept())


def told(talk: Talk, days: KeptDays) -> dict[str, str]:
    """The same in words, by what is kept."""
    return {name: _told(talk, count) for name, count in vars(days).items()}


def version(words: str, days: KeptDays) -> str:
    """By what it is known what was agreed to: the version of the words, and the days that stood beside them."""
    return f"{words} ({'/'.join(str(count or 0) for count in (days.media, days.sealed, days.talks))})"


def _told(talk: Talk, days: int | None) -> str:
    return talk.word("admin.for_ever") if days is None else talk.word("admin.period", days=days)
