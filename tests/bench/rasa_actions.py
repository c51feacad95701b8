"""What Rasa's action server does for `tests.bench.rasa_assistant`: it writes a complaint into PostgreSQL.

Runs in Rasa's environment, as ``python -m rasa_sdk --actions tests.bench.rasa_actions``. Where PostgreSQL is, libpq
reads from PGHOST, PGUSER and PGDATABASE.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from psycopg2.pool import ThreadedConnectionPool  # type: ignore[import-untyped]
from rasa_sdk import Action, Tracker  # type: ignore[import-not-found]
from rasa_sdk.events import AllSlotsReset  # type: ignore[import-not-found]
from rasa_sdk.executor import CollectingDispatcher  # type: ignore[import-not-found]

if TYPE_CHECKING:
    from collections.abc import Iterator

TABLE = """
    CREATE TABLE IF NOT EXISTS complaints (
        number bigserial PRIMARY KEY, sender text NOT NULL, category text, facility text, story text,
        opened_at timestamptz NOT NULL DEFAULT now())
"""
INSERT = "INSERT INTO complaints (sender, category, facility, story) VALUES (%s, %s, %s, %s) RETURNING number"


class OpenComplaint(Action):  # type: ignore[misc]
    """The end of the form: a case, or none where the participant did not confirm."""

    def __init__(self) -> None:
        self._pool = ThreadedConnectionPool(1, 8, "")
        with self._cursor() as cursor:
            cursor.execute(TABLE)

    def name(self) -> str:
        """What the domain calls it."""
        return "action_open_complaint"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, _domain: dict[str, Any]) -> list[Any]:
        """Write it down, and say its number."""
        said = [tracker.get_slot(name) for name in ("category", "facility", "story")]
        if not tracker.get_slot("confirmed"):
            dispatcher.utter_message(text="Baik, pengaduan tidak dikirim.")
            return [AllSlotsReset()]
        with self._cursor() as cursor:
            cursor.execute(INSERT, (tracker.sender_id, *said))
            number = cursor.fetchone()[0]
        dispatcher.utter_message(text=f"Pengaduan tercatat dengan nomor {number}.")
        return [AllSlotsReset()]

    @contextmanager
    def _cursor(self) -> Iterator[Any]:
        """A transaction, committed at the end."""
        connection = self._pool.getconn()
        try:
            with connection, connection.cursor() as cursor:
                yield cursor
        finally:
            self._pool.putconn(connection)
