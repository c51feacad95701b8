"""Labels in the database: for all texts that are the same, once, and taken back."""

import asyncio

import pytest
from sqlalchemy import select

from bot.nlu.training import Span
from bot.review import export, labelling, listing
from bot.review.grouping import Counted, groups
from bot.review.labelling import AlreadyDecided, Decided, Decision, NoSuchText
from bot.storage.tables import Agent, ReviewState, Understanding
from tests.review.conftest import NORMALISER, Review


async def decide(review: Review, agent: Agent, decision: Decision) -> Decided:
    async with review.database.sessions.begin() as session:
        return await labelling.decide(session, agent, decision, NORMALISER, review.clock())


async def test_a_label_holds_for_every_text_that_is_the_same(review: Review) -> None:
    ani = await review.agent("Ani")
    same = await review.keep("kantor Palembang buka ga?", "KANTOR palembanggg buka gak ?")
    (other,) = await review.keep("kantor palembang tutup ga?")
    place = Span("place", "Palembang", 7, 16)
    done = await decide(review, ani, Decision(same[0], "ask_closure", {same[0]: (place,)}))
    assert done.count == 2
    first, second = [await review.row(id_) for id_ in same]
    assert (first.label, first.state, first.reviewed_by) == ("ask_closure", ReviewState.LABELLED, ani.id)
    assert first.reviewed_at == review.clock()
    assert first.entities == [{"entity": "place", "start": 7, "end": 16}]
    assert second.entities == [{"entity": "place", "start": 7, "end": 18}]  # its own letters
    assert (await review.row(other)).state is ReviewState.OPEN


async def test_similar_texts_go_along_with_their_own_marks(review: Review) -> None:
    ani = await review.agent("Ani")
    first, second, third = await review.keep("sep ga terbit", "sep tdk terbit2", "sep terbit kapan")
    spans = (Span("system", "sep", 0, 3),)
    done = await decide(review, ani, Decision(first, "ask_outage", {first: (), second: spans}))
    assert done.count == 2
    assert (await review.row(first)).entities == []
    assert (await review.row(second)).entities == [{"entity": "system", "start": 0, "end": 3}]
    assert (await review.row(third)).state is ReviewState.OPEN


async def test_of_two_at_once_the_second_learns_who_was_first(review: Review) -> None:
    people = [await review.agent(name) for name in ("Ani", "Budi")]
    (id_,) = await review.keep("otp ga masuk")
    decisions = [Decision(id_, label) for label in ("ask_outage", "file_complaint")]
    results = await asyncio.gather(
        *(decide(review, agent, decision) for agent, decision in zip(people, decisions, strict=True)),
        return_exceptions=True,
    )
    (done,) = [at for at, result in enumerate(results) if isinstance(result, Decided)]
    taken = results[1 - done]
    assert isinstance(taken, AlreadyDecided)
    assert (taken.name, taken.label) == (people[done].name, decisions[done].label)
    row = await review.row(id_)
    assert (row.label, row.reviewed_by) == (decisions[done].label, people[done].id)


async def test_what_was_decided_in_one_act_is_taken_back_in_one(review: Review) -> None:
    ani = await review.agent("Ani")
    ids = await review.keep("asdf", "ASDF", "qwer")
    done = await decide(review, ani, Decision(ids[0], None, {ids[2]: ()}))
    assert [(await review.row(id_)).state for id_ in ids] == [ReviewState.USELESS] * 3
    async with review.database.sessions.begin() as session:
        assert len(await labelling.take_back(session, ani, done.act_id)) == 3
        assert await labelling.take_back(session, ani, done.act_id) == []
    row = await review.row(ids[0])
    assert (row.state, row.label, row.reviewed_by, row.act_id) == (ReviewState.OPEN, None, None, None)


async def test_a_branch_sees_and_labels_its_own_and_what_has_none(review: Review) -> None:
    ani = await review.agent("Ani", "samarinda")
    here = await review.keep("kartu hilang", branch="samarinda")
    away = await review.keep("kartu hilang", "kartu rusak", branch="palembang")
    none = await review.keep("kartu hilang")
    async with review.database.sessions() as session:
        assert await listing.open_texts(session, ani) == [Counted("kartu hilang", 2, none[0])]
        assert await listing.waiting(session, ani) == 2
        assert await listing.progress(session, ani) == {"open": 2, "labelled": 0, "useless": 0}
    await decide(review, ani, Decision(here[0], "ask_card"))
    assert [(await review.row(id_)).label for id_ in (*here, *away, *none)] == [
        "ask_card",
        None,
        None,
        "ask_card",
    ]
    with pytest.raises(NoSuchText):
        await decide(review, ani, Decision(away[1], "ask_card"))


async def test_what_is_known_of_a_text_is_told(review: Review) -> None:
    ani = await review.agent("Ani")
    await review.keep("kartu", "Kartu", outcome="asked_back", chosen="ask_card")
    (newest,) = await review.keep("KARTU!"[:5], outcome="corrected", chosen="help")
    async with review.database.sessions() as session:
        (seen,) = (await listing.seen(session, ani, ["kartu"])).values()
    assert (seen.row.id, seen.count) == (newest, 3)
    assert seen.outcomes == {"asked_back": 2, "corrected": 1}
    assert seen.chosen == {"ask_card": 2, "help": 1}


async def test_rows_of_the_first_release_are_grouped_by_their_words(review: Review) -> None:
    ani = await review.agent("Ani")
    async with review.database.sessions.begin() as session:
        for _ in range(2):
            session.add(Understanding(text="kartu [hilang]\nya", outcome="fell_through", thought={}))
    async with review.database.sessions() as session:
        (text,) = await listing.open_texts(session, ani)
        (row,) = (await listing.seen(session, ani, [text.alike])).values()
    assert text.count == 2
    await decide(review, ani, Decision(row.row.id, "ask_card", {row.row.id: (Span("when", "ya", 15, 17),)}))
    async with review.database.sessions() as session:
        (example, _) = await export.labelled(session)
    assert export.as_line(example) == "kartu (hilang) [ya](when)"


async def test_the_most_frequent_and_newest_texts_are_grouped(
    review: Review, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "GROUPED", 2)
    ani = await review.agent("Ani")
    await review.keep("lama sekali", "sering", "sering", "baru saja")
    async with review.database.sessions() as session:
        made = groups(await listing.open_texts(session, ani))
    assert [group.text.alike for group in made] == ["sering", "baru saja"]


async def test_the_newest_label_is_exported_and_undone_ones_are_not(review: Review) -> None:
    ani = await review.agent("Ani")
    ids = await review.keep("satu dua", "tiga empat", "lima enam")
    for id_, label in zip(ids, ("greet", "thank", None), strict=True):
        last = await decide(review, ani, Decision(id_, label))
    async with review.database.sessions.begin() as session:
        await labelling.take_back(session, ani, last.act_id)
        assert sorted((one.text, one.intent) for one in await export.labelled(session)) == [
            ("satu dua", "greet"),
            ("tiga empat", "thank"),
        ]
        states = await session.scalars(select(Understanding.state).order_by(Understanding.id))
        assert list(states) == [ReviewState.LABELLED, ReviewState.LABELLED, ReviewState.OPEN]
