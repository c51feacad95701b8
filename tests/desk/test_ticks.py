"""How far a message came, in words."""

from pathlib import Path

import pytest
import yaml
from sqlalchemy import update

from bot import desk
from bot.delivery.meanings import MEANINGS
from bot.desk.ticks import Tick, tick
from bot.messages import Delivery
from bot.storage.tables import DeliveryReceipt, Outbox, OutboxState
from tests.desk.scene import Scene

HERE = Path(desk.__file__).parent
SENT = {"state": OutboxState.SENT, "provider_id": "p1"}
TICKS = [
    ({"state": OutboxState.QUEUED}, None, Tick("queued")),
    (
        {"state": OutboxState.QUEUED, "error_code": "http_503"},
        None,
        Tick("retrying", "provider", "http_503"),
    ),
    (SENT, None, Tick("sent")),
    (SENT, Delivery.QUEUED, Tick("sent")),
    (SENT, Delivery.SENDING, Tick("sent")),
    (SENT, Delivery.SENT, Tick("sent")),
    (SENT, Delivery.DELIVERED, Tick("delivered")),
    (SENT, Delivery.READ, Tick("read")),
    (SENT, Delivery.FAILED, Tick("failed", "window", "63016")),
    ({"state": OutboxState.DEAD, "error_code": "http_403"}, None, Tick("failed", "blocked", "http_403")),
    ({"state": OutboxState.DEAD, "error_code": "99999"}, None, Tick("failed", "other", "99999")),
    ({"state": OutboxState.DEAD}, None, Tick("failed")),
    ({"state": OutboxState.UNKNOWN, "error_code": "timeout"}, None, Tick("unknown", "connection", "timeout")),
    ({"state": OutboxState.CANCELLED}, None, Tick("cancelled")),
    ({"state": OutboxState.WAITING, "error_code": "63016"}, None, Tick("waiting")),
]


@pytest.mark.parametrize("language", ["id", "en"])
def test_every_failure_has_a_plain_reason(language: str) -> None:
    words = yaml.safe_load((HERE / "words" / f"{language}.yaml").read_text())["failure"]
    assert set(words) == {meaning.reason for meaning in MEANINGS.values()} | {"other", "ours", "provider"}


@pytest.mark.parametrize(("row", "reported", "expected"), TICKS)
def test_how_far_a_message_came(row: dict[str, object], reported: Delivery | None, expected: Tick) -> None:
    code = "63016" if reported is Delivery.FAILED else None
    receipt = DeliveryReceipt(state=reported, error_code=code) if reported else None
    assert tick(Outbox(**row), receipt) == expected


async def test_an_agent_reads_why_it_did_not_arrive(scene: Scene, browser) -> None:
    case = await scene.case()
    ani = await browser("Ani")
    await ani.get(f"/desk/cases/{case.number}")
    page = await ani.post(f"/desk/cases/{case.number}/claim")
    assert '<p class="tick queued">dalam antrean</p>' in page.text
    async with scene.database.sessions.begin() as session:
        await session.execute(update(Outbox).values(**SENT))
        session.add(
            DeliveryReceipt(
                channel="simwhatsapp",
                provider_id="p1",
                state=Delivery.FAILED,
                error_code="63016",
                at=scene.desk.clock(),
            )
        )
    page = await ani.get(f"/desk/cases/{case.number}")
    assert '<p class="tick failed">gagal: lebih dari 24 jam sejak pesan terakhir peserta' in page.text
