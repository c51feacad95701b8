"""Whether everything in the outbox was sent once, in its order. Pure, as `tests.chaos.reckoning`."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tests.chaos.findings import Finding, Wrong


@dataclass(frozen=True)
class Queued:
    """A row of the outbox: what it came to, the provider's id for it, and how often a person sent it again."""

    state: str
    provider_id: str | None
    resent: int = 0


@dataclass(frozen=True)
class Shown:
    """A message as the participant got it.

    Args:
        text: with everything replaced that differs from one conversation to the next.
        doubtful: whether its sender may not have learnt that it was taken.
        fate: when the provider took it and had answered, for whoever looks for the cause of a finding.
    """

    provider_id: str
    text: str
    doubtful: bool = False
    fate: str = ""


def sent_once(
    name: str, outbox: Sequence[Queued], shown: Sequence[Shown], found: list[Finding]
) -> tuple[list[str], int]:
    """Each row of the outbox was sent once, in its order. Gives the texts without doubles, and how many these were."""

    def wrong(what: Wrong, detail: str = "") -> None:
        found.append(Finding(what, name, detail))

    place = {one.provider_id: at for at, one in enumerate(shown)}
    for row in outbox:
        if row.state in ("dead", "unknown"):
            wrong(Wrong.LEFT, row.state)
        elif row.state != "sent":
            wrong(Wrong.STUCK, f"a reply is {row.state}")
        elif row.provider_id not in place:
            wrong(Wrong.REPLY_LOST, "sent, says the outbox, but the provider does not know it")
    known = {row.provider_id: row.resent for row in outbox if row.provider_id in place}
    if len(known) < sum(row.provider_id in place for row in outbox):
        wrong(Wrong.REPLY_LOST, "two rows of the outbox are one message")
    by_itself = [str(one) for one, resent in known.items() if not resent]
    if any(place[one] > place[other] for one, other in pairwise(by_itself)):
        wrong(Wrong.REPLIES_OUT_OF_ORDER)
    allowed = _doubles(name, shown, known, found)
    return [shown[place[str(one)]].text for one in known], allowed


def _doubles(name: str, shown: Sequence[Shown], known: Mapping[str | None, int], found: list[Finding]) -> int:
    """Messages that no row knows: each has to be the one allowed double of one that a row does know.

    With each time that a person sent it again one more is allowed, and it may come anywhere.

    Args:
        known: how often each message that a row knows was sent again, by its id.
    """
    singles = [one for one in shown if one.provider_id in known]
    anywhere = {one.text for one in singles if known[one.provider_id]}
    excused: Counter[str] = Counter()
    for at, extra in enumerate(shown):
        if extra in singles:
            continue
        later = [
            one
            for one in shown[at + 1 :]
            if one in singles
            and one.text == extra.text
            and excused[one.provider_id] <= known[one.provider_id]
        ]
        if not extra.doubtful or not later:
            found.append(Finding(Wrong.SENT_TWICE, name, f"message {at + 1} of {len(shown)}, {extra.fate}"))
            continue
        between = shown[at + 1 : shown.index(later[0])]
        if extra.text not in anywhere and {one.text for one in between} - {extra.text} - anywhere:
            found.append(Finding(Wrong.REPLIES_OUT_OF_ORDER, name, "a double came after a later reply"))
        excused[later[0].provider_id] += 1
    return excused.total()
