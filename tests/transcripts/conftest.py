"""What all transcripts share: the configuration, the interpreter (trained once), the providers' stand-ins."""

import fcntl
from collections.abc import AsyncIterator

import pytest

from bot.answers.index import load_index
from bot.config import load_config
from bot.nlu.embedded.interpreter import load_embedded
from bot.settings import HOME
from bot.storage.sealing import Sealer
from bot.texts import load_texts
from tests.standins import running_telegram, running_twilio
from tests.transcripts.house import Shared


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rewrite", action="store_true", help="write what really comes into the transcripts")


@pytest.fixture(scope="session")
async def shared(sealer: Sealer) -> AsyncIterator[Shared]:
    config, folder = load_config(HOME / "config"), HOME / ".siaga"
    folder.mkdir(exist_ok=True)
    with (folder / "training.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one process trains, the others then find the model
        interpreter = load_embedded(HOME / "config", folder / "models", config.nlu_lists())
    async with running_twilio() as twilio, running_telegram() as telegram:
        yield Shared(
            config=config,
            texts=load_texts(HOME / "config" / "texts"),
            interpreter=interpreter,
            answers=load_index(HOME / "config", config),
            twilio=twilio,
            telegram=telegram,
            sealer=sealer,
        )


@pytest.fixture(autouse=True)
def codes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The codes by which accounts are joined, in their order: a transcript says what is typed."""
    coming = (f"ABCD{number}" for number in range(2345, 2400))
    monkeypatch.setattr("bot.people.joining.random_code", lambda: next(coming))
