"""Everything that is done by the clock, in one list. docs/operating.md tells operators of each."""

from datetime import datetime, timedelta
from functools import partial

from bot import retention
from bot.app import Bot, clock
from bot.cases.deadlines import note_overdue
from bot.conversation.copies import Copies
from bot.conversation.idle import stir
from bot.conversation.on_call import OnCall
from bot.conversation.paperwork import keep_time as keep_documents_time
from bot.conversation.promises import give_deadlines
from bot.delivery.reconciling import CanBeListed, reconcile
from bot.desk.sessions import clear_away
from bot.media.enclosing import Enclosing
from bot.members.tries import forget
from bot.notices.timing import keep_time
from bot.people.erasing import carry_out
from bot.retention import kept
from bot.scheduler import Job


def jobs(bot: Bot) -> list[Job]:
    """The jobs of an assembled service, the most frequent first."""
    database, sealer = bot.database, bot.sealer
    return [
        Job(name="idle_forms", every=timedelta(seconds=10), do=partial(stir, database, sealer)),
        Job(name="notices", every=timedelta(seconds=10), do=partial(keep_time, database)),
        Job(name="copies", every=timedelta(seconds=30), do=_copies(bot).send),
        Job(name="erasures", every=timedelta(minutes=1), do=partial(carry_out, database, sealer)),
        Job(name="deadlines", every=timedelta(minutes=1), do=partial(_deadlines, bot)),
        Job(name="documents", every=timedelta(minutes=1), do=partial(_documents, bot)),
        *_on_call(bot),
        *_reconciling(bot),
        Job(name="sessions", every=timedelta(hours=1), do=partial(clear_away, database)),
        Job(name="member_tries", every=timedelta(hours=1), do=partial(forget, database)),
        Job(
            name="retention",
            every=timedelta(days=1),
            do=partial(retention.clear, database, kept(bot.settings)),
        ),
    ]


def _on_call(bot: Bot) -> list[Job]:
    """Who is on call is told of an emergency again, unless the setting says never."""
    after = timedelta(minutes=bot.settings.on_call_minutes)
    on_call = OnCall(
        sealer=bot.sealer, config=bot.config, texts=bot.texts, public_url=bot.settings.public_url
    )

    again = partial(on_call.call_again, bot.database, after=after)
    return [Job(name="on_call", every=timedelta(seconds=30), do=again)] if after else []


def _reconciling(bot: Bot) -> list[Job]:
    """One for each channel whose provider forgets what it could not deliver, but keeps a list of it."""
    # A day less: what was compared just now is remembered at least until the next time.
    longest = timedelta(days=bot.settings.keep_queue_days - 1)
    return [
        Job(
            name=f"reconcile_{channel.name}",
            every=timedelta(minutes=bot.settings.reconcile_minutes),
            do=partial(reconcile, bot.database, bot.sealer, channel, longest=longest),
            at_start=True,
        )
        for channel in bot.channels.values()
        if isinstance(channel, CanBeListed)
    ]


def _copies(bot: Bot) -> Copies:
    takes = {channel.name: channel.limits.files for channel in bot.channels.values()}
    return Copies(
        database=bot.database,
        sealer=bot.sealer,
        config=bot.config,
        texts=bot.texts,
        enclosing=Enclosing(bot.database, bot.sealer, bot.vault, takes, clock),
        kept=kept(bot.settings),
    )


async def _deadlines(bot: Bot, now: datetime) -> None:
    async with bot.database.sessions.begin() as session:
        late = await note_overdue(session, now) + await give_deadlines(session, bot.config, now)
    if late:
        await bot.live.publish("desk")


async def _documents(bot: Bot, now: datetime) -> None:
    for case in await keep_documents_time(bot.handling, bot.database, now):
        await bot.handling.announce(case)
