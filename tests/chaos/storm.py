"""One run: the reference in fair weather, the storm, and the reckoning."""

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from sqlalchemy import and_, func, not_, select

from bot import staff
from bot.app import clock
from bot.media.stores import open_store
from bot.media.vault import Vault
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import Attachment, Inbox, InboxState, MediaFile, Outbox, OutboxState, Role
from tests.chaos import ledger
from tests.chaos.findings import Finding, Wrong
from tests.chaos.gales import Gale
from tests.chaos.hearing import Hearing, listen
from tests.chaos.house import House, running_house
from tests.chaos.ledger import Ledger
from tests.chaos.news import Herald, news_of
from tests.chaos.people import AWAY, Street, Stuck, Told, Turns
from tests.chaos.post import ANSWER_WITHIN, Post
from tests.chaos.receipts import Receipts
from tests.chaos.reckoning import Reckoning, Talk, reckon
from tests.chaos.script import Script, reference, scripts
from tests.chaos.supervisor import LEFT, Supervisor
from tests.chaos.weather import Blow, Event, forecast
from tests.conftest import SECRET_KEY
from tests.subscribers import subscribers

_DRAIN = 900.0
"""Seconds after the storm in which everything has to be done. A reply that failed four times waits two minutes."""
_LEFT = (
    Inbox.state == InboxState.PENDING,
    Outbox.state == OutboxState.QUEUED,
    LEFT,
    Attachment.media_id.is_(None),
    and_(MediaFile.next_try_at.is_not(None), not_(ledger.UNSENT)),
)
"""What is to be done, or to be deleted at the provider."""
_EVENTS = ("turn.failed", "turn.hold_lost", "message.dead", "outbox.not_sent", "outbox.hold_lost", "outbox.asked",
           "webhook.not_stored", "inbox.recovered")  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """What a run is to be.

    Args:
        seconds: how long the storm lasts; who has not said everything by then goes on in calm.
        conversations: how many, beside the reference.
        at_once: how many of them at the same time.
        every: seconds between two blows on average.
        patience: seconds that anybody waits for anything before it counts as stuck.
        crowd: how many on each channel do nothing but wish to be told of outages.
    """

    seed: int
    seconds: float
    conversations: int
    at_once: int = 40
    every: float = 5.0
    patience: float = 300.0
    crowd: int = 600


@dataclass
class Report:
    """What a run came to."""

    plan: Plan
    reckoning: Reckoning
    figures: dict[str, int] = field(default_factory=dict)
    blows: dict[str, int] = field(default_factory=dict)
    failed_requests: dict[str, int] = field(default_factory=dict)
    logged: dict[str, int] = field(default_factory=dict)
    diary: list[str] = field(default_factory=list)
    """When what happened that explains a finding."""
    strays: list[str] = field(default_factory=list)
    """Lines of the logs that are no events."""
    talks: list[Talk] = field(default_factory=list)
    reference: list[Talk] = field(default_factory=list)
    hearings: list[Hearing] = field(default_factory=list)

    @property
    def good(self) -> bool:
        return not self.reckoning.findings


class Storm:
    """One run on a house that is ready."""

    def __init__(
        self, plan: Plan, house: House, street: Street, database: Database, tell: Callable[[str], None]
    ) -> None:
        self.plan, self.house, self.street, self.database, self.tell = plan, house, street, database, tell
        self._began = time.monotonic()
        self.receipts = Receipts(house, street.post, random.Random(f"{plan.seed} receipts"))
        self.gales = {name: Gale(name, plan.seed) for name in ("twilio", "telegram")}
        house.twilio.weather, house.telegram.weather = self.gales["twilio"], self.gales["telegram"]
        self.supervisor = Supervisor(database, house, self.gales["telegram"])
        self.blows: Counter[str] = Counter()
        self.herald = Herald(street.ask)
        self.crowd: list[str] = []
        self.stuck: list[Finding] = []

    async def run(self) -> Report:
        """All of it."""
        jobs = (self.house, self.street.turns, self.receipts, self.supervisor)
        watching = [job.watch() for job in jobs]
        play = asyncio.create_task(self._play())
        tasks = [play, *(asyncio.create_task(job) for job in watching)]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if play not in done:  # who watches never ends but by a mistake in the harness
                raise RuntimeError("the harness broke") from done.pop().exception()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return play.result()

    async def _play(self) -> Report:
        """Fair weather, the storm, and what is wrong; then the reference again, for what the hour may have changed."""
        self._say("the reference")
        self.crowd = await subscribers(self.database, self.plan.crowd, clock())
        calm = await self._talks(reference(0))
        self._say("the storm")
        told = await self._storm(scripts(self.plan.seed, self.plan.conversations, 1000))
        self._say("waiting until nothing is left")
        await self._settle()
        report = await self._reckon(calm, told)
        if not report.good:
            self._say("the reference again")
            calm += await self._talks(reference(len(calm)))
            await self._settle()
            report = await self._reckon(calm, told)
        return report

    def _say(self, what: str) -> None:
        self.tell(f"{time.monotonic() - self._began:6.0f} s  {what}")

    async def _talks(self, wanted: Sequence[Script]) -> list[Told]:
        self.street.hurry = 0.2
        return list(await asyncio.gather(*(self.street.talk(script) for script in wanted)))

    async def _storm(self, wanted: Sequence[Script]) -> list[Told]:
        """All conversations, so many at a time, while one blow follows another."""
        room = asyncio.Semaphore(self.plan.at_once)
        self.street.post.rough, self.street.hurry = True, 1.0

        async def talk(script: Script) -> Told:
            async with room:
                return await self.street.talk(script)

        async with asyncio.TaskGroup() as group:
            blows = group.create_task(self._blows())
            group.create_task(self._news(blows))
            told = [group.create_task(talk(script)) for script in wanted]
        self.street.post.rough = False
        await self.street.post.settled()
        await self.house.ready()
        return [one.result() for one in told]

    async def _blows(self) -> None:
        began = time.monotonic()
        async with asyncio.TaskGroup() as under_way:
            for event in forecast(self.plan.seed, self.plan.seconds, self.plan.every):
                await asyncio.sleep(began + event.at - time.monotonic())
                self.blows[str(event.blow)] += 1
                under_way.create_task(self._blow(event))

    async def _news(self, blows: asyncio.Task[None]) -> None:
        """One outage after the other is made known while things break."""
        try:
            async with asyncio.timeout(self.plan.seconds + 2 * self.plan.patience):
                await self.herald.tell()
                while not blows.done():
                    await self.herald.tell()
        except (Stuck, TimeoutError) as stuck:
            self.stuck.append(Finding(Wrong.STUCK, "the news", str(stuck)))

    async def _blow(self, event: Event) -> None:
        house, services = self.house, self.house.services
        match event.blow:
            case Blow.WORKER_KILLED | Blow.SENDER_KILLED | Blow.WEB_KILLED | Blow.SCHEDULER_KILLED:
                parts = house.of(str(event.blow).split()[0])
                await house.crash(parts[event.which % len(parts)], event.seconds)
            case Blow.WORKER_PAUSED:
                await house.freeze(house.of("worker")[event.which], event.seconds)
            case Blow.RASA_KILLED:
                await house.crash(house.rasa, event.seconds)
            case Blow.RASA_PAUSED:
                await house.freeze(house.rasa, event.seconds)
            case Blow.REDIS_KILLED:
                await house.without(services.redis, event.seconds, hard=True)
            case Blow.POSTGRES_KILLED | Blow.POSTGRES_RESTARTED:
                hard = event.blow is Blow.POSTGRES_KILLED
                await house.without(services.postgres, event.seconds, hard=hard)
            case Blow.GALE_TWILIO | Blow.GALE_TELEGRAM:
                self.gales[str(event.blow).split()[0]].blow(event.seconds)

    async def _settle(self) -> None:
        """Wait until nothing is to be done any more and every receipt is delivered, or long enough."""
        until = time.monotonic() + _DRAIN
        while time.monotonic() < until:
            await self.street.post.settled()
            try:
                async with self.database.sessions() as session:
                    left = [await session.scalar(select(func.count()).where(one)) for one in _LEFT]
            except AWAY:
                continue
            fetching = self.house.twilio.fetching
            self.receipts.round()  # of what was sent since it last looked
            if not any(left) and not fetching and not self.street.post.under_way:
                return
            await asyncio.sleep(0.5)

    async def _reckon(self, calm: Sequence[Told], told: Sequence[Told]) -> Report:
        sealer = Sealer(SECRET_KEY)
        vault = Vault(open_store(str(self.house.folder / "media")), sealer)
        found = await ledger.read(self.database, vault)
        book = Ledger(
            self.house, found, sealer, self.street.post.letters, self.receipts.told, self.supervisor.resent
        )
        steady, shaken = [book.talk(one) for one in calm], [book.talk(one) for one in told]
        reckoning = reckon([*steady, *shaken], steady)
        news = self.herald.told
        hearings = [book.hearing(one, news) for one in (*calm, *told)] + book.crowd(self.crowd, news)
        heard = listen(hearings)
        reckoning.findings += [
            *heard.findings,
            *book.left_over(),
            *self._of_the_house(),
            *self.stuck,
            *self.supervisor.wrongly_left,
        ]
        reckoning.allowed += heard.allowed
        logged, strays = _logged(self.house)
        return Report(
            plan=self.plan,
            reckoning=reckoning,
            figures=await self._figures(shaken, book) | {"doubles allowed": reckoning.allowed},
            blows=dict(self.blows) | {"of these on one that was not up": self.house.spared},
            failed_requests=dict(sum((Counter(gale.failed) for gale in self.gales.values()), Counter())),
            logged=logged,
            diary=self.house.diary(),
            strays=strays,
            talks=shaken,
            reference=steady,
            hearings=hearings,
        )

    async def _figures(self, talks: Sequence[Talk], book: Ledger) -> dict[str, int]:
        letters = self.street.post.letters.values()
        return {
            "conversations": len(talks),
            "messages acknowledged": sum(one.taken_at is not None for talk in talks for one in talk.wrote),
            "photos kept": len(book.found.files),
            "photos that agents sent": sum(len(talk.enclosed) for talk in talks),
            "kept for a reply that was not written": len(book.found.unsent),
            "webhooks posted": sum(posted.tries for posted in letters),
            "turns": await self._turns(),
            "cases": sum(len(talk.cases) for talk in talks),
            "replies sent": sum(len(talk.shown) for talk in talks),
            "pieces of news": len(self.herald.told),
            "times that news was sent": sum(
                bool(news_of(one.text)) for shown in book.shown.values() for one in shown
            ),
            "receipts": len(self.receipts.told),
            "sent again by a supervisor": self.supervisor.resent.total(),
        }

    async def _turns(self) -> int:
        """What was done at one time in one conversation was one turn."""
        each = select(Inbox.address, Inbox.done_at).where(Inbox.done_at.is_not(None)).distinct().subquery()
        async with self.database.sessions() as session:
            return await session.scalar(select(func.count()).select_from(each)) or 0

    def _of_the_house(self) -> list[Finding]:
        fell = [
            Finding(Wrong.FELL, part.name, f"{part.fell} times")
            for part in (*self.house.parts.values(), self.house.rasa)
            if part.fell
        ]
        odd = Counter(
            status
            for posted in self.street.post.letters.values()
            for status in posted.answers
            if not (200 <= status < 300 or status in (0, 502, 503))
        )
        return fell + [
            Finding(Wrong.REFUSED, f"HTTP {status}", f"{count} letters") for status, count in odd.items()
        ]


def _logged(house: House) -> tuple[dict[str, int], list[str]]:
    """How often the log tells of something that the service has to cope with; and lines that are no events."""
    events: Counter[str] = Counter()
    strays = []
    for path in house.logs():
        for line in path.read_text(errors="replace").splitlines():
            try:
                name = json.loads(line)["event"]
            except (ValueError, KeyError, TypeError):
                strays.append(f"{path.stem}: {line[:200]}")
                continue
            if name in _EVENTS:
                events[name] += 1
    return dict(events), strays


@asynccontextmanager
async def ready(plan: Plan, folder: Path, tell: Callable[[str], None]) -> AsyncIterator[Storm]:
    """A house in its own folder, ready for one run."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=100)
    async with (
        running_house(folder) as house,
        httpx.AsyncClient(timeout=ANSWER_WITHIN, limits=limits) as http,
        httpx.AsyncClient(timeout=ANSWER_WITHIN) as api,
    ):
        database = Database(house.services.database_url)
        async with database.sessions.begin() as session:
            token = await staff.create_token(session, Role.SUPERVISOR, "Rina", None, clock())
        api.headers["Authorization"] = f"Bearer {token}"
        post = Post(house.webs, http, random.Random(f"{plan.seed} post"), patience=plan.patience)
        turns = Turns(house.services.database_url)
        street = Street(house, post, turns, api, random.Random(f"{plan.seed} people"))
        try:
            yield Storm(plan, house, street, database, tell)
        finally:
            await database.close()


async def run(plan: Plan, folder: Path, tell: Callable[[str], None]) -> Report:
    """A whole run, from nothing; `tell` hears how far it is."""
    async with ready(plan, folder, tell) as storm:
        return await storm.run()
