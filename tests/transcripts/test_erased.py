"""A whole talk, as people hold it, and afterwards every column of the database: nothing of it is left."""

from pathlib import Path

import pytest
from sqlalchemy import select, update

from bot.media.jobs import take_in
from bot.storage.tables import Case, Conversation, Erasure, MediaFile, MediaState
from tests.people.planting import found
from tests.transcripts import script
from tests.transcripts.house import House, Shared, open_house
from tests.transcripts.test_transcripts import Play

NAME, NIK, PHONE, TELEGRAM = "Marwati", "1671014107900001", "81270001001", "telegram:4712"
MARKS = (NAME, NIK, PHONE, TELEGRAM, "epilepsi", "kejang", "rahasia")

TALK = """
# 2026-11-23 09:00 WIB
@ whatsapp Marwati
> nama saya Marwati, NIK 1671014107900001
> tidak
> kabari saya kalau mobile jkn error di palembang
> xqz rahasia wkwk blablabla
> mobile jkn error di palembang sejak tadi pagi, rahasia
> ya
> [photo] rahasia
> obat epilepsi anak saya kosong terus di RS SMC, anak saya kejang, saya disuruh cari sendiri ke apotik luar
> [photo]
> selesai
> ya
* Rina claims SMD-2611-00001
* Rina notes to SMD-2611-00001: Marwati menelepon, anaknya epilepsi
* Rina replies to SMD-2611-00001: Bu Marwati, obat epilepsi sudah ada.
@ whatsapp Marwati
> terima kasih, anak saya tidak kejang lagi
* Rina closes SMD-2611-00001
* Rina claims PLB-2611-00001
* Rina closes PLB-2611-00001
@ whatsapp Marwati
> gabung
@ telegram Marwati
> gabung abcd-2345
> ya
@ whatsapp Marwati
> petugas
* Rina claims SMD-2611-00002
@ whatsapp Marwati
> rahasia
* Rina closes SMD-2611-00002
"""


async def held(house: House, tmp_path: Path, talk: str) -> None:
    """Hold a talk, whatever is answered."""
    path = tmp_path / "talk.txt"
    path.write_text(talk)
    await Play(house, script.read(path), rewrite=True).run()


@pytest.mark.parametrize("where", ["whatsapp Marwati", "telegram Marwati"])
async def test_of_a_whole_talk_nothing_is_left(
    shared: Shared, database_url: str, tmp_path: Path, where: str
) -> None:
    shared.twilio.reset()
    shared.telegram.reset()
    async with open_house(shared, database_url) as house:
        await held(house, tmp_path, TALK)
        before = await found(house.database, shared.sealer, MARKS)
        assert {"messages.body", "messages.sealed_body", "history.detail", "cases.summary"} <= before
        assert {"understandings.text", "addresses.sealed_profile_name", "inbox.sealed"} <= before
        assert {"personal_numbers.sealed", "outage_reports.address", "subscriptions.address"} <= before
        await house.time_passes(25 * 60)  # what was joined may be erased after a day
        await held(house, tmp_path, f"@ {where}\n> hapus data saya\n> [tap Ya, hapus]\n")
        for _ in range(3):
            await house.time_passes(1)
            await take_in(house.database, shared.sealer, house.clock())
            async with house.database.sessions.begin() as session:
                gone = {"state": MediaState.REMOVED, "sealed_reference": b"", "sealed_card": None}
                await session.execute(
                    update(MediaFile).where(MediaFile.state == MediaState.REMOVING).values(gone)
                )
        async with house.database.sessions() as session:
            (erasure,) = await session.scalars(select(Erasure))
            cases = list(await session.scalars(select(Case).order_by(Case.id)))
            talks = list(await session.scalars(select(Conversation)))
        assert await found(house.database, shared.sealer, MARKS) == set()
        assert erasure.done_at
        assert [case.number for case in cases] == ["PLB-2611-00001", "SMD-2611-00001", "SMD-2611-00002"]
        assert [talk.address for talk in talks] == [f"erased:{erasure.number}"]
        await held(house, tmp_path, f"@ {where}\n> status laporan\n")
        async with house.database.sessions() as session:
            assert len(list(await session.scalars(select(Conversation)))) == 2
