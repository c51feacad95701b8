"""A register of members into our own table: streamed, in one transaction, repeatable.

The rows go by COPY into a table of the transaction's own and from there into `members`, so that memory stays small
however many there are, look-ups go on meanwhile, and an import that dies in the middle changes nothing.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import text

from bot.members.register import Problem
from bot.members.rows import Registered, digest, sealed
from bot.storage.engine import Database
from bot.storage.sealing import Sealer

EVERY = 50_000
"""Lines after which the progress is told."""
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


@dataclass(kw_only=True)
class Brought:
    """What an import came to.

    Args:
        read: lines with a member.
        added: members who were not there before.
        changed: members who were, also where nothing is different.
        problems: lines that were left out.
    """

    read: int = 0
    added: int = 0
    changed: int = 0
    problems: int = 0

    @property
    def left(self) -> int:
        """Lines that stood twice (the last one counts), or that are older than what is known."""
        return self.read - self.added - self.changed


@dataclass
class Import:
    """One file on its way in.

    Args:
        told: gets every line that is left out.
        progress: gets the number of lines so far, every `EVERY` lines.
    """

    told: Callable[[Problem], None] = lambda _: None
    progress: Callable[[int], None] = lambda _: None
    brought: Brought = field(default_factory=Brought)

    def good(self, rows: Iterable[Registered | Problem]) -> Iterator[Registered]:
        """The members among the rows, with all others told."""
        for count, row in enumerate(rows, start=1):
            if count % EVERY == 0:
                self.progress(count)
            if isinstance(row, Problem):
                self.brought.problems += 1
                self.told(row)
            else:
                self.brought.read += 1
                yield row

    async def store(
        self, database: Database, sealer: Sealer, rows: Iterable[Registered | Problem], as_of: datetime
    ) -> Brought:
        """Put the members in; those that are there already are replaced, unless they are of a later register.

        Args:
            database: without a limit to the seconds that a statement may take.
            sealer: of the service.
            rows: as `bot.members.register.read` gives them.
            as_of: when the register was made.
        """
        records = _records(sealer, self.good(rows), as_of)
        async with database.engine.begin() as connection:
            await connection.execute(_STAGE)
            raw: Any = (await connection.get_raw_connection()).driver_connection
            await raw.copy_records_to_table("members_coming", records=records, columns=_COLUMNS)
            added, changed = (await connection.execute(_MERGE)).one()
        self.brought.added, self.brought.changed = added, changed
        return self.brought


def _records(sealer: Sealer, members: Iterable[Registered], as_of: datetime) -> Iterator[tuple[Any, ...]]:
    for line, member in enumerate(members):
        nik = digest(sealer, member.nik) if member.nik else None
        yield line, digest(sealer, member.card), nik, sealed(sealer, member), as_of
