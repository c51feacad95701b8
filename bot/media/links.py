"""Addresses from which a provider fetches a file of ours: signed, and good for some hours.

``/media/<row>/<until>/<signature>/berkas.pdf``. The signature covers what stands before it; the last part is for
programs that look at endings. What the file is called is told in a header only, since addresses end up in the logs of
proxies and providers, and agents name files after people.
"""

import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from fastapi import APIRouter
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response

from bot.media.kinds import ENDINGS
from bot.media.names import disposition, fitting
from bot.media.stores import Missing, StoreAway
from bot.media.vault import Vault
from bot.messages import Enclosure
from bot.storage.engine import UNAVAILABLE, Database
from bot.storage.sealing import Sealer, Unreadable
from bot.storage.tables import Attachment, MediaFile, MediaState

log = structlog.get_logger()

GOOD_FOR = timedelta(hours=5)
"""Twilio keeps a message for four hours before it gives it up, and fetches its file when it sends it."""
AGAIN_AFTER = "5"  # seconds
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}
_PATH = re.compile(r"/media/(\d{1,18})/(\d{10})/([0-9a-f]{64})/berkas\.[a-z0-9]{2,4}")


@dataclass(frozen=True, kw_only=True)
class Links:
    """Makes these addresses and reads them.

    Args:
        public_url: our own address as providers know it, with scheme.
        clock: the present time, aware.
    """

    sealer: Sealer
    public_url: str
    clock: Callable[[], datetime]

    def to(self, enclosure: Enclosure) -> str:
        """A new address for a file that goes out now."""
        until = int((self.clock() + GOOD_FOR).timestamp())
        signed = f"/media/{enclosure.media_id}/{until}"
        ending = ENDINGS.get(enclosure.content_type, ".bin")
        return f"{self.public_url.rstrip('/')}{signed}/{self._signature(signed)}/berkas{ending}"

    def row(self, path: str) -> int | None:
        """The row that a path speaks of, if it is one of ours and still good."""
        parts = _PATH.fullmatch(path)
        if parts is None:
            return None
        ours = self._signature(f"/media/{parts[1]}/{parts[2]}")
        if not hmac.compare_digest(ours, parts[3]) or int(parts[2]) <= self.clock().timestamp():
            return None
        return int(parts[1])

    def _signature(self, path: str) -> str:
        return self.sealer.digest(f"media link {path}").hex()


def router(links: Links, database: Database, vault: Vault) -> APIRouter:
    """The addresses. Everything that is wrong is 404: nobody learns which files there are."""
    routes = APIRouter(include_in_schema=False)

    @routes.api_route("/media/{rest:path}", methods=["GET", "HEAD"])
    async def media(request: Request, rest: str) -> Response:
        row = links.row(f"/media/{rest}")
        try:
            found = await _stored(database, row) if row is not None else None
            if found is None:
                log.info("media.link_refused")
                return Response(status_code=404, headers=HEADERS)
            content = await vault.get(found[0].name)
        except (StoreAway, *UNAVAILABLE) as error:
            log.error("media.link_not_served", media=row, error=type(error).__name__)
            return Response(status_code=503, headers=HEADERS | {"Retry-After": AGAIN_AFTER})
        except (Missing, Unreadable) as error:
            log.error("media.link_not_served", media=row, error=type(error).__name__)
            return Response(status_code=404, headers=HEADERS)
        file, name = found
        log.info("media.link_served", media=file.id, bytes=len(content))
        content_type = file.content_type or "application/octet-stream"
        told = HEADERS | {"Content-Disposition": disposition(fitting(name, content_type, "berkas"))}
        return Response(content, media_type=content_type, headers=told)

    return routes


async def _stored(database: Database, row: int) -> tuple[MediaFile, str] | None:
    """A file that goes out, and what it is called; those of participants are not given out here."""
    query = (
        select(MediaFile, Attachment.file_name)
        .join(Attachment, Attachment.media_id == MediaFile.id)
        .where(MediaFile.id == row, MediaFile.state == MediaState.STORED, MediaFile.sealed_reference == b"")
        .order_by(Attachment.id)
        .limit(1)
    )
    async with database.sessions() as session:
        found = (await session.execute(query)).first()
    return (found[0], found[1]) if found else None
