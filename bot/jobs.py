"""Everything that is done by the clock, in one list. docs/operating.md tells operators of each."""

from datetime import datetime, timedelta
from functools import partial

from bot import retention
from bot.app import Bot
from bot.cases.deadlines import note_overdue
from bot.conversation.idle import stir
from bot.delivery.reconciling import CanBeListed, reconcile
from bot.desk.sessions import clear_away
from bot.notices.timing import keep_time
from bot.retention import Kept
from bot.scheduler import Job
from bot.settings import Settings


def jobs(bot: Bot) -> list[Job]:
    """The jobs of an assembled service, the most frequent first."""
    database, sealer = bot.database, bot.sealer
    return [
        Job(name="idle_forms", every=timedelta(seconds=10), do=partial(stir, database, sealer)),
        Job(name="notices", every=timedelta(seconds=10), do=partial(_notices, bot)),
        Job(name="deadlines", every=timedelta(minutes=1), do=partial(_deadlines, bot)),
        *_reconciling(bot),
        Job(name="sessions", every=timedelta(hours=1), do=partial(clear_away, database)),
        Job(
            name="retention",
            every=timedelta(days=1),
            do=partial(retention.clear, database, kept(bot.settings)),
        ),
    ]


def kept(settings: Settings) -> Kept:
    """For how long the settings say that things are kept; 0 days there are for ever."""
    return Kept(
        queue=settings.keep_queue_days,
        media=settings.keep_media_days or None,
        sealed=settings.keep_sealed_days or None,
        talks=settings.keep_talk_days or None,
    )


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


async def _notices(bot: Bot, now: datetime) -> None:
    async with bot.database.sessions.begin() as session:
        await keep_time(session, now)


async def _deadlines(bot: Bot, now: datetime) -> None:
    async with bot.database.sessions.begin() as session:
        late = await note_overdue(session, now)
    if late:
        await bot.live.publish("desk")
