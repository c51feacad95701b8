"""What participants may do with their data, and the joining of one person's two addresses."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from bot.dialogue.questions import Question, Unclear, YesNo
from bot.dialogue.state import Heard, Said
from bot.dialogue.talk import Talk
from bot.flows.effects import EraseAll, Join, JoinOutcome, MakeJoinCode, OrderCopy, Part, TryJoinCode
from bot.flows.lookups import HowLongKept, KeptDays, KnownOfMe, OwnData

OPEN = ("new", "assigned", "waiting")
PURPOSES = ("administration",)
MOST = 10
"""Cases, and consents, that are told in the talk; all of them are in the file."""
_CODE = re.compile(r"\b(?=[a-z\s-]*\d)([a-z0-9]{4})[\s-]?([a-z0-9]{4})\W*$", re.IGNORECASE)
"""A code at the end of a message; every code has a digit, so that "gabung akun saya" is none."""


@dataclass(frozen=True)
class JoinCode(Question[str]):
    """The code that the participant got on another channel."""

    hint: ClassVar[str] = "join.hint"

    def read(self, said: Said, narrowed: Sequence[str], *, strictly: bool) -> Any | Unclear | None:
        """The code, alone or after the word that begins a joining."""
        return code_in(said.text) if len(said.text.split()) <= 4 else None

    def correct(self, heard: Heard) -> Any | None:
        """Never by guess."""
        return None

    def restore(self, kept: Any) -> str | None:
        """As it was kept."""
        return str(kept)


def code_in(text: str) -> str | None:
    """The code at the end of a text, as it was typed."""
    found = _CODE.search(text)
    return f"{found[1]}-{found[2]}".upper() if found else None


async def privacy(talk: Talk) -> None:
    """Who we are, what for, how long, who receives it, and what one can do."""
    kept = await talk.look_up(HowLongKept())
    await talk.say("privacy.who")
    await talk.say("privacy.kept", **_kept(kept))
    await talk.say("privacy.words")


async def my_data(talk: Talk) -> None:
    """What is known of the participant; the whole of it as a file, if they want it."""
    known = await talk.look_up(KnownOfMe(talk.opening.at))
    await _tell(talk, known)
    if known.settles_at:
        await talk.say("my_data.joined_lately", until=known.settles_at.astimezone(talk.zone()))
        return
    if await talk.agree("my_data.file"):
        await talk.do(OrderCopy())
        await talk.say("my_data.coming")
    else:
        await talk.say("my_data.no_file")


async def erase_me(talk: Talk) -> None:
    """Say what goes and what must stay, ask once more, and erase."""
    known = await talk.look_up(KnownOfMe(talk.opening.at))
    if known.settles_at:
        await talk.say("erase.joined_lately", until=known.settles_at.astimezone(talk.zone()))
        return
    waiting = [case.number for case in known.cases if case.status in OPEN]
    await talk.say("erase.what")
    if waiting:
        await talk.say("erase.open", numbers=waiting)
    if len(known.addresses) > 1:
        await talk.say("erase.all", addresses=list(known.addresses))
    if not await talk.ask("erase.sure", YesNo(talk.word("erase.yes"), talk.word("erase.no"))):
        await talk.say("erase.left")
        return
    receipt = await talk.do(EraseAll())
    talk.forget()
    await talk.say("erase.done", number=receipt.number, at=talk.local_now())
    if receipt.open_cases:
        await talk.say("erase.rest", numbers=list(receipt.open_cases))


async def join(talk: Talk) -> None:
    """One person's two addresses: a code is shown here and typed there, or was shown there and is typed here."""
    code = code_in(talk.opening.text)
    if code is None:
        own = await talk.do(MakeJoinCode())
        code = await talk.may_ask("join.code", JoinCode(), code=own.code, minutes=own.minutes)
    tried = await talk.do(TryJoinCode(code=code))
    if tried.state != "fits":
        await _say(talk, tried)
        return
    if not await talk.agree("join.sure", other=tried.other):
        await talk.say("join.left")
        return
    await _say(talk, await talk.do(Join(code=code)))


async def part(talk: Talk) -> None:
    """Undo a joining."""
    known = await talk.look_up(KnownOfMe(talk.opening.at))
    others = list(known.addresses[1:])
    if not others:
        await talk.say("join.none")
    elif await talk.agree("join.part", others=others):
        await talk.do(Part())
        await talk.say("join.parted")
    else:
        await talk.say("join.together")


async def _say(talk: Talk, outcome: JoinOutcome) -> None:
    await talk.say(f"join.{outcome.state}", other=outcome.other)


async def _tell(talk: Talk, known: OwnData) -> None:
    await talk.say(
        "my_data.known",
        at=talk.local_now(),
        name=known.name,
        addresses=list(known.addresses),
        language=talk.languages.get(known.language, known.language),
        numbers=[f"{talk.word(f'my_data.number_{kind}')} {digits}" for kind, digits in known.numbers] or "",
        lines=known.lines,
        since=known.since.astimezone(talk.zone()),
        files=known.files,
        subscriptions=known.subscriptions,
    )
    for case in known.cases[:MOST]:
        await talk.say(
            "my_data.case",
            number=case.number,
            kind=talk.word(f"case_kind.{case.kind}"),
            status=talk.word(f"case_state.{case.status}"),
            opened=case.opened_at.astimezone(talk.zone()),
        )
    for given in known.consents[-MOST:]:
        await talk.say(
            "my_data.consent",
            purpose=_purpose(talk, given.purpose),
            version=given.version,
            given=given.given_at.astimezone(talk.zone()),
            withdrawn=_or_empty(given.withdrawn_at, talk),
        )
    await talk.say("privacy.kept", **_kept(known.kept))


def _purpose(talk: Talk, purpose: str) -> str:
    return talk.word(f"my_data.purpose_{purpose}") if purpose in PURPOSES else purpose


def _or_empty(at: datetime | None, talk: Talk) -> datetime | str:
    return at.astimezone(talk.zone()) if at else ""


def _kept(kept: KeptDays) -> dict[str, int | str]:
    """Days, or nothing where something is kept for ever: then its line is left out."""
    return {"media": kept.media or "", "sealed": kept.sealed or "", "talks": kept.talks or ""}
