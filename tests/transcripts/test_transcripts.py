"""The transcripts of this folder, through webhooks, PostgreSQL, the real interpreter and the providers' stand-ins.

`script.py` says how a transcript is written, `desk.py` what can be done at the desk in one.

    pytest tests/transcripts                         runs them
    pytest tests/transcripts -k palembang --rewrite  writes down what really comes: read the difference
"""

from pathlib import Path

import pytest

from tests.transcripts import desk, script
from tests.transcripts.house import House, Shared, open_house
from tests.transcripts.phones import Got, Phone
from tests.transcripts.script import DOES, GOES_ON, PERSON, SAYS, Script, Step

ALL = sorted(Path(__file__).parent.glob("*.txt"))
NOTHING, ANYTHING = "(nothing)", "..."


@pytest.mark.parametrize("path", ALL, ids=[path.stem for path in ALL])
async def test_transcript(
    path: Path, shared: Shared, database_url: str, request: pytest.FixtureRequest
) -> None:
    shared.twilio.reset()
    shared.telegram.reset()
    rewrite = request.config.getoption("rewrite", default=False)
    async with open_house(shared, database_url) as house:
        play = Play(house, script.read(path), rewrite=rewrite)
        try:
            await play.run()
        finally:
            if rewrite:
                script.write(play.script)
    assert not shared.twilio.refused


class Play:
    """A transcript as it is played."""

    def __init__(self, house: House, played: Script, *, rewrite: bool) -> None:
        self.house = house
        self.script = played
        self.rewrite = rewrite
        self.phone: Phone | None = None

    async def run(self) -> None:
        """Play every step and compare."""
        steps = self.script.steps
        for step, following in zip(steps, [*steps[1:], None], strict=True):
            await self.take(step)
            if following and following.kind == GOES_ON:
                continue
            await self.house.settle()
            got = self.phone.unread() if self.phone else []
            if self.rewrite:
                await self.note(step, got)
            else:
                self.compare(step, got)
                assert not step.cases or step.cases == await self.house.cases(), self.place(step)

    async def take(self, step: Step) -> None:
        """What the step says happens."""
        if step.kind == PERSON:
            self.phone = self.house.phone(step.words)
        elif step.kind in (SAYS, GOES_ON):
            assert self.phone, self.place(step)
            await self.phone.write(step.words, self.house.clock())
        elif step.kind == DOES:
            await desk.act(self.house, step.words, step.details)
        else:
            self.house.clock.now = desk.moment(step.words)

    async def note(self, step: Step, got: list[Got]) -> None:
        """Write down what came."""
        silent = step.kind in (SAYS, GOES_ON) and not got
        if step.gets != [ANYTHING] or silent:
            step.gets = [NOTHING] if silent else lines(got)
        step.cases = await self.house.cases() if step.cases else []

    def compare(self, step: Step, got: list[Got]) -> None:
        """Whether everything that was expected came, in order, and nothing that must not."""
        came = lines(got)
        text = "\n".join(came)
        if step.gets == [NOTHING]:
            assert not came, f"{self.place(step)} expected nothing, but:\n{text}"
            return
        if step.gets == [ANYTHING]:
            assert came, f"{self.place(step)} expected some answer"
            return
        at = 0
        for expected in step.gets:
            found = text.find(expected, at)
            assert found >= 0, f"{self.place(step)} expected: {expected}\nin what came:\n{text}"
            at = found + len(expected)
        for unwanted in step.never:
            assert unwanted not in text, f"{self.place(step)} must not come: {unwanted}\n{text}"

    def place(self, step: Step) -> str:
        """File and line, for messages."""
        return f"{self.script.path.name}:{step.line}: {step.kind} {step.words[:80]}"


def lines(got: list[Got]) -> list[str]:
    """Messages as the lines of a transcript; buttons stand in brackets."""
    found: list[str] = []
    for message in got:
        found += [line for line in message.text.splitlines() if line.strip()]
        if message.buttons:
            found.append(" ".join(f"[{title}]" for title in message.buttons))
    return found


def test_there_are_transcripts() -> None:
    assert len(ALL) >= 12


def test_every_transcript_expects_something() -> None:
    for path in ALL:
        steps = script.read(path).steps
        assert any(step.gets for step in steps), path.name
        assert not any(NOTHING in step.gets and len(step.gets) > 1 for step in steps), path.name
