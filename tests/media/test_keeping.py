"""From the provider into our store, whatever goes wrong on the way."""

import asyncio
import secrets
from datetime import timedelta

import pytest

from bot.media import keeping
from bot.media.jobs import try_again
from bot.media.keeping import LEASE, WAITS
from bot.messages import Media, MediaKind
from bot.storage.tables import MediaState
from tests.media.conftest import Shelf
from tests.standins.twilio import error_body

PDF = b"%PDF-1.7\n" + b"surat rujukan " * 200


async def test_a_file_is_fetched_kept_sealed_and_deleted_at_twilio(shelf: Shelf) -> None:
    await shelf.says(await shelf.talk(), shelf.at_twilio(PDF))
    await shelf.keeper().round()
    file = await shelf.file()
    assert (file.state, file.content_type, file.size) == (MediaState.STORED, "application/pdf", len(PDF))
    assert (file.at_provider, file.next_try_at, file.hold) == (False, None, None)
    assert shelf.twilio.media == {}
    [kept] = shelf.on_disk()
    assert kept.name == file.name
    assert b"rujukan" not in kept.read_bytes()
    assert kept.stat().st_mode & 0o077 == 0
    assert await shelf.vault.get(file.name) == PDF


async def test_a_file_from_telegram(shelf: Shelf) -> None:
    shelf.telegram.files["voice-1"] = ("voice/file_2.oga", b"OggS" + b"\0" * 40)
    media = Media(kind=MediaKind.VOICE, reference="voice-1", content_type="audio/ogg")
    await shelf.says(await shelf.talk("telegram:4711"), media)
    await shelf.keeper().round()
    file = await shelf.file()
    assert (file.state, file.content_type, file.at_provider) == (MediaState.STORED, "audio/ogg", False)


async def test_what_becomes_evidence_is_fetched_once(shelf: Shelf) -> None:
    talk, media = await shelf.talk(), shelf.at_twilio(PDF)
    await shelf.says(talk, media)
    await shelf.keeper().round()
    await shelf.case(talk, media)  # Twilio has it no more by now
    await shelf.keeper().round()
    file = await shelf.file()
    assert [one.media_id for one in await shelf.attachments()] == [file.id, file.id]
    assert file.state is MediaState.STORED


async def test_equal_files_of_a_conversation_are_kept_once(shelf: Shelf) -> None:
    talk = await shelf.talk()
    await shelf.says(talk, shelf.at_twilio(PDF))
    await shelf.keeper().round()
    await shelf.says(talk, shelf.at_twilio(PDF))
    await shelf.says(await shelf.talk("whatsapp:+6281200000002"), shelf.at_twilio(PDF))
    await shelf.keeper().round()
    first, again, elsewhere = await shelf.files()
    assert first.name == again.name != elsewhere.name
    assert len(shelf.on_disk()) == 2
    assert first.content_digest == again.content_digest


async def test_a_file_that_twilio_does_not_have_yet_comes_later(shelf: Shelf) -> None:
    await shelf.says(await shelf.talk(), shelf.at_twilio(PDF))
    shelf.twilio.fail_next(404, error_body(20404, 404), times=2)
    await shelf.keeper().round()
    file = await shelf.file()
    assert (file.state, file.attempts) == (MediaState.WAITING, 1)
    for wait in WAITS[:2]:
        shelf.clock.advance(wait)
        await shelf.keeper().round()
    assert (await shelf.file()).state is MediaState.STORED


async def test_a_file_that_is_gone_is_given_up_and_tried_again_by_hand(shelf: Shelf) -> None:
    media = shelf.at_twilio(PDF)
    kept = dict(shelf.twilio.media)
    shelf.twilio.media.clear()
    await shelf.says(await shelf.talk(), media)
    for wait in (*WAITS, 0):
        await shelf.keeper().round()
        shelf.clock.advance(wait)
    file = await shelf.file()
    assert (file.state, file.reason, file.next_try_at) == (MediaState.FAILED, "http_404", None)
    shelf.twilio.media |= kept
    async with shelf.database.sessions.begin() as session:
        assert await try_again(session, file.id, shelf.clock())
        assert not await try_again(session, file.id, shelf.clock())
    await shelf.keeper().round()
    assert (await shelf.file()).state is MediaState.STORED


@pytest.mark.parametrize("trouble", ["500", "cut", "429"])
async def test_trouble_on_the_way_is_tried_again(trouble: str, shelf: Shelf) -> None:
    await shelf.says(await shelf.talk(), shelf.at_twilio(PDF))
    if trouble == "cut":
        shelf.twilio.cut_next(after_taking=False)
    else:
        shelf.twilio.fail_next(int(trouble), error_body(20500, int(trouble)))
    await shelf.keeper().round()
    assert (await shelf.file()).state is MediaState.WAITING
    shelf.clock.advance(WAITS[0])
    await shelf.keeper().round()
    assert (await shelf.file()).state is MediaState.STORED


async def test_a_provider_that_hangs_is_not_waited_for(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "PATIENCE", 0.2)
    await shelf.says(await shelf.talk(), shelf.at_twilio(PDF))
    shelf.twilio.hang_next(1.0)
    await shelf.keeper().round()
    file = await shelf.file()
    assert (file.state, file.attempts) == (MediaState.WAITING, 1)


async def test_the_copy_is_deleted_once_twilio_is_done_with_the_message(shelf: Shelf) -> None:
    await shelf.says(await shelf.talk(), shelf.at_twilio(PDF))
    keeper = shelf.keeper(in_flight=1)
    [file] = await keeper._claim()
    await keeper._do(file)  # fetched and stored; nothing deleted yet
    shelf.twilio.fail_next(400, error_body(20009, 400), times=2)
    await keeper.round()
    file = await shelf.file()
    assert (file.state, file.at_provider, file.attempts) == (MediaState.STORED, True, 1)
    assert len(shelf.twilio.media) == 1
    for wait in WAITS[:2]:
        shelf.clock.advance(wait)
        await keeper.round()
    assert (await shelf.file()).at_provider is False
    assert shelf.twilio.media == {}


async def test_a_copy_that_cannot_be_deleted_is_left_some_day(shelf: Shelf) -> None:
    await shelf.says(await shelf.talk(), shelf.at_twilio(PDF))
    keeper = shelf.keeper(in_flight=1)
    [file] = await keeper._claim()
    await keeper._do(file)
    shelf.twilio.fail_next(400, error_body(20009, 400), times=50)
    for wait in (*WAITS, 0):
        await keeper.round()
        shelf.clock.advance(wait)
    file = await shelf.file()
    assert (file.state, file.at_provider, file.next_try_at) == (MediaState.STORED, True, None)


@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        (b"", "", "media_empty"),
        (b"MZ\x90\0\x03\0\0\0 DOS mode", "surat.pdf", "media_program"),
        (b"<html>", "", "media_page"),
        (b"%PDF-1.7", "surat.pdf.exe", "media_program"),
    ],
)
async def test_what_we_do_not_keep_is_deleted_at_twilio_too(
    content: bytes, name: str, reason: str, shelf: Shelf
) -> None:
    await shelf.says(await shelf.talk(), shelf.at_twilio(content, file_name=name))
    await shelf.keeper().round()
    file = await shelf.file()
    assert (file.state, file.reason, file.at_provider) == (MediaState.REFUSED, reason, False)
    assert shelf.on_disk() == []
    assert shelf.twilio.media == {}


async def test_a_file_that_is_said_to_be_too_large_is_not_even_asked_for(shelf: Shelf) -> None:
    await shelf.says(await shelf.talk(), shelf.at_twilio(PDF, size=21 * 1024 * 1024))
    await shelf.keeper().round()
    assert (await shelf.file()).reason == "media_too_large"
    assert shelf.twilio.cdn_authorizations == []


async def test_a_file_from_elsewhere_is_never_asked_for(shelf: Shelf) -> None:
    await shelf.says(
        await shelf.talk(), Media(kind=MediaKind.IMAGE, reference="http://169.254.169.254/latest")
    )
    await shelf.keeper().round()
    file = await shelf.file()
    assert (file.state, file.reason) == (MediaState.FAILED, "media_foreign")


async def test_several_processes_never_fetch_one_file_twice(shelf: Shelf) -> None:
    talk = await shelf.talk()
    contents = [PDF + secrets.token_bytes(8) for _ in range(12)]
    await shelf.says(talk, *(shelf.at_twilio(content) for content in contents))
    await asyncio.gather(*(shelf.keeper().round() for _ in range(4)))
    assert len(shelf.twilio.cdn_authorizations) == 12
    assert {await shelf.vault.get(file.name) for file in await shelf.files()} == set(contents)
    assert len(shelf.on_disk()) == 12


@pytest.mark.parametrize("lease", [LEASE, timedelta(seconds=20)])
async def test_a_file_of_a_dead_process_is_taken_over(shelf: Shelf, lease: timedelta) -> None:
    await shelf.says(await shelf.talk(), shelf.at_twilio(PDF))
    dead = shelf.keeper(lease=lease)
    [held] = await dead._claim()
    shelf.clock.advance(lease.total_seconds() - 1)
    assert await shelf.keeper().round() == 0
    shelf.clock.advance(1)
    await shelf.keeper().round()
    assert (await shelf.file()).state is MediaState.STORED
    await dead._do(held)  # it was only paused: what it writes is not taken
    assert (await shelf.file()).state is MediaState.STORED
    assert len(shelf.on_disk()) == 1


async def test_a_store_that_is_away_loses_nothing(shelf: Shelf) -> None:
    await shelf.says(await shelf.talk(), shelf.at_twilio(PDF))
    shelf.folder.write_text("in the way")
    await shelf.keeper().round()
    file = await shelf.file()
    assert (file.state, file.attempts, file.at_provider) == (MediaState.WAITING, 0, True)
    assert len(shelf.twilio.media) == 1
    shelf.folder.unlink()
    shelf.clock.advance(60)
    await shelf.keeper().round()
    assert (await shelf.file()).state is MediaState.STORED


async def test_the_loop_is_woken_and_stops(shelf: Shelf) -> None:
    stopping = asyncio.Event()
    running = asyncio.create_task(shelf.keeper().run(stopping))
    await asyncio.sleep(0.5)
    await shelf.says(await shelf.talk(), shelf.at_twilio(PDF))
    async with asyncio.timeout(3):  # less than the poll: the notification woke it
        while not (files := await shelf.files()) or files[0].at_provider:
            await asyncio.sleep(0.05)
    stopping.set()
    await asyncio.wait_for(running, 5)
