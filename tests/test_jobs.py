"""The list of jobs: each runs on a real database, and operators read of each."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from bot.channels.whatsapp import WhatsApp
from bot.channels.whatsapp_api import TwilioAccount
from bot.config import load_config
from bot.conversation.handling import Handling
from bot.jobs import jobs
from bot.live import Live
from bot.media.stores import Folder
from bot.media.vault import Vault
from bot.scheduler import Job, Scheduler
from bot.settings import HOME, Settings
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.texts import load_texts
from tests.channels.conftest import KeptContents
from tests.conftest import SECRET_KEY, Clock
from tests.delivery.recording import Recording
from tests.standins import running_twilio


@pytest.fixture
async def listed(
    database: Database, sealer: Sealer, clock: Clock, tmp_path: Path
) -> AsyncIterator[list[Job]]:
    """The jobs of a service with both channels."""
    async with running_twilio() as twilio:
        account = TwilioAccount(
            sid=twilio.sid,
            token=twilio.token,
            number=twilio.number,
            public_url="https://siaga.example",
            api_base=twilio.url,
        )
        whatsapp = WhatsApp(account, KeptContents())
        settings = Settings(_env_file=None, database_url="postgresql://x", secret_key=SECRET_KEY)
        config, texts, live = load_config(HOME / "config"), load_texts(HOME / "config" / "texts"), Live(None)
        bot = SimpleNamespace(
            settings=settings,
            database=database,
            sealer=sealer,
            config=config,
            texts=texts,
            live=live,
            vault=Vault(Folder(tmp_path), sealer),
            handling=Handling(sealer=sealer, config=config, texts=texts, live=live, clock=clock),
            channels={"whatsapp": whatsapp, "telegram": Recording("telegram")},
        )
        yield jobs(bot)  # type: ignore[arg-type]
        await whatsapp.close()


async def test_every_job_runs(listed: list[Job], database: Database, clock: Clock) -> None:
    scheduler = Scheduler(database, listed, clock)
    assert await scheduler.round() == [job.name for job in listed]
    clock.advance(365 * 86_400)
    assert await scheduler.round() == [job.name for job in listed]


async def test_the_page_for_operators_tells_of_every_job(listed: list[Job]) -> None:
    page = (HOME / "docs/operating.md").read_text()
    section = page.partition("## What is done by the clock")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == [job.name for job in listed]
