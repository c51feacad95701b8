"""The providers' stand-ins, as the tests of sending have them."""

from collections.abc import AsyncIterator

import pytest

from tests.standins import TelegramStandIn, TwilioStandIn, running_telegram, running_twilio


@pytest.fixture
async def twilio() -> AsyncIterator[TwilioStandIn]:
    async with running_twilio() as standin:
        yield standin


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramStandIn]:
    async with running_telegram() as standin:
        yield standin
