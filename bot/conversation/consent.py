"""STOP and START count also where the bot does not answer: an agent holds the talk, or there is a flood of messages."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from bot.dialogue.commands import Commands
from bot.notices import subscriptions


async def honour(
    session: AsyncSession, address: str, written: Iterable[str], commands: Commands, now: datetime
) -> None:
    """Do what these messages ask for, if they ask for nothing but that."""
    for text in written:
        command = commands.read(text)
        if command == "stop":
            await subscriptions.opt_out(session, address, now)
        elif command == "start":
            await subscriptions.opt_in(session, address, now)
