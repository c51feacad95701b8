"""A list of facilities into our own table: streamed, in one transaction, repeatable.

The rows go by COPY into a table of the transaction's own and from there into `facilities`: an import that dies in the
middle changes nothing, and the same file twice changes nothing the second time.
"""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import text

from bot.config import Config, Week
from bot.config.config import facility_name
from bot.config.values import DAYS
from bot.facilities.register import Row
from bot.lists.bringing import Import
from bot.storage.engine import Database

_COLUMNS = (
    "code",
    "name",
    "plain",
    "kind",
    "city",
    "district",
    "address",
    "phone",
    "latitude",
    "longitude",
    "exact",
    "hours",
    "always_open",
    "emergency",
    "accepts_jkn",
    "as_of",
    "imported_at",
)
_SAID = [name for name in _COLUMNS if name not in ("code", "imported_at")]
_STAGE = text(
    "create temporary table facilities_coming (line bigint, like facilities including defaults) on commit drop"
)
_MERGE = text(
    f"""
    with merged as (
        insert into facilities ({", ".join(_COLUMNS)})
        select distinct on (code) {", ".join(_COLUMNS)} from facilities_coming order by code, line desc
        on conflict (code) do update
        set imported_at = excluded.imported_at, {", ".join(f"{name} = excluded.{name}" for name in _SAID)}
        where ({", ".join(f"facilities.{name}" for name in _SAID)})
            is distinct from ({", ".join(f"excluded.{name}" for name in _SAID)})
        returning (xmax = 0) as added
    )
    select count(*) filter (where added), count(*) filter (where not added) from merged
    """  # noqa: S608 - names of columns, from above
)
_REMOVE = text(
    "delete from facilities as known"
    " where not exists (select from facilities_coming as coming where coming.code = known.code)"
)


class Spoilt(Exception):
    """A list that was to replace all has a mistake: nothing is changed."""


async def store(
    database: Database, config: Config, coming: Import[Row], now: datetime, *, replace: bool = False
) -> None:
    """Put the facilities in; of a code that is there already the new line holds, of one twice in the file the last.

    Args:
        database: without a limit to the seconds that a statement may take.
        config: knows the places.
        coming: told what was added, changed and removed.
        now: kept with what is new.
        replace: those that are not in the file go; then a mistake in it changes nothing at all.

    Raises:
        Spoilt: there was a mistake in a file that was to replace all.
    """
    records = (_record(config, line, row, now) for line, row in enumerate(coming.good()))
    async with database.engine.begin() as connection:
        await connection.execute(_STAGE)
        raw: Any = (await connection.get_raw_connection()).driver_connection
        await raw.copy_records_to_table("facilities_coming", records=records, columns=("line", *_COLUMNS))
        if replace and coming.brought.problems:
            raise Spoilt
        coming.brought.added, coming.brought.changed = (await connection.execute(_MERGE)).one()
        if replace:
            coming.brought.removed = (await connection.execute(_REMOVE)).rowcount


def _record(config: Config, line: int, row: Row, now: datetime) -> tuple[Any, ...]:
    place = config.place_named(row.city)
    middle = place.middle if place else None
    exact = row.latitude is not None
    return (
        line,
        row.code,
        row.name,
        facility_name(row.name),
        row.kind.value,
        row.city,
        row.district,
        row.address,
        row.phone,
        row.latitude if exact else middle and middle.latitude,
        row.longitude if exact else middle and middle.longitude,
        exact,
        json.dumps(_week(row.hours)) if isinstance(row.hours, Week) else None,
        row.hours is True,
        row.emergency,
        row.accepts_jkn,
        row.as_of,
        now,
    )


def _week(week: Week) -> dict[str, list[str]]:
    """A week as config/ writes it."""
    spans = {day: [str(span) for span in getattr(week, day)] for day in DAYS}
    return {day: written for day, written in spans.items() if written}
