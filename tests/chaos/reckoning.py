"""What is wrong with a conversation, told from what it left behind and from how it goes when nothing breaks.

Pure: everything that it knows stands in `Talk`. What is told apart in a run, and why, is in docs/architecture.md.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.chaos.findings import Finding, Wrong
from tests.chaos.sending import Queued, Shown, sent_once


@dataclass(frozen=True)
class Written:
    """A message of the participant.

    Args:
        text: as it stands in the talk: of a photo without words ``[image]``.
        first_at: when its webhook was first posted, in seconds.
        taken_at: when that was acknowledged.
        photo: what tells the photo that came with it from others.
        album: the album that it is of.
        changes: the message of which it is the newer version.
        quotes: our message to which it is a reply.
    """

    provider_id: str
    text: str
    first_at: float = 0.0
    taken_at: float | None = None
    photo: str | None = None
    album: str | None = None
    changes: str | None = None
    quotes: str | None = None


@dataclass(frozen=True)
class Stored:
    """A row of the inbox: when it came and when its turn was over, in seconds; `tries` of a turn that failed."""

    provider_id: str
    state: str
    received_at: float = 0.0
    done_at: float | None = None
    tries: int = 0


@dataclass(frozen=True)
class Line:
    """A line of the participant in the talk, the message from which it was made, and the one that it refers to."""

    provider_id: str
    text: str
    refers_to: str | None = None


@dataclass(frozen=True)
class Talk:
    """What one conversation left behind, each list in its order.

    Args:
        kind: which conversations of the reference it is compared with.
        loose: whether the number of replies is chance; see `tests.chaos.script.Kind`.
        cases: everything about each case that does not differ from one conversation to the next.
        numbers: whether every case number that was shown is one of a case of this participant.
        state: who has the floor, which question is open, whether somebody still holds it.
        receipts: of each message that was reported on, what was reported and what is stored.
        photos: of each photo beside a line its message, and what is kept of it: that which tells it from others.
        enclosed: what tells each photo that an agent sent from others.
        beside: of each photo beside a line of an agent, what is kept of it.
        quiet: seconds that a turn waits for more.
    """

    name: str
    kind: str
    loose: bool = False
    wrote: tuple[Written, ...] = ()
    inbox: tuple[Stored, ...] = ()
    lines: tuple[Line, ...] = ()
    outbox: tuple[Queued, ...] = ()
    shown: tuple[Shown, ...] = ()
    cases: tuple[str, ...] = ()
    numbers: bool = True
    state: str = ""
    receipts: tuple[tuple[str, str | None], ...] = ()
    photos: tuple[tuple[str, str], ...] = ()
    enclosed: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    quiet: float = 0.0
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
        singles, allowed = sent_once(talk.name, talk.outbox, talk.shown, found)
        _read(talk, found)
        _photos(talk, found)
        _enclosed(talk, found)
        _albums(talk, found)
        _compare(talk, singles, [other for other in reference if other.kind == talk.kind], found)
        whole.findings += found
        whole.allowed += allowed
    return whole


def _read(talk: Talk, found: list[Finding]) -> None:
    """Every acknowledged message became one line of the talk, as it was written, in the order of arrival."""
    if talk.stuck:
        found.append(Finding(Wrong.STUCK, talk.name, talk.stuck))
    rows = Counter(row.provider_id for row in talk.inbox)
    lines = Counter(line.provider_id for line in talk.lines)
    for message in talk.wrote:
        if missed := _missed(talk, message) or _misread(talk, message):
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
    state = next((row.state for row in talk.inbox if row.provider_id == message.provider_id), "not stored")
    said = _line_of(talk, message.provider_id)
    if message.taken_at is None:
        return Wrong.STUCK, "a webhook was never acknowledged"
    if state in ("not stored", "dead"):
        return Wrong.LOST, f"acknowledged, and {state}"
    if state != "done":
        return Wrong.STUCK, f"a message is {state}"
    newer = next((one.provider_id for one in talk.wrote if one.changes == message.provider_id), None)
    if said is None and not (newer and _line_of(talk, newer)):
        return Wrong.LOST, "done, but no line of the talk"
    return None


def _misread(talk: Talk, message: Written) -> tuple[Wrong, str] | None:
    """What is wrong with the line that was made from a message, if there is one."""
    line = _line_of(talk, message.provider_id)
    if line is None:
        return None
    if line.text != message.text:
        return Wrong.MIXED_UP, "a line says something else"
    if message.changes and _line_of(talk, message.changes) and line.refers_to != message.changes:
        return Wrong.EDIT, "beside the line that it changes"
    if message.quotes and line.refers_to != message.quotes:
        return Wrong.QUOTE, f"{message.quotes}, not {line.refers_to}"
    return None


def _line_of(talk: Talk, provider_id: str) -> Line | None:
    return next((line for line in talk.lines if line.provider_id == provider_id), None)


def _photos(talk: Talk, found: list[Finding]) -> None:
    """Each photo is kept once, beside the line of its message, as it was sent."""
    for message in talk.wrote:
        if not message.photo or message.taken_at is None:
            continue
        beside = [photo for provider_id, photo in talk.photos if provider_id == message.provider_id]
        if message.photo not in beside:
            found.append(Finding(Wrong.PHOTO_LOST, talk.name, ", ".join(beside) or "no file"))
        elif len(beside) > 1:
            found.append(Finding(Wrong.PHOTO_TWICE, talk.name, f"{len(beside)} times"))


def _enclosed(talk: Talk, found: list[Finding]) -> None:
    """Each photo of an agent is kept once, beside the line with which it went."""
    kept = Counter(talk.beside)
    for photo in talk.enclosed:
        if not kept[photo]:
            found.append(Finding(Wrong.PHOTO_LOST, talk.name, f"of an agent: {', '.join(kept) or 'no file'}"))
    for photo, times in kept.items():
        if times > 1 or photo not in talk.enclosed:
            found.append(Finding(Wrong.PHOTO_TWICE, talk.name, f"of an agent: {photo}, {times} times"))


def _albums(talk: Talk, found: list[Finding]) -> None:
    """Photos that were there before the first of them could be read are one turn with it."""
    rows = {row.provider_id: row for row in talk.inbox}
    for album in sorted({message.album for message in talk.wrote if message.album}):
        of_it = [one for one in talk.wrote if one.album == album and one.provider_id in rows]
        first = min((rows[one.provider_id] for one in of_it), key=lambda row: row.received_at, default=None)
        if first is None or any(rows[one.provider_id].tries for one in of_it):
            continue  # after a failure the first is tried alone
        until = first.received_at + talk.quiet
        there = [one for one in of_it if one.taken_at is not None and one.taken_at < until]
        if {rows[one.provider_id].done_at for one in there} - {first.done_at}:
            found.append(Finding(Wrong.ALBUM, talk.name, f"{len(there)} photos"))


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
    """All replies as in one conversation of the reference; of a loose one one a turn, the last, and none unheard.

    Of what was written quickly even the reference may have only some of the ways in which it makes turns.
    """
    if not talk.loose:
        if singles not in alike:
            found.append(_replies(talk, singles, alike[0] if alike else []))
        return
    heard = {text for texts in alike for text in texts}
    if unheard := [text for text in singles if text not in heard]:
        found.append(Finding(Wrong.REPLY_OTHER, talk.name, unheard[0]))
    # What still comes of an album that was answered is not answered anew.
    photos = {one.provider_id for one in talk.wrote if one.album}
    turns = len({row.done_at for row in talk.inbox if row.provider_id not in photos})
    if len(singles) < turns:
        found.append(Finding(Wrong.REPLY_LOST, talk.name, f"{len(singles)} replies in {turns} turns"))
    elif not singles or singles[-1] not in {texts[-1] for texts in alike if texts}:
        found.append(Finding(Wrong.REPLY_LOST, talk.name, "the last reply is missing"))


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
