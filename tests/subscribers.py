"""People who want to be told of what happens, in any number."""

from datetime import datetime
from uuid import uuid4

from sqlalchemy.dialects.postgresql import insert

from bot.storage.engine import Database
from bot.storage.tables import ChannelAddress, Conversation, Participant, Subscription

ADDRESS = {"telegram": "telegram:9{:08}", "whatsapp": "whatsapp:+6289{:09}"}


async def subscribers(database: Database, of_each: int, now: datetime) -> list[str]:
    """So many on each channel, who have just written and want to be told everything; their addresses."""
    everybody = [(name, form.format(number)) for name, form in ADDRESS.items() for number in range(of_each)]
    async with database.sessions.begin() as session:
        for start in range(0, len(everybody), 1000):
            people = [(uuid4(), *one) for one in everybody[start : start + 1000]]
            await session.execute(insert(Participant), [{"id": id_} for id_, _, _ in people])
            of = [{"address": address, "participant_id": id_} for id_, _, address in people]
            known = [
                row | {"channel": name, "last_inbound_at": now}
                for row, (_, name, _) in zip(of, people, strict=True)
            ]
            await session.execute(insert(ChannelAddress), known)
            await session.execute(insert(Conversation), of)
            await session.execute(insert(Subscription), [{"address": row["address"]} for row in of])
    return [address for _, address in everybody]
