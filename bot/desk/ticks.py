"""How far each message of ours came: what we know from the outbox and from the provider's receipts."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.delivery.meanings import meaning
from bot.messages import Delivery
from bot.storage.tables import DeliveryReceipt, Outbox, OutboxState


@dataclass(frozen=True)
class Tick:
    """How far it came, and why no further.

    `state`: queued, retrying, waiting, sent, delivered, read, failed, unknown or cancelled; `reason` is a key, or "".
    """

    state: str
    reason: str = ""
    code: str = ""


async def ticks(session: AsyncSession, message_ids: Sequence[int]) -> dict[int, Tick]:
    """The tick of each message that was queued to be sent."""
    query = (
        select(Outbox, DeliveryReceipt)
        .outerjoin(
            DeliveryReceipt,
            and_(
                DeliveryReceipt.channel == Outbox.channel, DeliveryReceipt.provider_id == Outbox.provider_id
            ),
        )
        .where(Outbox.message_id.in_(message_ids))
        .order_by(Outbox.id)
    )
    found = await session.execute(query)
    return {row.message_id: tick(row, receipt) for row, receipt in found if row.message_id is not None}


def tick(row: Outbox, receipt: DeliveryReceipt | None) -> Tick:
    """How far one message came."""
    if row.state is OutboxState.SENT and receipt:
        return _reported(receipt)
    if row.state is OutboxState.WAITING:
        return Tick("waiting")
    states = {OutboxState.DEAD: "failed", OutboxState.QUEUED: "retrying" if row.error_code else "queued"}
    return _because(states.get(row.state, row.state.value), row.error_code)


def _reported(receipt: DeliveryReceipt) -> Tick:
    if receipt.state is Delivery.FAILED:
        return _because("failed", receipt.error_code)
    early = receipt.state in (Delivery.QUEUED, Delivery.SENDING)
    return Tick("sent" if early else receipt.state.value)


def _because(state: str, code: str | None) -> Tick:
    return Tick(state, reason(code) if code else "", code or "")


def reason(code: str) -> str:
    """What agents read of a failure: a key below ``failure`` in the desk's words."""
    return meaning(code).reason
