"""What agents send along: what it is by its bytes, whether the channel takes it, and that nothing is left behind."""

from datetime import datetime

import pytest
from sqlalchemy import select

from bot.channels import telegram, whatsapp
from bot.conversation.speaking import Saying, Speaker, say
from bot.media.enclosing import UNSENT, NotTaken, NotThere, Upload, accepted, settle
from bot.media.names import fitting
from bot.media.removing import remove
from bot.messages import Enclosure, MediaKind, Text
from bot.retention import Kept, clear
from bot.storage.tables import Attachment, Author, Conversation, MediaFile, MediaState, Outbox
from tests.media.conftest import Shelf
from tests.media.files import HOSTILE, PDF, REASONS, VOICE, padded, picture

WHATSAPP, TELEGRAM = whatsapp.LIMITS.files, telegram.LIMITS.files
MB = 1_000_000


@pytest.mark.parametrize("takes", [WHATSAPP, TELEGRAM])
@pytest.mark.parametrize("what", HOSTILE)
def test_what_is_hostile_goes_nowhere(what: str, takes: tuple) -> None:
    name, content = HOSTILE[what]
    with pytest.raises(NotTaken) as refused:
        accepted(takes, Upload(content, name))
    assert refused.value.reason == REASONS.get(what, "kind")


@pytest.mark.parametrize(
    ("takes", "content", "found"),
    [
        (WHATSAPP, picture("JPEG"), ("image/jpeg", MediaKind.IMAGE)),
        (WHATSAPP, picture("PNG"), ("image/png", MediaKind.IMAGE)),
        (WHATSAPP, picture("WEBP"), "kind"),
        (WHATSAPP, PDF, ("application/pdf", MediaKind.DOCUMENT)),
        (WHATSAPP, VOICE, ("audio/ogg", MediaKind.VOICE)),
        (WHATSAPP, padded(PDF, 16 * MB), ("application/pdf", MediaKind.DOCUMENT)),
        (WHATSAPP, padded(PDF, 16 * MB + 1), "too_large"),
        (WHATSAPP, padded(picture("JPEG"), 5 * MB + 1), "too_large"),
        (TELEGRAM, picture("JPEG"), ("image/jpeg", MediaKind.IMAGE)),
        (TELEGRAM, padded(picture("JPEG"), 10 * MB + 1), ("image/jpeg", MediaKind.DOCUMENT)),
        (TELEGRAM, picture("WEBP"), ("image/webp", MediaKind.DOCUMENT)),
        (TELEGRAM, padded(PDF, 50 * MB), ("application/pdf", MediaKind.DOCUMENT)),
        (TELEGRAM, padded(PDF, 50 * MB + 1), "too_large"),
        (TELEGRAM, picture("GIF"), "kind"),
        ((), PDF, "no_files"),
    ],
)
def test_what_a_channel_takes(takes: tuple, content: bytes, found: tuple[str, MediaKind] | str) -> None:
    upload = Upload(content, "apa saja")
    if isinstance(found, str):
        with pytest.raises(NotTaken) as refused:
            accepted(takes, upload)
        assert (refused.value.reason, refused.value.size) == (found, len(content))
    else:
        assert accepted(takes, upload) == found


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Formulir F1.pdf", "Formulir F1.pdf"),
        ("C:\\Users\\rina\\surat.PDF", "surat.PDF"),
        ("../../etc/passwd", "passwd.pdf"),
        ("foto.jpg", "foto.jpg.pdf"),
        ('a"b\r\nSet-Cookie: x=1;.pdf', "abSet-Cookie x=1.pdf"),
        ("\u202efdp.exe", "fdp.exe.pdf"),
        ("", "berkas.pdf"),
        (" . ", "berkas.pdf"),
        ("x" * 300, "x" * 96 + ".pdf"),
    ],
)
def test_a_name_is_a_name_and_no_more(given: str, kept: str) -> None:
    assert fitting(given, "application/pdf", "berkas") == kept


async def kept(shelf: Shelf, content: bytes = PDF, name: str = "surat.pdf") -> tuple[Conversation, Enclosure]:
    talk = await shelf.talk()
    return talk, await shelf.enclosing.keep(talk.id, talk.address, Upload(content, name))


async def said(shelf: Shelf, talk: Conversation, enclosure: Enclosure, at: datetime | None = None) -> None:
    async with shelf.database.sessions.begin() as session:
        talk = await session.get_one(Conversation, talk.id)
        text = Text(body="Ini suratnya.", enclosure=enclosure)
        await say(session, shelf.sealer, [Saying(talk, text, Speaker(Author.AGENT))], at or shelf.clock())


async def test_a_file_of_a_reply_stays(shelf: Shelf) -> None:
    talk, enclosure = await kept(shelf)
    await said(shelf, talk, enclosure)
    shelf.clock.advance(UNSENT.total_seconds() + 1)
    await shelf.keeper().round()
    file = await shelf.file()
    assert (file.state, file.next_try_at, file.at_provider) == (MediaState.STORED, None, False)
    assert await shelf.vault.get(file.name) == PDF
    [on_disk] = shelf.on_disk()
    assert PDF not in on_disk.read_bytes()
    [shown] = await shelf.attachments()
    assert (shown.media_id, shown.file_name, shown.size) == (file.id, "surat.pdf", len(PDF))


async def test_a_file_without_a_reply_is_gone_after_an_hour(shelf: Shelf) -> None:
    """As when the process died, or the case was somebody else's."""
    talk, enclosure = await kept(shelf)
    shelf.clock.advance(UNSENT.total_seconds() - 1)
    await shelf.keeper().round()
    assert len(shelf.on_disk()) == 1
    shelf.clock.advance(2)
    await shelf.keeper().round()
    assert shelf.on_disk() == []
    assert (await shelf.file()).state is MediaState.REMOVED
    with pytest.raises(NotThere):
        await said(shelf, talk, enclosure)
    async with shelf.database.sessions() as session:
        assert list(await session.scalars(select(Outbox))) == []


async def test_a_row_comes_before_its_bytes(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed while it writes to the store: there is a row by which the bytes are found and deleted."""

    async def killed(name: str, content: bytes) -> None:
        assert [file.name for file in await shelf.files()] == [name]
        raise KeyboardInterrupt

    monkeypatch.setattr(shelf.vault, "put", killed)
    with pytest.raises(KeyboardInterrupt):
        await kept(shelf)


async def test_the_outbox_has_the_reference_and_nothing_of_the_file(shelf: Shelf) -> None:
    talk, enclosure = await kept(shelf, picture(), "foto.jpg")
    await said(shelf, talk, enclosure)
    async with shelf.database.sessions() as session:
        [row] = await session.scalars(select(Outbox))
    form = shelf.sealer.open(row.sealed)
    assert form["enclosure"] == {
        "media_id": enclosure.media_id,
        "name": enclosure.name,
        "kind": "image",
        "content_type": "image/jpeg",
        "file_name": "foto.jpg",
        "size": len(picture()),
    }
    assert len(row.sealed) < 500


async def test_a_file_goes_with_one_reply_of_its_own_conversation(shelf: Shelf) -> None:
    talk, enclosure = await kept(shelf)
    other = await shelf.talk("whatsapp:+6281200000002")
    async with shelf.database.sessions() as session:
        with pytest.raises(NotThere):
            await settle(session, enclosure, other, shelf.clock())
    await said(shelf, talk, enclosure)
    with pytest.raises(NotThere):
        await said(shelf, talk, enclosure)


async def test_an_erased_participant_loses_what_was_sent_to_them(shelf: Shelf) -> None:
    talk, enclosure = await kept(shelf)
    await said(shelf, talk, enclosure)
    later = shelf.clock.advance(60)
    async with shelf.database.sessions.begin() as session:
        assert await remove(session, later, later, participant_id=talk.participant_id) == 1
    await shelf.keeper().round()
    assert shelf.on_disk() == []
    assert (await shelf.file()).state is MediaState.REMOVED
    [left] = await shelf.attachments()
    assert left.file_name == ""


async def test_what_was_sent_is_kept_as_long_as_what_came(shelf: Shelf) -> None:
    talk, enclosure = await kept(shelf)
    await said(shelf, talk, enclosure)
    kept_for = Kept(queue=30, media=365, sealed=None, talks=None)
    await clear(shelf.database, kept_for, shelf.clock.advance(365 * 24 * 3600 - 60))
    await shelf.keeper().round()
    assert (await shelf.file()).state is MediaState.STORED
    await clear(shelf.database, kept_for, shelf.clock.advance(120))
    await shelf.keeper().round()
    assert (await shelf.file()).state is MediaState.REMOVED
    assert shelf.on_disk() == []


async def test_a_file_that_comes_back_is_kept_once(shelf: Shelf) -> None:
    """The participant returns the very form: one file in the store, which stays as long as either is needed."""
    talk, enclosure = await kept(shelf)
    await said(shelf, talk, enclosure)
    await shelf.says(talk, shelf.at_twilio(PDF))
    await shelf.keeper().round()
    assert len(shelf.on_disk()) == 1
    async with shelf.database.sessions.begin() as session:
        ours = await session.get_one(MediaFile, enclosure.media_id)
        ours.state, ours.next_try_at = MediaState.REMOVING, shelf.clock()
    await shelf.keeper().round()
    [_, theirs] = await shelf.files()
    assert await shelf.vault.get(theirs.name) == PDF
    async with shelf.database.sessions() as session:
        assert len(list(await session.scalars(select(Attachment)))) == 2
