"""A database that has been in service for long: made by PostgreSQL itself, in the sizes of real rows.

Sealed values are random bytes; nothing in the benchmarks opens them.
"""

import time

from sqlalchemy import text

from bot.storage.engine import Database

PER_TALK = 10
"""Lines of a conversation, every other one the participant's; and one case for each conversation."""

_PEOPLE = """
insert into participants (id, language) select gen_random_uuid(), 'id' from generate_series(1, :talks);
insert into addresses (address, channel, participant_id, last_inbound_at)
    select 'whatsapp:+62899' || lpad(row_number() over ()::text, 8, '0'), 'whatsapp', id, now() - interval '9 days'
    from participants where not exists (select from addresses where participant_id = participants.id);
insert into conversations (id, address, participant_id, owner, sealed_dialogue, last_message_at)
    select gen_random_uuid(), address, participant_id, 'bot', sha512(address::bytea) || sha512(address::bytea),
        now() - interval '9 days'
    from addresses on conflict do nothing
"""
_LINES = """
insert into inbox (channel, provider_id, address, sealed, state, done_at)
    select 'whatsapp', 'SM' || md5(c.address || n), c.address,
        sha512(c.address::bytea) || sha512(n::text::bytea) || sha512(c.id::text::bytea), 'done', now()
    from conversations c, generate_series(1, :half) n;
insert into messages (conversation_id, author, body, inbox_id, edited)
    select c.id, case when n % 2 = 1 then 'participant' else 'bot' end,
        'min saya mau tanya, kantor buka jam berapa ya hari ini ' || n, null, false
    from generate_series(1, :lines) n, conversations c;
insert into outbox (channel, address, message_id, sealed, priority, state, parts_sent, provider_id, sent_at)
    select 'whatsapp', c.address, m.id, sha512(c.address::bytea) || sha512(m.id::text::bytea), 'a_reply', 'sent', 1,
        'SM' || md5(m.id::text), now()
    from messages m join conversations c on c.id = m.conversation_id where m.author = 'bot';
insert into receipts (channel, provider_id, state, at, followed)
    select 'whatsapp', provider_id, 'read', now(), true from outbox
"""
_CASES = """
insert into cases (number, kind, status, priority, branch, summary, fields, participant_id, conversation_id,
        opened_at, due_at, closed_at)
    select 'OLD-' || row_number() over (), 'complaint', case when random() < 0.98 then 'closed' else 'new' end,
        'normal', null, 'Antrean lama di loket', '{"facility": "RS Contoh"}', participant_id, id,
        now() - interval '9 days', now() - interval '8 days', now() - interval '7 days'
    from conversations
"""


async def fill(database_url: str, messages: int) -> float:
    """Store `messages` lines that were dealt with, a tenth as many conversations, and a case for each.

    Returns:
        Seconds that it took.
    """
    began = time.perf_counter()
    database = Database(database_url, patience=None)
    sizes = {"talks": messages // PER_TALK, "lines": PER_TALK, "half": PER_TALK // 2}
    async with database.engine.begin() as connection:
        for script in (_PEOPLE, _LINES, _CASES):
            for statement in script.split(";\n"):
                await connection.execute(
                    text(statement), {k: v for k, v in sizes.items() if f":{k}" in statement}
                )
    async with database.autocommit.connect() as connection:
        await connection.execute(text("vacuum analyze"))
    await database.close()
    return time.perf_counter() - began
