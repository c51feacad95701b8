"""A register of members into our own table: streamed, in one transaction, repeatable.

The rows go by COPY into a table of the transaction's own and from there into `members`, so that memory stays small
however many there are, look-ups go on meanwhile, and an import that dies in the middle changes nothing.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import text

from bot.lists.bringing import Import
from bot.members.rows import Registered, digest, sealed
from bot.storage.engine import Database
from bot.storage.sealing import Sealer

_COLUMNS = ("line", "card_digest", "nik_digest", "sealed", "as_of")
_STAGE = text(
    "create temporary table members_coming (line bigint not null, card_digest bytea not null, nik_digest bytea,"
    " sealed bytea not null, as_of timestamptz not null) on commit drop"
)
_MERGE = text(
    """
    with merged as (
        insert into members (card_digest, nik_digest, sealed, as_of)
        select distinct on (card_digest) card_digest, nik_digest, sealed, as_of
        from members_coming order by card_digest, line desc
        on conflict (card_digest) do update
        set nik_digest = excluded.nik_digest, sealed = excluded.sealed, as_of = excluded.as_of, imported_at = now()
        where members.as_of <= excluded.as_of
        returning (xmax = 0) as added
    )
    select count(*) filter (where added), count(*) filter (where not added) from merged
    """
)


async def store(database: Database, sealer: Sealer, coming: Import[Registered], as_of: datetime) -> None:
    """Put the members in; those that are there already are replaced, unless they are of a later register.

    Args:
        database: without a limit to the seconds that a statement may take.
        sealer: of the service.
        coming: told what was added and changed, also where nothing is different.
        as_of: when the register was made.
    """
    records = _records(sealer, coming.good(), as_of)
    async with database.engine.begin() as connection:
        await connection.execute(_STAGE)
        raw: Any = (await connection.get_raw_connection()).driver_connection
        await raw.copy_records_to_table("members_coming", records=records, columns=_COLUMNS)
        added, changed = (await connection.execute(_MERGE)).one()
    coming.brought.added, coming.brought.changed = added, changed


def _records(sealer: Sealer, members: Iterable[Registered], as_of: datetime) -> Iterator[tuple[Any, ...]]:
    for line, member in enumerate(members):
        nik = digest(sealer, member.nik) if member.nik else None
        yield line, digest(sealer, member.card), nik, sealed(sealer, member), as_of
