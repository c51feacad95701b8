"""What a run left behind, in the database and at the providers, one `Talk` a conversation."""

import json
import re
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import and_, func, select, union_all

from bot.dialogue.state import Dialogue, load
from bot.media.stores import Missing
from bot.media.vault import Vault
from bot.storage.engine import Database
from bot.storage.sealing import Sealer, Unreadable
from bot.storage.tables import (
    Attachment,
    Author,
    Case,
    Conversation,
    DeliveryReceipt,
    Inbox,
    MediaFile,
    MediaState,
    Message,
    Outbox,
)
from tests.chaos.findings import Finding, Wrong
from tests.chaos.hearing import Hearing
from tests.chaos.house import QUIET, House
from tests.chaos.news import Span, news_of
from tests.chaos.people import CASE, Told
from tests.chaos.pictures import fingerprint
from tests.chaos.post import Posted
from tests.chaos.reckoning import Line, Stored, Talk, Written
from tests.chaos.script import Script
from tests.chaos.sending import Queued, Shown
from tests.standins.server import Taken
from tests.standins.telegram_uploads import Uploaded
from tests.standins.twilio_media import Fetched

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

_SINCE = time.time() - time.monotonic()
"""The moment from which `time.monotonic` counts."""

Rows = Mapping[str, Sequence[Any]]


@dataclass(frozen=True)
class Found:
    """The tables, each by address."""

    inbox: Rows
    lines: Rows
    outbox: Rows
    cases: Rows
    attachments: Rows
    """Those of lines and of cases: the id of either, and the file's name and state."""
    talks: Mapping[str, Conversation]
    receipts: Mapping[str, str]
    names: Mapping[int, str]
    """What the provider calls each line of a talk that it has."""
    files: Mapping[str, str]
    """What tells each stored file from others, by its name in the store."""
    unsent: frozenset[str]
    """Files of agents whose reply was not written down, by their names: they are removed after an hour."""


async def read(database: Database, vault: Vault) -> Found:
    """Everything that is compared, read once."""
    own = Conversation.id
    async with database.sessions() as session:
        inbox = await session.scalars(select(Inbox).order_by(Inbox.id))
        said = (
            select(Conversation.address, Message.inbox_id, Message.body, Message.refers_to)
            .join(Conversation, own == Message.conversation_id)
            .where(Message.author == Author.PARTICIPANT)
            .order_by(Message.id)
        )
        cases = select(Conversation.address, Case).join(Conversation, own == Case.conversation_id)
        outbox = await session.scalars(select(Outbox).order_by(Outbox.id))
        receipts = await session.scalars(select(DeliveryReceipt))
        talks = await session.scalars(select(Conversation))
        attachments = await session.execute(_ATTACHMENTS)
        stored = await session.scalars(select(MediaFile.name).where(MediaFile.state == MediaState.STORED))
        unsent = await session.scalars(select(MediaFile.name).where(UNSENT))
        return Found(
            inbox=_by_address(inbox.all()),
            lines=_by_address((await session.execute(said)).all()),
            outbox=_by_address(outbox.all()),
            cases=_by_address((await session.execute(cases.order_by(Case.id))).all()),
            attachments=_by_address(attachments.all()),
            talks={talk.address: talk for talk in talks},
            receipts={one.provider_id: one.state.value for one in receipts},
            names=dict((await session.execute(_NAMES)).tuples().all()),
            files={name: await _kept(vault, name) for name in set(stored)},
            unsent=frozenset(map(str, unsent)),
        )


async def _kept(vault: Vault, name: str) -> str:
    try:
        return fingerprint(await vault.get(name))
    except (Missing, Unreadable) as error:
        return type(error).__name__


UNSENT = and_(MediaFile.state == MediaState.REMOVING, MediaFile.sealed_reference == b"")
"""A file of an agent, not of a participant, which belongs to no reply."""

_ATTACHMENTS = (
    select(
        Conversation.address,
        Attachment.message_id,
        Message.author,
        Message.inbox_id,
        Attachment.case_id,
        MediaFile.name,
        MediaFile.state,
    )
    .outerjoin(Message, Message.id == Attachment.message_id)
    .outerjoin(Case, Case.id == Attachment.case_id)
    .join(Conversation, Conversation.id == func.coalesce(Message.conversation_id, Case.conversation_id))
    .outerjoin(MediaFile, MediaFile.id == Attachment.media_id)
    .order_by(Attachment.id)
)
_NAMES = union_all(
    select(Message.id, Inbox.provider_id).join(Inbox, Inbox.id == Message.inbox_id),
    select(Outbox.message_id, Outbox.provider_id).where(Outbox.message_id.is_not(None)),
)


@dataclass(frozen=True)
class Ledger:
    """What a run left behind everywhere.

    Args:
        post: the webhooks, by what the provider calls the message.
        receipts: the furthest state that was reported of each message of ours.
        resent: how often a supervisor sent each row of the outbox again.
    """

    house: House
    found: Found
    sealer: Sealer
    post: Mapping[str, Posted]
    receipts: Mapping[str, str]
    resent: Mapping[int, int]

    @cached_property
    def shown(self) -> Mapping[str, list[Shown]]:
        """What every participant got."""
        return _shown(self.house)

    def talk(self, told: Told) -> Talk:
        """What a conversation left behind."""
        script, found = told.script, self.found
        address = script.address
        ids = {row.id: row.provider_id for row in found.inbox.get(address, ())}
        cases = [row.Case for row in found.cases.get(address, ())]
        numbers = {case.number for case in cases}
        shown = [
            replace(one, text=_own_files(one.text, told))
            for one in self.shown[address]
            if not news_of(one.text)
        ]
        files = [(row, _file(row, found)) for row in found.attachments.get(address, ())]
        return Talk(
            name=f"{script.name} {script.number}",
            kind=script.name,
            loose=script.kind.loose,
            wrote=tuple(_posted(one, self.post) for one in told.wrote),
            inbox=tuple(_stored(row) for row in found.inbox.get(address, ())),
            lines=tuple(
                Line(ids.get(row.inbox_id, "?"), row.body, found.names.get(row.refers_to))
                for row in found.lines.get(address, ())
            ),
            outbox=tuple(self._queued(row) for row in found.outbox.get(address, ()) if row.notice_id is None),
            shown=tuple(replace(one, text=plain(one.text, script)) for one in shown),
            cases=tuple(sorted(_case(case, told, files) for case in cases)),
            numbers=all(number in numbers for one in shown for number in CASE.findall(one.text)),
            state=_state(found.talks.get(address), self.sealer),
            receipts=tuple(
                (self.receipts[one.provider_id], found.receipts.get(one.provider_id))
                for one in shown
                if one.provider_id in self.receipts
            ),
            photos=tuple(
                (ids.get(row.inbox_id, "?"), file) for row, file in files if row.author is Author.PARTICIPANT
            ),
            enclosed=tuple(told.enclosed),
            beside=tuple(file for row, file in files if row.author is Author.AGENT),
            quiet=QUIET,
            stuck=told.stuck,
        )

    def hearing(self, told: Told, news: Mapping[str, Span]) -> Hearing:
        """What somebody heard who may have wished to be told, and have ended that again."""
        wishes = told.script.kind.name in ("subscriber", "leaver") and bool(told.times)
        begins = told.times[0] if wishes else _NEVER
        ends = told.times[1] if wishes and told.script.kind.name == "leaver" and told.times[1:] else _NEVER
        due = {name for name, span in news.items() if begins[1] < span.began and span.over < ends[0]}
        unasked = {name for name, span in news.items() if span.over < begins[0] or ends[1] < span.began}
        # Who has not heard that something began is not told that it is over.
        due = {name for name in due if name.removesuffix("-pulih") in due}
        return self._heard(told.script.address, frozenset(due), frozenset(news.keys() - due - unasked))

    def crowd(self, addresses: Sequence[str], news: Mapping[str, Span]) -> list[Hearing]:
        """What those heard who wished to be told all the time."""
        return [self._heard(address, frozenset(news), frozenset()) for address in addresses]

    def _heard(self, address: str, due: frozenset[str], free: frozenset[str]) -> Hearing:
        rows = [row for row in self.found.outbox.get(address, ()) if row.notice_id is not None]
        shown = [one for one in self.shown[address] if news_of(one.text)]
        return Hearing(f"news to {address}", due, free, tuple(map(self._queued, rows)), tuple(shown))

    def _queued(self, row: Outbox) -> Queued:
        """A row with the provider's id of its message. All that are compared fit into one."""
        assert row.parts_sent <= 1, "the script asks for a reply that is sent in parts"
        return Queued(row.state.value, row.provider_id, self.resent.get(row.id, 0))

    def left_over(self) -> list[Finding]:
        """Files that nobody knows, and those that the provider should have deleted."""
        kept = {path.name for path in (self.house.folder / "media").rglob("*") if path.is_file()}
        findings = []
        if strange := kept - self.found.files.keys() - self.found.unsent:
            findings.append(
                Finding(Wrong.PHOTO_TWICE, "the store", f"{len(strange)} files that no row names")
            )
        if left := len(self.house.twilio.media):
            findings.append(Finding(Wrong.PHOTO_LEFT, "Twilio", f"{left} files"))
        return findings


_NEVER = (float("inf"), float("inf"))


def plain(text: str, script: Script) -> str:
    """`text` without what differs from one conversation to the next, and from one hour to the next."""
    for pattern, name in _DIFFERS:
        text = pattern.sub(name, text)
    return text.replace(script.mark, "<mark>")


def _own_files(text: str, told: Told) -> str:
    """`text` with the photos that the agent sent here by their places; one of another talk keeps what tells it."""
    for place, file in enumerate(told.enclosed, 1):
        text = text.replace(file, f"photo {place}")
    return text


def _posted(one: Written, post: Mapping[str, Posted]) -> Written:
    posted = post.get(one.provider_id, Posted())
    return replace(one, first_at=posted.first_at or 0.0, taken_at=posted.taken_at)


def _stored(row: Inbox) -> Stored:
    done_at = _seconds(row.done_at) if row.done_at else None
    return Stored(row.provider_id, row.state.value, _seconds(row.received_at), done_at, row.attempts)


def _seconds(at: datetime) -> float:
    """The service's clock, which is this machine's, as `time.monotonic` counts."""
    return at.timestamp() - _SINCE


def _file(row: Any, found: Found) -> str:
    """What is kept of an attachment: what tells the file from others, or how far it came."""
    return found.files.get(row.name) or str(row.state)


def _case(case: Case, told: Told, files: Sequence[tuple[Any, str]]) -> str:
    """A case and its photos, each by its place among those that the participant sent."""
    facts = [case.kind, case.status, case.priority, case.branch, case.team, case.category, case.summary]
    sent = [one.photo for one in told.wrote if one.photo]
    evidence = [file for row, file in files if row.case_id == case.id]
    photos = sorted(f"photo {sent.index(one) + 1}" if one in sent else one for one in evidence)
    return plain(json.dumps([*facts, case.fields, photos], sort_keys=True, default=str), told.script)


def _state(talk: Conversation | None, sealer: Sealer) -> str:
    if talk is None:
        return "none"
    dialogue = load(sealer.open(talk.sealed_dialogue)) if talk.sealed_dialogue else Dialogue()
    forms = [f"{form.intent}:{form.open.id if form.open else '-'}" for form in dialogue.forms]
    held = "held" if talk.hold else "free"
    return " ".join([talk.owner.value, held, dialogue.branch or "-", str(dialogue.failures), *forms])


def _shown(house: House) -> Mapping[str, list[Shown]]:
    shown: dict[str, list[Shown]] = defaultdict(list)
    for sent in house.telegram.sent:
        one = f"{sent['chat_id']}:{sent['message_id']}"
        rows = (sent.get("reply_markup") or {}).get("inline_keyboard", [])
        titles = [button["text"] for row in rows for button in row]
        text = f"{sent['shown']} {titles}{_file_of(sent.get('file'))}"
        taken = house.telegram.taken[one]
        shown[f"telegram:{sent['chat_id']}"].append(
            Shown(one, text, _doubtful(house, taken), _fate(house, taken))
        )
    # A file is shown when it was fetched; what counts is in which order we sent.
    for form in sorted(house.twilio.shown, key=lambda one: house.twilio.taken[one["sid"]].at):
        titles = [button["title"] for button in form["buttons"]]
        text = f"{form['body']} {titles}{_file_of(form.get('media'))}"
        taken = house.twilio.taken[form["sid"]]
        shown[form["to"]].append(Shown(form["sid"], text, _doubtful(house, taken), _fate(house, taken)))
    return shown


def _file_of(sent: Uploaded | Fetched | None) -> str:
    """What tells the file that came with a message from others, if there was one."""
    return f" [{fingerprint(sent.content)}]" if sent else ""


def _doubtful(house: House, taken: Taken) -> bool:
    """Whether the sender may not have learnt that the message was taken, or could not write it down any more."""
    if taken.answered_at is None or taken.answered_at - taken.at > _PATIENCE:
        return True
    until = taken.answered_at + _GRACE
    for gone, back in house.away:
        if gone < until and back > taken.at:
            until = max(until, back + _GRACE)
    return any(taken.at <= blow <= until for blow in house.sender_blows)


def _fate(house: House, taken: Taken) -> str:
    answered = "never answered"
    if taken.answered_at is not None:
        answered = f"answered at {house.seconds(taken.answered_at)} s"
    return f"taken at {house.seconds(taken.at)} s, {answered}"


def _by_address(rows: Sequence[Any]) -> Rows:
    found: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.address].append(row)
    return found
