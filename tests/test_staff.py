"""Accounts, passwords and tokens."""

import asyncio
from datetime import datetime

import pytest
from sqlalchemy import select

from bot import staff
from bot.storage.engine import Database
from bot.storage.tables import Agent, History, Role, Token

PASSWORD = "kata sandi panjang"


async def test_an_account_with_a_password(database: Database, now: datetime) -> None:
    async with database.sessions.begin() as session:
        ani = await staff.create_agent(
            session, " Ani@Siaga.Example ", " Ani ", Role.AGENT, "samarinda", PASSWORD, now
        )
    assert (ani.email, ani.name, ani.role, ani.branch) == (
        "ani@siaga.example",
        "Ani",
        Role.AGENT,
        "samarinda",
    )
    assert ani.password_hash
    assert ani.password_hash.startswith("$argon2id$")
    assert await staff.password_fits(ani, PASSWORD)
    assert not await staff.password_fits(ani, PASSWORD + "x")
    async with database.sessions.begin() as session:
        assert (await staff.agent_by_email(session, "ANI@siaga.example")) is not None
        assert await staff.agent_by_email(session, "budi@siaga.example") is None
        kept = await session.get_one(Agent, ani.id)
        await staff.set_password(session, kept, "yang lain lagi ya", now)
        assert not await staff.password_fits(kept, PASSWORD)
        what = list(await session.scalars(select(History.what).order_by(History.id)))
    assert what == ["added", "password_changed"]


async def test_nobody_and_an_account_without_password_fit_no_password(
    database: Database, now: datetime
) -> None:
    async with database.sessions.begin() as session:
        ani = await staff.create_agent(session, "a@b.id", "Ani", Role.AGENT, None, None, now)
    for password in ("", "nobody", PASSWORD):
        assert not await staff.password_fits(ani, password)
        assert not await staff.password_fits(None, password)


@pytest.mark.parametrize(
    ("email", "password", "error"),
    [
        ("ani", PASSWORD, staff.BadEmail),
        ("a b@c.id", PASSWORD, staff.BadEmail),
        ("a@b", PASSWORD, staff.BadEmail),
        ("a@b.id", "pendek", staff.WeakPassword),
        ("a@b.id", "x" * 201, staff.WeakPassword),
    ],
)
async def test_what_makes_no_account(
    database: Database, now: datetime, email: str, password: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        async with database.sessions.begin() as session:
            await staff.create_agent(session, email, "Ani", Role.AGENT, None, password, now)
    async with database.sessions() as session:
        assert list(await session.scalars(select(Agent))) == []


async def test_an_email_belongs_to_one_account(database: Database, now: datetime) -> None:
    async def add() -> str:
        try:
            async with database.sessions.begin() as session:
                await staff.create_agent(session, "a@b.id", "Ani", Role.AGENT, None, None, now)
        except staff.EmailTaken:
            return "taken"
        return "added"

    outcomes = await asyncio.gather(*(add() for _ in range(4)))
    assert sorted(outcomes) == ["added", "taken", "taken", "taken"]


async def test_a_token_acts_as_an_agent_of_its_own_until_it_is_revoked(
    database: Database, now: datetime
) -> None:
    async with database.sessions.begin() as session:
        token = await staff.create_token(session, Role.SUPERVISOR, "skrip", "palembang", now)
        other = await staff.create_token(session, Role.AGENT, "lain", None, now)
    async with database.sessions.begin() as session:
        agent = await staff.agent_by_token(session, token)
        assert agent
        assert (agent.name, agent.role, agent.branch, agent.email) == (
            "skrip",
            Role.SUPERVISOR,
            "palembang",
            None,
        )
        for wrong in ("", token + "x", token[:-1], "siaga_"):
            assert await staff.agent_by_token(session, wrong) is None
        rows = list(await session.scalars(select(Token)))
        assert all(token.encode() not in row.digest for row in rows)
        kept = await session.get_one(Token, staff.digest(token))
        kept.revoked_at = now
        lain = await staff.agent_by_token(session, other)
        assert lain
        lain.active = False
    async with database.sessions() as session:
        assert await staff.agent_by_token(session, token) is None
        assert await staff.agent_by_token(session, other) is None
