"""No sequence of messages ends in a crash, silence, a text's id, a question without a way out, or another's data.

Many walks more: ``SIAGA_WALKS=2000 pytest tests/walks``.
"""

import asyncio
import os
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from bot.demo.seeding import bring_in_members
from bot.dialogue.stack import DEEPEST
from bot.flows.registry import FLOWS
from bot.local import Services
from bot.messages import Location, MediaKind, Option, Text
from bot.storage.sealing import Sealer
from bot.storage.tables import Owner
from tests.walks.street import Street, Towns, foretell, options, photo, shown
from tests.walks.words import ENTITIES, WORDS

WALKS = int(os.environ.get("SIAGA_WALKS", "60"))
STEPS = 14

RAW = re.compile(r"(?<![\w/@.])[a-z]+_?[a-z]*\.[a-z]+_[a-z_]+(?![\w/])|\{[a-z_]*(:[a-z]+)?\}")
"""A text's key where the text should stand, or a placeholder that nobody filled."""
VICTIM = "simwhatsapp:korban"
NIK = "1671014107900001"
STORY = "rahasiakorban"
MARKS = (STORY, NIK, "SITI RAHASIA")

intents = st.sampled_from(["", *(intent for intent in FLOWS if not intent.startswith("_"))])
confidences = st.sampled_from([0.2, 0.4, 0.7, 0.95])


class Anybody(RuleBasedStateMachine):
    """One person who writes whatever comes to mind, beside another one who has told us much."""

    towns: Towns

    def __init__(self) -> None:
        super().__init__()
        self.street = self.towns.build()
        self.run = self.towns.runner.run
        self.address = "simtelegram:siapa-saja"
        self.offered: list[Option] = []
        self.wrote = 0

    @rule(text=st.sampled_from(WORDS), intent=intents, confidence=confidences)
    def say(self, text: str, intent: str, confidence: float) -> None:
        self._write(text, intent, confidence)

    @rule(text=st.text(max_size=60), intent=intents, confidence=confidences)
    def say_anything(self, text: str, intent: str, confidence: float) -> None:
        self._write(text, intent, confidence)

    @precondition(lambda self: self.offered)
    @rule(which=st.integers(0, 30))
    def tap(self, which: int) -> None:
        option = self.offered[-1 - which % len(self.offered)]
        self._write(option.title, "", 0.0, tapped=option.id)

    @rule(code=st.from_regex(r"\d{1,2}:[a-z._]{1,20}:\w{1,9}", fullmatch=True))
    def tap_made_up(self, code: str) -> None:
        self._write("?", "", 0.0, tapped=code)

    @rule(
        kind=st.sampled_from(list(MediaKind)),
        count=st.integers(1, 3),
        caption=st.sampled_from(["", "ini ktp nya"]),
    )
    def send_files(self, kind: MediaKind, count: int, caption: str) -> None:
        files = tuple(photo(number) for number in range(count))
        self._write(caption, "", 0.0, media=files)

    @rule(latitude=st.floats(-11, 6), longitude=st.floats(95, 141))
    def send_place(self, latitude: float, longitude: float) -> None:
        self._write("", "", 0.0, location=Location(latitude=latitude, longitude=longitude))

    @rule(minutes=st.sampled_from([1, 16, 61, 24 * 60, 8 * 24 * 60]))
    def wait(self, minutes: int) -> None:
        self._read(self.run(self.street.wait(minutes, self.address)))

    def teardown(self) -> None:
        """There is a way out of everything, and afterwards the menu."""
        try:
            if self.wrote:
                self._leave()
        finally:
            self.towns.tear_down(self.street)

    def _leave(self) -> None:
        for _ in range(DEEPEST + 3):
            self._write("batal", "cancel", 0.99)
        owner, dialogue = self.run(self.street.stands(self.address))
        assert owner is Owner.BOT
        assert [form.intent for form in dialogue.forms] == []
        self._write("menu", "help", 0.99)
        assert self.offered

    def _write(self, text: str, intent: str, confidence: float, **fields: Any) -> None:
        self.street.interpreter.next = foretell(intent, confidence, **ENTITIES)
        replies = self.run(self.street.write(self.address, text, **fields))
        self.wrote += 1
        assert replies, f"silence after {text!r}"
        self._read(replies)

    def _read(self, replies: list[Text]) -> None:
        for body in shown(replies):
            assert body.strip()
            assert not RAW.search(body), body
            assert not any(mark.lower() in body.lower() for mark in MARKS), body
        self.offered = [*self.offered, *options(replies)][-40:]


@pytest.fixture
def towns(services: Services, database_url: str, sealer: Sealer) -> Iterator[Towns]:
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        towns = Towns(services, database_url, sealer, runner)
        street = towns.first()
        runner.run(bring_in_members(street.database, sealer))
        runner.run(_victim(street))
        runner.run(street.database.close())
        yield towns


async def _victim(street: Street) -> None:
    """Somebody whose data nobody else may see."""
    street.interpreter.next = foretell("file_complaint", 0.99)
    await street.write(VICTIM, "mau mengadu")
    await street.write(VICTIM, "obat kosong")
    await street.write(VICTIM, "RS SMC")
    await street.write(VICTIM, f"obat saya {STORY} kosong terus, NIK saya {NIK}, nama SITI RAHASIA")
    await street.write(VICTIM, "selesai")
    replies = await street.write(VICTIM, "ya")
    assert "PLB" in str(replies) or "SMD" in str(replies) or "nomor" in str(replies)


def test_a_walk_of_anybody(towns: Towns) -> None:
    Anybody.towns = towns
    run_state_machine_as_test(
        Anybody,
        settings=settings(
            max_examples=WALKS,
            stateful_step_count=STEPS,
            deadline=None,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
