"""Whether everybody heard what they wished to hear, once. Pure, as `tests.chaos.reckoning`."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tests.chaos.findings import Finding, Wrong
from tests.chaos.news import news_of
from tests.chaos.reckoning import Reckoning
from tests.chaos.sending import Queued, Shown, sent_once


@dataclass(frozen=True)
class Hearing:
    """What somebody was told of notices.

    Args:
        due: the news that they had to hear.
        free: news that they may have heard or not: it was told while they began or ceased to wish for it.
        outbox: the rows that bring news; one that was cancelled brings none.
        shown: what came of them.
    """

    name: str
    due: frozenset[str] = frozenset()
    free: frozenset[str] = frozenset()
    outbox: tuple[Queued, ...] = ()
    shown: tuple[Shown, ...] = ()


def listen(hearings: Sequence[Hearing]) -> Reckoning:
    """What is wrong with what they heard."""
    whole = Reckoning()
    for one in hearings:
        rows = [row for row in one.outbox if row.state != "cancelled"]
        texts, allowed = sent_once(one.name, rows, one.shown, whole.findings)
        whole.allowed += allowed
        heard = Counter(news_of(text) for text in texts)
        came = {news_of(shown.text) for shown in one.shown}
        for wrong, news in (
            (Wrong.NEWS_MISSED, one.due - came),
            (Wrong.NEWS_TWICE, {name for name, times in heard.items() if times > 1}),
            (Wrong.NEWS_UNASKED, came - one.due - one.free),
        ):
            whole.findings += [Finding(wrong, one.name, str(name)) for name in sorted(map(str, news))]
    return whole
