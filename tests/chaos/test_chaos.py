"""The short version of the crash harness, and the proof on its own records that it would have seen what is wrong."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tests.chaos.__main__ import written
from tests.chaos.findings import Wrong
from tests.chaos.hearing import Hearing, listen
from tests.chaos.reckoning import Talk, reckon
from tests.chaos.sending import Shown
from tests.chaos.storm import Plan, Report, run
from tests.chaos.weather import Blow, forecast

SHORT = Plan(
    seed=int(os.environ.get("CHAOS_SEED", "11")),
    seconds=20,
    conversations=34,
    at_once=20,
    every=1.6,
    crowd=40,
)
"""Each kind of conversation on each channel once, and each kind of blow."""


def test_the_same_seed_gives_the_same_weather() -> None:
    assert forecast(7, 300, 4) == forecast(7, 300, 4) != forecast(8, 300, 4)
    assert {event.blow for event in forecast(7, 300, 4)} == set(Blow)


async def test_nothing_is_lost_or_done_twice_in_a_short_storm(tmp_path: Path) -> None:
    report = await run(SHORT, tmp_path, print)
    said = f"replay with: CHAOS_SEED={SHORT.seed}\n{written(report, 0)}"
    assert report.good, said
    assert report.figures["conversations"] == SHORT.conversations, said
    assert len(report.blows) > 6, said
    it_would_have_seen(report)


def it_would_have_seen(report: Report) -> None:
    """What really came out of the run, spoilt in one place at a time."""

    def spoilt(which: Callable[[Talk], bool], spoil: Callable[[Talk], Talk]) -> set[Wrong]:
        talk = next(talk for talk in report.talks if which(talk))
        return {finding.wrong for finding in reckon([spoil(talk)], report.reference).findings}

    def strict(talk: Talk) -> bool:
        return not talk.loose and len(talk.shown) > 2 and len(talk.shown) == len(talk.outbox)

    def more(talk: Talk) -> Shown:
        return Shown("again", talk.shown[-1].text)

    assert Wrong.LOST in spoilt(strict, lambda talk: replace(talk, inbox=talk.inbox[1:]))
    assert Wrong.TWICE in spoilt(strict, lambda talk: replace(talk, lines=(*talk.lines, talk.lines[0])))
    assert Wrong.CASE_TWICE in spoilt(
        lambda talk: bool(talk.cases), lambda talk: replace(talk, cases=talk.cases * 2)
    )
    assert Wrong.CASE_LOST in spoilt(lambda talk: bool(talk.cases), lambda talk: replace(talk, cases=()))
    assert Wrong.SENT_TWICE in spoilt(strict, lambda talk: replace(talk, shown=(*talk.shown, more(talk))))
    assert Wrong.REPLY_LOST in spoilt(strict, lambda talk: replace(talk, shown=talk.shown[:-1]))
    assert Wrong.REPLIES_OUT_OF_ORDER in spoilt(
        strict, lambda talk: replace(talk, shown=(talk.shown[1], talk.shown[0], *talk.shown[2:]))
    )
    photos = _of_kind("photo")
    assert Wrong.PHOTO_LOST in spoilt(photos, lambda talk: replace(talk, photos=()))
    assert Wrong.PHOTO_TWICE in spoilt(photos, lambda talk: replace(talk, photos=talk.photos * 2))
    agents = _of_kind("agent sends photos")
    assert Wrong.PHOTO_LOST in spoilt(agents, lambda talk: replace(talk, beside=talk.beside[1:]))
    assert Wrong.PHOTO_TWICE in spoilt(agents, lambda talk: replace(talk, beside=talk.beside * 2))
    assert Wrong.REPLY_OTHER in spoilt(agents, _with_anothers_photo)
    assert Wrong.REPLY_LOST in spoilt(agents, lambda talk: replace(talk, shown=_but_photo(talk)))
    assert Wrong.SENT_TWICE in spoilt(agents, _with_a_photo_twice)
    assert Wrong.ALBUM in spoilt(_of_kind("album"), _in_two_turns)
    assert Wrong.EDIT in spoilt(_of_kind("edited"), _referring_to_nothing)
    assert Wrong.QUOTE in spoilt(_of_kind("quoted"), _referring_to_nothing)
    heard = next(one for one in report.hearings if len(one.due) > 1)
    assert Wrong.NEWS_MISSED in _misheard(replace(heard, shown=()))
    assert Wrong.NEWS_UNASKED in _misheard(replace(heard, due=frozenset()))


def _misheard(hearing: Hearing) -> set[Wrong]:
    return {finding.wrong for finding in listen([hearing]).findings}


def _of_kind(name: str) -> Callable[[Talk], bool]:
    return lambda talk: talk.kind.rpartition(" ")[0] == name


def _in_two_turns(talk: Talk) -> Talk:
    """Its last photo, which was there in time, was read later than the others."""
    last = max(at for at, one in enumerate(talk.wrote) if one.album)
    rows = [
        replace(row, tries=0, done_at=0.0 if row.provider_id == talk.wrote[last].provider_id else row.done_at)
        for row in talk.inbox
    ]
    return replace(talk, inbox=tuple(rows), quiet=float("inf"))


def _referring_to_nothing(talk: Talk) -> Talk:
    return replace(talk, lines=tuple(replace(line, refers_to=None) for line in talk.lines))


def _but_photo(talk: Talk) -> tuple[Shown, ...]:
    """What was shown, without the first photo of the agent."""
    assert any("[photo 1]" in one.text for one in talk.shown)
    return tuple(one for one in talk.shown if "[photo 1]" not in one.text)


def _with_anothers_photo(talk: Talk) -> Talk:
    """The words came with a photo of somebody else."""
    shown = (replace(one, text=one.text.replace("[photo 1]", "[0123456789abcdef]")) for one in talk.shown)
    return replace(talk, shown=tuple(shown))


def _with_a_photo_twice(talk: Talk) -> Talk:
    """The agent's second photo came once more, long after."""
    again = next(one for one in talk.shown if "[photo 2]" in one.text)
    return replace(talk, shown=(*talk.shown, replace(again, provider_id="again")))
