"""What a participant quotes or changes stands above what they write, masked like everything else."""

import re

from bot.storage.tables import Case, Message
from tests.desk.scene import NIK, Scene


async def refers(scene: Scene, case: Case, words: str, to: Message, *, edited: bool = False) -> Message:
    line = await scene.participant_says(case, words)
    async with scene.database.sessions.begin() as session:
        line = await session.get_one(Message, line.id)
        line.refers_to, line.edited = to.id, edited
    return line


def above(page: str, line: Message) -> str:
    """What is quoted above a line, without markup."""
    bubble = page.partition(f'id="line-{line.id}"')[2].partition("</li>")[0]
    quoted = re.search(r'<blockquote class="quoted">(.*?)</blockquote>', bubble, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", "", quoted[1]).split()) if quoted else ""


async def test_a_reply_stands_under_what_it_quotes(scene: Scene, browser) -> None:
    case = await scene.case()
    first = await scene.participant_says(case, f"NIK saya {NIK}")
    reply = await refers(scene, case, "ini salah", first)
    ani = await browser("Ani")
    page = (await ani.get(f"/desk/cases/{case.number}")).text
    assert above(page, reply) == f"Membalas Peserta: NIK saya {'*' * 12}{NIK[-4:]}"
    assert f'href="#line-{first.id}"' in page
    assert above(page, first) == ""


async def test_a_changed_message_stands_under_what_it_was(scene: Scene, browser) -> None:
    case = await scene.case()
    first = await scene.participant_says(case, "RS SMC")
    changed = await refers(scene, case, "RSUD AWS", first, edited=True)
    ani = await browser("Ani")
    page = (await ani.get(f"/desk/cases/{case.number}")).text
    assert above(page, changed) == "Diubah peserta. Sebelumnya: RS SMC"


async def test_what_is_no_longer_there_is_not_quoted(scene: Scene, browser) -> None:
    case = await scene.case()
    reply = await scene.participant_says(case, "ini salah")
    async with scene.database.sessions.begin() as session:
        (await session.get_one(Message, reply.id)).refers_to = 10**9
    ani = await browser("Ani")
    page = await ani.get(f"/desk/cases/{case.number}")
    assert page.status_code == 200
    assert above(page.text, reply) == ""
