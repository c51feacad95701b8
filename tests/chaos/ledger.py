"""What a run left behind, in the database and at the providers, one `Talk` a conversation."""

import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from bot.dialogue.state import Dialogue, load
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import (
    Author,
    Case,
    Conversation,
    DeliveryReceipt,
    Inbox,
    Message,
    Outbox,
)
from tests.chaos.house import House
from tests.chaos.people import CASE, Told
from tests.chaos.post import Posted
from tests.chaos.reckoning import Line, Queued, Shown, Talk, Written
from tests.chaos.script import Script
from tests.standins.server import Taken

_DIFFERS = (
    (CASE, "<case>"),
    (re.compile(r"antrean ke-\d+", re.IGNORECASE), "antrean ke-<n>"),
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(\+\d\d:\d\d|Z)"), "<when>"),
    (re.compile(r"(Senin|Selasa|Rabu|Kamis|Jumat|Sabtu|Minggu), \d+ \w+ \d{4}"), "<day>"),
    (re.compile(r"pukul \d\d\.\d\d"), "pukul <time>"),
)
_GRACE = 3.0
"""Seconds after the answer within which a sender that is killed may not have written down that a message was taken."""
_PATIENCE = 9.0
"""Seconds; who answers later may not be heard any more (the service waits for ten)."""

Rows = Mapping[str, Sequence[Any]]


@dataclass(frozen=True)
class Found:
    """The tables, each by address."""

    inbox: Rows
    lines: Rows
    outbox: Rows
    cases: Rows
    talks: Mapping[str, Conversation]
    receipts: Mapping[str, str]


async def read(database: Database) -> Found:
    """Everything that is compared, read once."""
    own = Conversation.id
    async with database.sessions() as session:
        inbox = await session.scalars(select(Inbox).order_by(Inbox.id))
        said = (
            select(Conversation.address, Message.inbox_id, Message.body)
            .join(Conversation, own == Message.conversation_id)
            .where(Message.author == Author.PARTICIPANT)
            .order_by(Message.id)
        )
        cases = select(Conversation.address, Case).join(Conversation, own == Case.conversation_id)
        outbox = await session.scalars(select(Outbox).order_by(Outbox.id))
        receipts = await session.scalars(select(DeliveryReceipt))
        talks = await session.scalars(select(Conversation))
        return Found(
            inbox=_by_address(inbox.all()),
            lines=_by_address((await session.execute(said)).all()),
            outbox=_by_address(outbox.all()),
            cases=_by_address((await session.execute(cases.order_by(Case.id))).all()),
            talks={talk.address: talk for talk in talks},
            receipts={one.provider_id: one.state.value for one in receipts},
        )


def talks(
    house: House,
    found: Found,
    sealer: Sealer,
    told: Sequence[Told],
    post: Mapping[str, Posted],
    receipts: Mapping[str, str],
) -> list[Talk]:
    """What each conversation left behind."""
    shown = _shown(house)
    return [_talk(one, found, sealer, shown[one.script.address], post, receipts) for one in told]


def _talk(
    told: Told,
    found: Found,
    sealer: Sealer,
    shown: Sequence[tuple[str, str, bool]],
    post: Mapping[str, Posted],
    receipts: Mapping[str, str],
) -> Talk:
    script, address = told.script, told.script.address
    ids = {row.id: row.provider_id for row in found.inbox.get(address, ())}
    cases = [row.Case for row in found.cases.get(address, ())]
    numbers = {case.number for case in cases}
    return Talk(
        name=f"{script.name} {script.number}",
        kind=script.name,
        loose=script.kind.loose,
        wrote=tuple(_written(one.provider_id, one.text, post) for one in told.wrote),
        inbox=tuple((row.provider_id, row.state.value) for row in found.inbox.get(address, ())),
        lines=tuple(Line(ids.get(row.inbox_id, "?"), row.body) for row in found.lines.get(address, ())),
        outbox=tuple(Queued(row.state.value, _full(row)) for row in found.outbox.get(address, ())),
        shown=tuple(Shown(one, plain(text, script), doubtful) for one, text, doubtful in shown),
        cases=tuple(sorted(_case(case, script) for case in cases)),
        numbers=all(number in numbers for _, text, _ in shown for number in CASE.findall(text)),
        state=_state(found.talks.get(address), sealer),
        receipts=tuple((receipts[one], found.receipts.get(one)) for one, _, _ in shown if one in receipts),
        stuck=told.stuck,
    )


def plain(text: str, script: Script) -> str:
    """`text` without what differs from one conversation to the next, and from one hour to the next."""
    for pattern, name in _DIFFERS:
        text = pattern.sub(name, text)
    return text.replace(script.mark, "<mark>")


def _written(provider_id: str, text: str, post: Mapping[str, Posted]) -> Written:
    posted = post.get(provider_id, Posted())
    return Written(provider_id, text, posted.first_at or 0.0, posted.taken_at)


def _full(row: Outbox) -> str | None:
    """The provider's id of the row's message. All that are compared fit into one."""
    assert row.parts_sent <= 1, "the script asks for a reply that is sent in parts"
    return row.provider_id


def _case(case: Case, script: Script) -> str:
    told = [case.kind, case.status, case.priority, case.branch, case.team, case.category, case.summary]
    return plain(json.dumps([*told, case.fields], sort_keys=True, default=str), script)


def _state(talk: Conversation | None, sealer: Sealer) -> str:
    if talk is None:
        return "none"
    dialogue = load(sealer.open(talk.sealed_dialogue)) if talk.sealed_dialogue else Dialogue()
    forms = [f"{form.intent}:{form.open.id if form.open else '-'}" for form in dialogue.forms]
    held = "held" if talk.hold else "free"
    return " ".join([talk.owner.value, held, dialogue.branch or "-", str(dialogue.failures), *forms])


def _shown(house: House) -> Mapping[str, list[tuple[str, str, bool]]]:
    """What every participant got: the provider's id, the words and buttons, and whether it is in doubt."""
    shown: dict[str, list[tuple[str, str, bool]]] = defaultdict(list)
    for sent in house.telegram.sent:
        one = f"{sent['chat_id']}:{sent['message_id']}"
        rows = (sent.get("reply_markup") or {}).get("inline_keyboard", [])
        titles = [button["text"] for row in rows for button in row]
        text = f"{sent['shown']} {titles}"
        shown[f"telegram:{sent['chat_id']}"].append((one, text, _doubtful(house, house.telegram.taken[one])))
    for form in house.twilio.shown:
        text = f"{form['body']} {[button['title'] for button in form['buttons']]}"
        doubtful = _doubtful(house, house.twilio.taken[form["sid"]])
        shown[form["to"]].append((form["sid"], text, doubtful))
    return shown


def _doubtful(house: House, taken: Taken) -> bool:
    """Whether the sender may not have learnt that the message was taken, or could not write it down any more."""
    if taken.answered_at is None or taken.answered_at - taken.at > _PATIENCE:
        return True
    until = taken.answered_at + _GRACE
    for gone, back in house.away:
        if gone < until and back > taken.at:
            until = max(until, back + _GRACE)
    return any(taken.at <= blow <= until for blow in house.sender_blows)


def _by_address(rows: Sequence[Any]) -> Rows:
    found: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.address].append(row)
    return found
