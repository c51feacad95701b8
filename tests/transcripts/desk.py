"""What is done at the desk in a transcript, through the functions that the desk and the API use.

    * Ratna publishes closure: Pelayanan tatap muka dihentikan sementara
        where: palembang                      branches, or: national
        from: 2020-09-11 00:00 WIB
        until: 2020-09-16 00:00 WIB           left out: until further notice
        cause, guidance, body: ...
        affects, instead: vclaim, pcare       codes of systems and of channels
        broadcast: yes
    * Ratna updates: identified, Jaringan sedang diperbaiki.
    * Ratna ends the notice
    * Rina claims PLB-2009-00001              an agent; also releases, resolves, returns, closes, reopens
    * Dewi cannot claim PLB-2009-00001: Rina  somebody else has it
    * Rina replies to PLB-2009-00001: Selamat pagi, Pak.
    * Rina resolves PLB-2009-00001: Sudah beres, Pak.
    * Budi applies for reactivate at palembang   a request, as its form opens it; they have written before
    * Rina asks for ktp, kk of PLB-2009-00001: fotonya buram
    * Rina rejects PLB-2009-00001: NIK tidak terdaftar
    * Rina puts the photo as ktp of PLB-2009-00001   the newest photo of the talk
    * the directory of members is away        also: back
    * 15 minutes pass                         also: days

Supervisors are called Ratna; everybody else is an agent.
"""

import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot import staff
from bot.cases.lifecycle import CaseTaken
from bot.notices.publishing import NewNotice
from bot.storage.tables import Agent, Case, Notice, NoticeKind, Role, UpdateStatus
from tests.transcripts import requests
from tests.transcripts.house import House

ZONES = {"WIB": "Asia/Jakarta", "WITA": "Asia/Makassar", "WIT": "Asia/Jayapura"}


def moment(words: str) -> datetime:
    """``2020-09-12 09:00 WIB``."""
    day, clock, zone = words.split()
    return datetime.fromisoformat(f"{day} {clock}").replace(tzinfo=ZoneInfo(ZONES[zone]))


async def act(house: House, words: str, details: dict[str, str]) -> None:
    """Do what a ``*`` line says."""
    if passed := re.fullmatch(r"(\d+) (minutes|days) pass", words):
        await house.time_passes(float(passed[1]) * (1440 if passed[2] == "days" else 1))
        return
    if said := re.fullmatch(r"the directory of members is (away|back)", words):
        house.directory.away = said[1] == "away"
        return
    if await requests.act(house, words):
        return
    who, does, rest = re.fullmatch(r"(\w+) (cannot \w+|\w+) ?(.*)", words).groups()  # type: ignore[union-attr]
    async with house.database.sessions.begin() as session:
        agent = await _agent(house, session, who)
        if does in ("publishes", "updates:", "ends") or words.startswith(f"{who} updates"):
            await _notice(house, session, agent, (does, rest), details)
        else:
            number, _, said = rest.removeprefix("to ").partition(": ")
            case = (await session.scalars(select(Case).where(Case.number == number))).one()
            await _handle(house, session, agent, case, (does, said))


async def _agent(house: House, session: AsyncSession, name: str) -> Agent:
    known = await session.scalar(select(Agent).where(Agent.name == name))
    role = Role.SUPERVISOR if name == "Ratna" else Role.AGENT
    email = f"{name.lower()}@contoh.id"
    return known or await staff.create_agent(session, email, name, role, None, None, house.clock())


async def _notice(
    house: House, session: AsyncSession, by: Agent, deed: tuple[str, str], details: dict[str, str]
) -> None:
    does, rest = deed
    now = house.clock()
    newest = select(Notice).order_by(Notice.id.desc()).limit(1)
    if does == "publishes":
        kind, _, title = rest.partition(": ")
        await house.publisher.publish(session, _new(kind, title, details), by, now)
    elif does == "ends":
        await house.publisher.change(
            session, (await session.scalars(newest)).one(), {"ends_at": now}, by, now
        )
    else:
        status, _, body = rest.removeprefix(": ").partition(", ")
        notice = (await session.scalars(newest)).one()
        await house.publisher.add(session, notice, UpdateStatus(status), body, by, now)


def _new(kind: str, title: str, details: dict[str, str]) -> NewNotice:
    def listed(name: str) -> list[str]:
        return [item.strip() for item in details.get(name, "").split(",") if item.strip()]

    national = details["where"] == "national"
    return NewNotice(
        kind=NoticeKind(kind),
        title=title,
        scope={"national": True} if national else {"branches": listed("where")},
        starts_at=moment(details["from"]),
        ends_at=moment(details["until"]) if "until" in details else None,
        body=details.get("body", ""),
        affects=listed("affects"),
        cause=details.get("cause"),
        guidance=details.get("guidance"),
        replacement_office=details.get("moved to"),
        alternatives=listed("instead"),
        broadcast=details.get("broadcast") == "yes",
    )


async def _handle(house: House, session: AsyncSession, by: Agent, case: Case, deed: tuple[str, str]) -> None:
    does, said = deed
    verbs: dict[str, Any] = {
        "claims": house.handling.claim,
        "releases": house.handling.release,
        "returns": house.handling.return_to_bot,
    }
    worded: dict[str, Any] = {
        "replies": house.handling.reply,
        "notes": house.handling.note,
        "resolves": house.handling.resolve,
        "closes": house.handling.close,
        "reopens": house.handling.reopen,
    }
    if does == "cannot claim":
        with pytest.raises(CaseTaken) as taken:
            await house.handling.claim(session, case, by)
        assert taken.value.assignee is not None
        assert taken.value.assignee.name == said
    elif does in verbs:
        await verbs[does](session, case, by)
    else:
        await worded[does](session, case, by, said)
