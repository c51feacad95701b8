"""The loop that brings participants' files from the provider into our store, and deletes what is to be deleted."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import structlog

from bot.channels.channel import Channel
from bot.delivery.waking import finished, first_of
from bot.errors import ChannelError
from bot.live import Live
from bot.media import jobs
from bot.media.checking import LARGEST, Checked, check
from bot.media.kinds import NotKept
from bot.media.stores import StoreAway
from bot.media.vault import Vault
from bot.messages import Media, MediaKind
from bot.storage.engine import UNAVAILABLE, Database
from bot.storage.sealing import Sealer
from bot.storage.tables import MediaFile, MediaState

log = structlog.get_logger()

PATIENCE = 90.0
"""Seconds in which a file has to be here, however slowly it comes."""
WAITS = (10, 60, 300, 1800, 7200, 21600)
"""Seconds between tries; after the last one a file is given up, or the provider's copy is left where it is."""
STORE_WAIT = timedelta(seconds=60)
LEASE = timedelta(minutes=5)
"""More than fetching and storing one file takes."""

_POLL = 5.0  # seconds: the net under LISTEN, and how exactly a next try is kept
_GRACE = 10.0  # seconds at the end for what is under way
_SOON_THERE = "http_404"
"""What Twilio answers when the webhook was faster than its own storage; gone for good after a few tries."""
_SOON = 3  # tries

Values = Mapping[str, Any]


class Keeper:
    """Keeps files until told to stop; as many of these as wanted may run on one database.

    Args:
        channels: by name; files of other channels are left for somebody who has them.
        clock: the present time, aware.
        in_flight: files at the same time at most; each may take some 60 MB of memory.
        lease: after this long another process may take a file over.
    """

    def __init__(  # noqa: PLR0913 (what it needs, and a number with a default)
        self,
        database: Database,
        sealer: Sealer,
        vault: Vault,
        channels: Mapping[str, Channel],
        live: Live,
        clock: Callable[[], datetime],
        *,
        in_flight: int = 2,
        lease: timedelta = LEASE,
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._vault = vault
        self._channels = channels
        self._live = live
        self._clock = clock
        self._in_flight = in_flight
        self._lease = lease
        self._working: set[asyncio.Task[None]] = set()

    async def run(self, stopping: asyncio.Event) -> None:
        """Keep files until `stopping` is set; what is under way has ten seconds, then it is somebody else's."""
        async with self._database.listen(jobs.CALL) as woken:
            while not stopping.is_set():
                woken.clear()
                for file in await self._claim():
                    task = asyncio.create_task(self._do(file))
                    self._working.add(task)
                    task.add_done_callback(self._working.discard)
                    task.add_done_callback(lambda _: woken.set())
                await first_of(woken, stopping, seconds=_POLL)
            await finished(self._working, _GRACE)

    async def round(self) -> int:
        """Do what is due now, as often as more comes of it; gives how many files were worked on."""
        done = 0
        while files := await self._claim():
            await asyncio.gather(*(self._do(file) for file in files))
            done += len(files)
        return done

    async def _claim(self) -> list[MediaFile]:
        most = self._in_flight - len(self._working)
        if not most:
            return []
        now = self._clock()
        try:
            await jobs.take_in(self._database, self._sealer, now)
            return await jobs.claim(self._database, uuid4(), now, self._lease, list(self._channels), most)
        except UNAVAILABLE as error:
            log.warning("media.database_away", error=type(error).__name__)
            return []

    async def _do(self, file: MediaFile) -> None:
        try:
            values = await self._next(file)
            if values is not None and not await jobs.settle(self._database, file, values):
                log.warning("media.hold_lost", media=file.id)
        except UNAVAILABLE as error:  # the hold runs out by itself
            log.warning("media.database_away", error=type(error).__name__)
            return
        except asyncio.CancelledError:
            with suppress(*UNAVAILABLE):
                await jobs.settle(self._database, file, {})
            raise
        if file.state is MediaState.WAITING:
            await self._live.publish(f"conversation:{file.conversation_id}")

    async def _next(self, file: MediaFile) -> Values | None:
        """Do what a file's state asks for: how its row is to be changed, None where it was already."""
        steps = {MediaState.WAITING: self._fetch, MediaState.REMOVING: self._erase}
        try:
            return await steps.get(file.state, self._forget)(file)
        except StoreAway as error:
            log.error("media.store_away", media=file.id, error=type(error).__name__)
            return {"next_try_at": self._clock() + STORE_WAIT}
        except UNAVAILABLE:
            raise
        except Exception as error:  # a mistake of ours: only its kind, its words may quote what was sent
            log.error("media.failed", media=file.id, error=type(error).__name__)
            return self._put_off(file, ChannelError(type(error).__name__, retry=True))

    # -- in -----------------------------------------------------------------------------------------------------

    async def _fetch(self, file: MediaFile) -> Values | None:
        media = self._media(file, await jobs.sent_as(self._database, file))
        try:
            content = await self._fetched(file, media)
            checked = await asyncio.to_thread(check, content, media)
        except NotKept as refused:
            log.info("media.refused", media=file.id, reason=refused.reason)
            return self._settled(MediaState.REFUSED) | {"reason": refused.reason}
        except ChannelError as error:
            if error.code == "media_too_large":
                return self._settled(MediaState.REFUSED) | {"reason": error.code}
            return self._put_off(file, error)
        values = self._stored(content, checked)
        if await jobs.join_twin(self._database, file, values):
            return None
        await self._vault.put(file.name, content)
        return values

    async def _fetched(self, file: MediaFile, media: Media) -> bytes:
        if not media.reference:
            raise NotKept("media_empty")
        if (media.size or 0) > LARGEST:
            raise NotKept("media_too_large")
        try:
            async with asyncio.timeout(PATIENCE):
                return (await self._channels[file.channel].fetch(media))[1]
        except TimeoutError:
            raise ChannelError("timeout", retry=True) from None

    def _stored(self, content: bytes, checked: Checked) -> dict[str, Any]:
        card = checked.card
        return self._settled(MediaState.STORED) | {
            "reason": None,
            "content_type": checked.content_type,
            "size": len(content),
            "content_digest": self._sealer.digest(content),
            "sealed_card": self._sealer.seal({"name": card.name, "phones": card.phones}) if card else None,
            "stored_at": self._clock(),
        }

    def _settled(self, state: MediaState) -> dict[str, Any]:
        """It is decided what becomes of a file: what is left to do is to delete the provider's copy."""
        return {"state": state, "attempts": 0, "next_try_at": self._clock()}

    # -- out ----------------------------------------------------------------------------------------------------

    async def _forget(self, file: MediaFile) -> Values:
        """Have the provider delete its copy; what is still being processed there cannot be deleted yet."""
        left = await self._copy_left(file)
        if left:
            return self._later(file, left) or {"next_try_at": None}
        return {"at_provider": False, "next_try_at": None, "attempts": 0}

    async def _erase(self, file: MediaFile) -> Values:
        """Delete a file everywhere, unless another row shares its bytes."""
        if not await jobs.shared(self._database, file):
            await self._vault.delete(file.name)
        left = await self._copy_left(file)
        later = self._later(file, left) if left else None
        gone = {"content_digest": None, "sealed_card": None, "size": None, "content_type": None}
        return later or gone | {
            "state": MediaState.REMOVED,
            "sealed_reference": b"",
            "at_provider": left is not None,
            "next_try_at": None,
        }

    async def _copy_left(self, file: MediaFile) -> str | None:
        """Why the provider's copy could not be deleted, None where it is gone."""
        if not file.at_provider:
            return None
        try:
            await self._channels[file.channel].forget(self._media(file))
        except ChannelError as error:
            return None if error.code == "media_foreign" else error.code
        return None

    # -- parts --------------------------------------------------------------------------------------------------

    def _media(self, file: MediaFile, file_name: str = "") -> Media:
        return Media(
            kind=MediaKind(file.kind),
            reference=str(self._sealer.open(file.sealed_reference)),
            content_type=file.declared_type,
            file_name=file_name,
            size=file.size,
        )

    def _put_off(self, file: MediaFile, error: ChannelError) -> Values:
        """A file that could not be fetched is tried again, or given up with a reason for the agents."""
        retry = error.retry or (error.code == _SOON_THERE and file.attempts < _SOON)
        later = self._later(file, error.code, error.after) if retry else None
        log.warning("media.not_fetched", media=file.id, code=error.code, attempts=file.attempts + 1)
        return later or {
            "state": MediaState.FAILED,
            "reason": error.code,
            "attempts": file.attempts + 1,
            "next_try_at": None,
        }

    def _later(self, file: MediaFile, code: str, after: float | None = None) -> dict[str, Any] | None:
        """When to try again; None once that was often enough."""
        if file.attempts >= len(WAITS):
            if file.state is not MediaState.WAITING:
                log.error("media.copy_left", media=file.id, channel=file.channel, code=code)
            return None
        wait = max(WAITS[file.attempts], after or 0)
        return {"attempts": file.attempts + 1, "next_try_at": self._clock() + timedelta(seconds=wait)}
