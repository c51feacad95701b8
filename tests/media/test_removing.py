"""Files go when they are old enough: from sight at once, from the store and from the provider for sure."""

import pytest
from sqlalchemy import update

from bot.errors import ChannelError
from bot.media.jobs import take_in
from bot.media.keeping import LEASE, WAITS
from bot.media.removing import remove
from bot.messages import Media, MediaKind
from bot.storage.tables import Attachment, MediaFile, MediaState
from tests.media.conftest import Shelf

PDF = b"%PDF-1.7\n surat"


async def aged(shelf: Shelf) -> None:
    """Everything came two days ago by the tests' clock."""
    async with shelf.database.sessions.begin() as session:
        came = shelf.clock.advance(0)
        await session.execute(update(MediaFile).values(created_at=came))
    shelf.clock.advance(2 * 86_400)


async def removed(shelf: Shelf, **which: object) -> int:
    before = shelf.clock.advance(0).replace(hour=0)
    async with shelf.database.sessions.begin() as session:
        return await remove(session, before, shelf.clock(), **which)  # type: ignore[arg-type]


async def test_old_files_of_a_participant_go(shelf: Shelf) -> None:
    talk, other = await shelf.talk(), await shelf.talk("whatsapp:+6281200000002")
    await shelf.says(talk, shelf.at_twilio(PDF, file_name="KTP Budi.pdf"))
    await shelf.says(other, shelf.at_twilio(PDF))
    await shelf.keeper().round()
    await aged(shelf)
    await shelf.says(talk, shelf.at_twilio(PDF + b"new"))
    await shelf.keeper().round()
    async with shelf.database.sessions.begin() as session:  # it came just now, by the tests' clock
        newest = (await shelf.files())[-1].id
        await session.execute(
            update(MediaFile).where(MediaFile.id == newest).values(created_at=shelf.clock())
        )
    assert await removed(shelf, participant_id=talk.participant_id) == 1
    old, elsewhere, new = await shelf.files()
    assert [one.state for one in (old, elsewhere, new)] == ["removing", "stored", "stored"]
    await shelf.keeper().round()
    old, *_ = await shelf.files()
    assert (old.state, old.content_digest, old.sealed_reference) == (MediaState.REMOVED, None, b"")
    assert {path.name for path in shelf.on_disk()} == {elsewhere.name, new.name}
    assert [one.file_name for one in await shelf.attachments()] == ["", "", ""]
    assert await removed(shelf, participant_id=talk.participant_id) == 0


async def test_files_of_one_case_go(shelf: Shelf) -> None:
    talk = await shelf.talk()
    evidence, other = shelf.at_twilio(PDF), shelf.at_twilio(PDF + b"other")
    await shelf.says(talk, evidence, other)
    case = await shelf.case(talk, evidence)
    await shelf.keeper().round()
    await aged(shelf)
    assert await removed(shelf, case_id=case.id) == 1
    await shelf.keeper().round()
    assert [one.state for one in await shelf.files()] == [MediaState.REMOVED, MediaState.STORED]
    assert len(shelf.on_disk()) == 1
    await shelf.keeper().round()
    assert all(one.media_id for one in await shelf.attachments())  # and nothing is fetched anew
    assert shelf.twilio.media == {}


async def test_bytes_stay_while_another_file_shares_them(shelf: Shelf) -> None:
    talk = await shelf.talk()
    await shelf.says(talk, shelf.at_twilio(PDF))
    await shelf.keeper().round()
    await shelf.says(talk, shelf.at_twilio(PDF))
    await shelf.keeper().round()
    first, second = await shelf.files()
    async with shelf.database.sessions.begin() as session:
        await session.execute(
            update(MediaFile)
            .where(MediaFile.id == first.id)
            .values(state="removing", next_try_at=shelf.clock())
        )
    await shelf.keeper().round()
    assert await shelf.vault.get(second.name) == PDF
    async with shelf.database.sessions.begin() as session:
        await session.execute(
            update(MediaFile)
            .where(MediaFile.id == second.id)
            .values(state="removing", next_try_at=shelf.clock())
        )
    await shelf.keeper().round()
    assert shelf.on_disk() == []


async def test_what_was_never_fetched_is_deleted_at_the_provider_all_the_same(shelf: Shelf) -> None:
    await shelf.says(await shelf.talk(), shelf.at_twilio(PDF))
    keeper = shelf.keeper()
    await keeper._claim()  # known, not fetched
    await aged(shelf)
    assert await removed(shelf) == 1
    await shelf.keeper().round()
    assert (await shelf.file()).state is MediaState.REMOVED
    assert shelf.twilio.media == {}


async def test_a_file_that_is_being_fetched_goes_when_that_is_over(shelf: Shelf) -> None:
    await shelf.says(await shelf.talk(), shelf.at_twilio(PDF))
    fetching = shelf.keeper()
    await take_in(shelf.database, shelf.sealer, shelf.clock())
    await aged(shelf)
    [held] = await fetching._claim()
    assert await removed(shelf) == 1
    assert await shelf.keeper().round() == 0
    await fetching._do(held)
    assert len(shelf.on_disk()) == 1
    shelf.clock.advance(LEASE.total_seconds())
    await shelf.keeper().round()
    assert ((await shelf.file()).state, shelf.on_disk(), shelf.twilio.media) == (MediaState.REMOVED, [], {})


async def test_a_store_that_is_away_is_asked_again(shelf: Shelf) -> None:
    await shelf.says(await shelf.talk(), shelf.at_twilio(PDF))
    await shelf.keeper().round()
    await aged(shelf)
    await removed(shelf)
    elsewhere = shelf.folder.rename(shelf.folder.with_name("elsewhere"))
    shelf.folder.write_text("in the way")
    await shelf.keeper().round()
    assert (await shelf.file()).state is MediaState.REMOVING
    shelf.folder.unlink()
    elsewhere.rename(shelf.folder)
    shelf.clock.advance(60)
    await shelf.keeper().round()
    assert ((await shelf.file()).state, shelf.on_disk()) == (MediaState.REMOVED, [])


async def test_a_copy_that_the_provider_keeps_does_not_hold_ours_up(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shelf.says(await shelf.talk(), shelf.at_twilio(PDF))

    async def refuse(media: Media) -> None:
        raise ChannelError("http_400", retry=True)

    monkeypatch.setattr(shelf.channels["whatsapp"], "forget", refuse)
    await shelf.keeper().round()
    await aged(shelf)
    await removed(shelf)
    await shelf.keeper().round()
    assert shelf.on_disk() == []
    assert (await shelf.file()).state is MediaState.REMOVING
    for wait in WAITS:
        shelf.clock.advance(wait)
        await shelf.keeper().round()
    file = await shelf.file()
    assert (file.state, file.at_provider) == (MediaState.REMOVED, True)


async def test_names_of_files_are_forgotten(shelf: Shelf) -> None:
    talk = await shelf.talk()
    await shelf.says(talk, Media(kind=MediaKind.DOCUMENT, reference="", file_name="KK Budi.pdf"))
    await shelf.keeper().round()
    await aged(shelf)
    assert await removed(shelf) == 1
    async with shelf.database.sessions() as session:
        [attachment] = await session.scalars(
            Attachment.__table__.select().with_only_columns(Attachment.file_name)
        )
    assert attachment == ""
