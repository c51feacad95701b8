"""What is wrong with a conversation, told from what it left behind and from how it goes when nothing breaks.

Pure: everything that it knows stands in `Talk`. What is told apart in a run, and why, is in docs/architecture.md.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise


class Wrong(StrEnum):
    """Everything that must not happen; each is a figure of the report."""

    LOST = "messages lost"
    TWICE = "messages run twice"
    MIXED_UP = "messages read as another"
    READ_OUT_OF_ORDER = "messages read out of order"
    REPLY_LOST = "replies lost"
    REPLY_TWICE = "replies made twice"
    REPLY_OTHER = "replies that differ"
    REPLIES_OUT_OF_ORDER = "replies out of order"
    SENT_TWICE = "sent twice"
    CASE_LOST = "cases lost"
    CASE_TWICE = "cases doubled"
    CASE_OTHER = "cases that differ"
    RECEIPT = "receipts lost"
    STATE = "conversations left in another state"
    STUCK = "conversations stuck"
    REFUSED = "webhooks refused"
    FELL = "processes that ended by themselves"
    LEFT = "replies left to a person"


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong."""

    wrong: Wrong
    whose: str
    what: str = ""


@dataclass(frozen=True)
class Written:
    """A message of the participant: `taken_at` is when its webhook was acknowledged, `first_at` when first posted."""

    provider_id: str
    text: str
    first_at: float
    taken_at: float | None


@dataclass(frozen=True)
class Line:
    """A line of the participant in the talk, and the message from which it was made."""

    provider_id: str
    text: str


@dataclass(frozen=True)
class Queued:
    """A row of the outbox: what it came to, and the provider's id for it."""

    state: str
    provider_id: str | None


@dataclass(frozen=True)
class Shown:
    """A message as the participant got it.

    Args:
        text: with everything replaced that differs from one conversation to the next.
        doubtful: whether its sender may not have learnt that it was taken.
    """

    provider_id: str
    text: str
    doubtful: bool = False


@dataclass(frozen=True)
class Talk:
    """What one conversation left behind, each list in its order.

    Args:
        kind: which conversations of the reference it is compared with.
        loose: whether the number of replies is chance; see `tests.chaos.script.Kind`.
        inbox: provider id and state of every row of the inbox.
        cases: everything about each case that does not differ from one conversation to the next.
        numbers: whether every case number that was shown is one of a case of this participant.
        state: who has the floor, which question is open, whether somebody still holds it.
        receipts: of each message that was reported on, what was reported and what is stored.
    """

    name: str
    kind: str
    loose: bool = False
    wrote: tuple[Written, ...] = ()
    inbox: tuple[tuple[str, str], ...] = ()
    lines: tuple[Line, ...] = ()
    outbox: tuple[Queued, ...] = ()
    shown: tuple[Shown, ...] = ()
    cases: tuple[str, ...] = ()
    numbers: bool = True
    state: str = ""
    receipts: tuple[tuple[str, str | None], ...] = ()
    stuck: str | None = None


@dataclass
class Reckoning:
    """All findings of a run, and how many doubles were allowed."""

    findings: list[Finding] = field(default_factory=list)
    allowed: int = 0
    """Messages that reached somebody twice, where the provider took one and nobody could know."""

    @property
    def figures(self) -> dict[str, int]:
        found = Counter(finding.wrong for finding in self.findings)
        return {str(wrong): found[wrong] for wrong in Wrong}


def reckon(talks: Sequence[Talk], reference: Sequence[Talk]) -> Reckoning:
    """Compare conversations with those of the same kind in the reference; one of those has to be like it."""
    whole = Reckoning()
    for talk in talks:
        found: list[Finding] = []
        singles, allowed = _sent(talk, found)
        _read(talk, found)
        _compare(talk, singles, [other for other in reference if other.kind == talk.kind], found)
        whole.findings += found
        whole.allowed += allowed
    return whole


def _read(talk: Talk, found: list[Finding]) -> None:
    """Every acknowledged message became one line of the talk, as it was written, in the order of arrival."""
    if talk.stuck:
        found.append(Finding(Wrong.STUCK, talk.name, talk.stuck))
    rows = Counter(provider_id for provider_id, _ in talk.inbox)
    lines = Counter(line.provider_id for line in talk.lines)
    for message in talk.wrote:
        if missed := _missed(talk, message):
            found.append(Finding(missed[0], talk.name, missed[1]))
        count = rows[message.provider_id], lines[message.provider_id]
        if max(count) > 1:
            found.append(Finding(Wrong.TWICE, talk.name, f"{count[0]} rows, {count[1]} lines"))
    if foreign := set(lines) - {message.provider_id for message in talk.wrote}:
        what = f"{len(foreign)} lines of messages that were not written here"
        found.append(Finding(Wrong.MIXED_UP, talk.name, what))
    _in_order(talk, found)


def _missed(talk: Talk, message: Written) -> tuple[Wrong, str] | None:
    """How far a message came, if it is no line of the talk that says the same."""
    state = dict(talk.inbox).get(message.provider_id, "not stored")
    said = next((line.text for line in talk.lines if line.provider_id == message.provider_id), None)
    if message.taken_at is None:
        return Wrong.STUCK, "a webhook was never acknowledged"
    if state in ("not stored", "dead"):
        return Wrong.LOST, f"acknowledged, and {state}"
    if state != "done":
        return Wrong.STUCK, f"a message is {state}"
    if said is None:
        return Wrong.LOST, "done, but no line of the talk"
    return (Wrong.MIXED_UP, "a line says something else") if said != message.text else None


def _in_order(talk: Talk, found: list[Finding]) -> None:
    """What was acknowledged before another message was first posted is read before it."""
    at = {line.provider_id: place for place, line in enumerate(talk.lines)}
    read = [message for message in talk.wrote if message.provider_id in at]
    for one in read:
        for other in read:
            before = one.taken_at is not None and one.taken_at < other.first_at
            if before and at[one.provider_id] > at[other.provider_id]:
                found.append(Finding(Wrong.READ_OUT_OF_ORDER, talk.name))
                return


def _sent(talk: Talk, found: list[Finding]) -> tuple[list[str], int]:
    """Each row of the outbox was sent once, in its order. Gives the texts without doubles, and how many these were."""

    def wrong(what: Wrong, detail: str = "") -> None:
        found.append(Finding(what, talk.name, detail))

    place = {shown.provider_id: at for at, shown in enumerate(talk.shown)}
    for row in talk.outbox:
        if row.state in ("dead", "unknown"):
            wrong(Wrong.LEFT, row.state)
        elif row.state != "sent":
            wrong(Wrong.STUCK, f"a reply is {row.state}")
        elif row.provider_id not in place:
            wrong(Wrong.REPLY_LOST, "sent, says the outbox, but the provider does not know it")
    known = [row.provider_id for row in talk.outbox if row.provider_id in place]
    if len(set(known)) < len(known):
        wrong(Wrong.REPLY_LOST, "two rows of the outbox are one message")
    if any(place[str(one)] > place[str(other)] for one, other in pairwise(known)):
        wrong(Wrong.REPLIES_OUT_OF_ORDER)
    singles = [shown for shown in talk.shown if shown.provider_id in set(known)]
    allowed = _doubles(talk, singles, found)
    return [shown.text for shown in singles], allowed


def _doubles(talk: Talk, singles: Sequence[Shown], found: list[Finding]) -> int:
    """Messages that no row knows: each has to be the one allowed double of one that a row does know."""
    excused: set[str] = set()
    for at, extra in enumerate(talk.shown):
        if extra in singles:
            continue
        later = [one for one in talk.shown[at + 1 :] if one in singles and one.text == extra.text]
        if not extra.doubtful or not later or later[0].provider_id in excused:
            found.append(Finding(Wrong.SENT_TWICE, talk.name, f"message {at + 1} of {len(talk.shown)}"))
            continue
        between = talk.shown[at + 1 : talk.shown.index(later[0])]
        if any(one.text != extra.text for one in between):
            found.append(Finding(Wrong.REPLIES_OUT_OF_ORDER, talk.name, "a double came after a later reply"))
        excused.add(later[0].provider_id)
    return len(excused)


def _compare(talk: Talk, singles: list[str], reference: Sequence[Talk], found: list[Finding]) -> None:
    """The replies, the cases and the state are those of a conversation in which nothing broke."""

    def wrong(what: Wrong, detail: str = "") -> None:
        found.append(Finding(what, talk.name, detail))

    _compare_replies(talk, singles, [[shown.text for shown in other.shown] for other in reference], found)
    if not any(talk.cases == other.cases for other in reference):
        found.append(_cases(talk, reference[0].cases if reference else ()))
    if not talk.numbers:
        wrong(Wrong.CASE_OTHER, "somebody else's case number was shown")
    if not any(talk.state == other.state for other in reference):
        wrong(Wrong.STATE, f"{talk.state}, not {reference[0].state if reference else 'known'}")
    for reported, stored in talk.receipts:
        if stored != reported:
            wrong(Wrong.RECEIPT, f"{reported} was reported, {stored} is stored")


def _compare_replies(talk: Talk, singles: list[str], alike: list[list[str]], found: list[Finding]) -> None:
    """All replies as in one conversation of the reference; of a loose one the first, the last, and none unheard."""
    if not talk.loose:
        if singles not in alike:
            found.append(_replies(talk, singles, alike[0] if alike else []))
        return
    heard = {text for texts in alike for text in texts}
    if unheard := [text for text in singles if text not in heard]:
        found.append(Finding(Wrong.REPLY_OTHER, talk.name, unheard[0]))
    firsts, lasts = {texts[0] for texts in alike if texts}, {texts[-1] for texts in alike if texts}
    if not singles or singles[0] not in firsts or singles[-1] not in lasts:
        found.append(Finding(Wrong.REPLY_LOST, talk.name, "the first or the last reply is missing"))


def _replies(talk: Talk, singles: list[str], expected: list[str]) -> Finding:
    """What is wrong with replies that are not the expected ones."""
    ours, theirs = Counter(singles), Counter(expected)
    if ours == theirs:
        return Finding(Wrong.REPLIES_OUT_OF_ORDER, talk.name)
    if missing := theirs - ours:
        kind = Wrong.REPLY_OTHER if ours - theirs else Wrong.REPLY_LOST
        got = next(iter(ours - theirs), "nothing")
        return Finding(kind, talk.name, f"expected {next(iter(missing))!r}, got {got!r}")
    extra = next(iter(ours - theirs))
    return Finding(Wrong.REPLY_TWICE if extra in theirs else Wrong.REPLY_OTHER, talk.name, extra)


def _cases(talk: Talk, expected: tuple[str, ...]) -> Finding:
    ours, theirs = Counter(talk.cases), Counter(expected)
    if theirs - ours and not ours - theirs:
        return Finding(Wrong.CASE_LOST, talk.name, next(iter(theirs - ours)))
    if ours - theirs and not theirs - ours:
        extra = next(iter(ours - theirs))
        return Finding(Wrong.CASE_TWICE if extra in theirs else Wrong.CASE_OTHER, talk.name, extra)
    return Finding(Wrong.CASE_OTHER, talk.name, f"{talk.cases}, not {expected}")
