"""A person about whom something stands in every column where something could, and a search through all columns."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Double,
    Enum,
    LargeBinary,
    Table,
    Text,
    Uuid,
    insert,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB

from bot.delivery.forms import incoming_to_json, text_to_json
from bot.messages import Address, Incoming
from bot.messages import Text as Words
from bot.storage.base import Base
from bot.storage.engine import Database
from bot.storage.sealing import Sealer, Unreadable

MARK = "Ratih-binti-Marwan"
ADDRESS = "whatsapp:+628127000991"
NIK = "1671014107900001"
MARKS = (MARK, ADDRESS, "8127000991", NIK)

NOT_OF_PEOPLE = {
    "agents",
    "broadcasts",
    "case_counters",
    "copy_orders",
    "delivery_alarms",
    "erasures",
    "facilities",
    "job_runs",
    "listings",
    "member_tries",
    "members",
    "notice_updates",
    "notices",
    "provider_contents",
    "receipts",
    "sessions",
    "sign_in_failures",
    "simulator_files",
    "tokens",
}
"""Tables in which nothing stands that a participant told: who works here, what the service itself remembers, the
register of members, which is the insurer's, and the files of simulated phones."""
STAYS = {
    "cases": {"number", "branch", "team", "category"},
    "answers_given": {"branch", "code", "intent", "expired"},
    "consents": {"purpose", "version", "channel"},
    "history": {"subject", "subject_id", "what", "by_kind", "by_id"},
    "inbox": {"channel", "provider_id", "error"},
    "media_files": {"channel", "name"},
    "outage_reports": {"system", "branch"},
    "outbox": {"channel", "provider_id", "error_code"},
    "participants": {"language"},
}
"""Codes, and the names that providers give messages: what they hold is not of the person."""
NEVER_SET = {
    "hold",
    "held_until",
    "next_try_at",
    "nudge_at",
    "queued_at",
    "hushed_at",
    "refers_to",
    "withdrawn_at",
}
"""Left empty: a talk and rows at rest."""


@dataclass
class Person:
    """Somebody with a row in every table that can hold something of a participant.

    Args:
        at: when all of it came.
        ids: by table, the primary key of their row.
    """

    sealer: Sealer
    at: datetime
    ids: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> UUID:
        return UUID(str(self.ids["participants"]))

    async def plant(self, database: Database) -> None:
        """Put the rows there, in the order of their references."""
        async with database.engine.begin() as connection:
            tables = sorted(Base.metadata.sorted_tables, key=lambda table: table.name == "history")
            for table in tables:  # what history tells of is there first
                if not of_people(table):
                    continue
                values = self._row(table) | self._special().get(table.name, {})
                row = await connection.execute(insert(table).values(values).returning(*table.primary_key))
                self.ids[table.name] = row.one()[0]

    def _row(self, table: Table) -> dict[str, Any]:
        values = {}
        for column in table.columns:
            if column.identity is None and column.name not in NEVER_SET:
                values[column.name] = self._value(table, column)
        return values

    def _value(self, table: Table, column: Column[Any]) -> Any:
        for key in column.foreign_keys:
            return self.ids.get(key.column.table.name)
        if column.name == "address":
            return ADDRESS
        if column.name in STAYS.get(table.name, ()):
            return f"{table.name}-{column.name}"
        made = self._by_type(column)
        for kind, value in made.items():
            if isinstance(column.type, kind):
                return value
        raise AssertionError(f"{table.name}.{column.name}: {column.type!r} is new here")

    def _by_type(self, column: Column[Any]) -> dict[type, Any]:
        return {
            Enum: getattr(column.type, "enums", [None])[0],
            Text: f"{MARK} {column.name}",
            LargeBinary: self.sealer.seal(f"{MARK} {column.name}"),
            JSONB: {"words": MARK},
            DateTime: self.at,
            Uuid: uuid4() if column.primary_key else None,
            Boolean: False,
            BigInteger: 1,
            Double: 0.5,
        }

    def _special(self) -> Mapping[str, dict[str, Any]]:
        """What has to be of a certain form for the service to work on it."""
        said = Incoming(
            channel="whatsapp", address=Address(ADDRESS), provider_id="x", sent_at=self.at, text=MARK
        )
        return {
            "conversations": {"owner": "bot", "sealed_dialogue": self.sealer.seal({"branch": MARK})},
            "cases": {"kind": "complaint", "status": "closed", "closed_at": self.at, "resolved_at": self.at},
            "history": {"subject": "case", "subject_id": str(self.ids.get("cases")), "what": "noted"},
            "inbox": {"state": "done", "sealed": self.sealer.seal(incoming_to_json(said))},
            "messages": {"inbox_id": self.ids.get("inbox"), "options": [{"id": "1", "title": MARK}]},
            "outbox": {"state": "sent", "sealed": self.sealer.seal(text_to_json(Words(body=MARK)))},
            "media_files": {"state": "stored", "at_provider": False},
            "personal_numbers": {"kind": "nik", "sealed": self.sealer.seal(NIK)},
            "understandings": {"state": "open", "entities": [{"entity": MARK}]},
        }


def of_people(table: Table) -> bool:
    """Whether something of a participant may stand in a table: in all that are not known to be otherwise."""
    return table.name not in NOT_OF_PEOPLE


async def found(database: Database, sealer: Sealer, marks: tuple[str, ...] = MARKS) -> set[str]:
    """Where one of the marks stands: every column of every table, opened where it is sealed."""
    places = set()
    async with database.engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            for row in await connection.execute(select(table)):
                for name, value in row._mapping.items():
                    if any(mark in _readable(sealer, value) for mark in marks):
                        places.add(f"{table.name}.{name}")
    return places


def _readable(sealer: Sealer, value: Any) -> str:
    if isinstance(value, bytes):
        try:
            return orjson.dumps(sealer.open(value)).decode()
        except Unreadable:
            return value.decode(errors="replace")
    return orjson.dumps(value, default=str).decode()


HOUR = timedelta(hours=1)
