"""What is kept for review: by the turn, and when an agent says that a message was misunderstood."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.dialogue.engine import Chosen, Turn, Understood
from bot.dialogue.state import Said
from bot.messages import Interpretation
from bot.nlu.normalising import Normaliser
from bot.review.marking import kept
from bot.storage.tables import Agent, Author, Conversation, Message, Understanding

KEPT = ("asked_back", "fell_through")
_RANKED = 5


@dataclass(frozen=True)
class Keeping:
    """What one turn keeps.

    Args:
        session: the turn's transaction.
        talk: the conversation.
        lines: the ids of the turn's lines, by the provider's name for the message.
        normaliser: makes texts comparable.
        now: the time.
    """

    session: AsyncSession
    talk: Conversation
    lines: Mapping[str, int]
    normaliser: Normaliser
    now: datetime

    async def note(self, said: Said, turn: Turn) -> None:
        """Keep what the turn made of a message, where there is something to be learnt from it."""
        if turn.chosen:
            await self._settle(turn.chosen)
        if turn.understood.outcome in KEPT:
            self._keep(said, turn.understood)

    def _keep(self, said: Said, understood: Understood) -> None:
        """The message, masked, that was asked back about or not understood."""
        text = kept(said.text)
        if text:
            self.session.add(
                Understanding(
                    text=text,
                    alike=self.normaliser.normalise(text).text or None,
                    outcome=understood.outcome,
                    thought=_thought(said.interpretation),
                    message_id=self.lines.get(said.id),
                    form=understood.asking,
                    branch=self.talk.branch,
                    at=self.now,
                )
            )

    async def _settle(self, chosen: Chosen) -> None:
        """What the participant chose when asked back; the first choice counts.

        It stays ``asked_back`` where the first guess was right, which is as good a label, and is ``corrected`` else.
        """
        query = (
            select(Understanding)
            .join(Message, Message.id == Understanding.message_id)
            .where(Message.conversation_id == self.talk.id, Understanding.form == chosen.form)
            .order_by(Understanding.id.desc())
            .limit(1)
        )
        await self.session.flush()  # it may have been asked in this very turn
        row = await self.session.scalar(query)
        if row is None or row.chosen is not None:
            return
        row.chosen = chosen.intent
        if row.outcome == "asked_back" and chosen.intent != _first(row.thought.get("ranking", [])):
            row.outcome = "corrected"


async def correct(
    session: AsyncSession, line: Message, intent: str, agent: Agent, normaliser: Normaliser, now: datetime
) -> None:
    """Note that an agent says what a participant's message meant. What a supervisor labelled before stays labelled.

    Args:
        session: the transaction.
        line: a participant's line that was interpreted, the last of its `run`.
        intent: what was meant.
        agent: who says so.
        normaliser: makes texts comparable.
        now: the time.
    """
    talk = await session.get_one(Conversation, line.conversation_id)
    text = kept("\n".join(part.body for part in await run(session, line)))
    said = {"outcome": "corrected_by_agent", "chosen": intent, "corrected_by": agent.id, "corrected_at": now}
    row = insert(Understanding).values(
        text=text,
        alike=normaliser.normalise(text).text or None,
        thought={"interpreter": "", "ranking": [[line.intent, None]]},
        message_id=line.id,
        branch=talk.branch,
        at=line.at,
        **said,
    )
    await session.execute(row.on_conflict_do_update(index_elements=["message_id"], set_=said))


async def run(session: AsyncSession, line: Message) -> list[Message]:
    """The lines that were taken together and end with `line`: of one turn, and with one meaning."""
    query = select(Message).where(
        Message.conversation_id == line.conversation_id,
        Message.at == line.at,
        Message.id <= line.id,
        Message.author == Author.PARTICIPANT,
    )
    lines: list[Message] = []
    for earlier in await session.scalars(query.order_by(Message.id.desc())):
        if earlier.intent != line.intent:
            break
        lines.insert(0, earlier)
    return lines


async def corrections(session: AsyncSession, message_ids: list[int]) -> dict[int, tuple[str, UUID]]:
    """By message: what an agent says that it meant, and who."""
    query = select(Understanding.message_id, Understanding.chosen, Understanding.corrected_by).where(
        Understanding.message_id.in_(message_ids), Understanding.corrected_by.is_not(None)
    )
    return {id_: (chosen, by) for id_, chosen, by in await session.execute(query) if id_ and chosen and by}


def _thought(meant: Interpretation) -> dict[str, object]:
    return {
        "interpreter": meant.interpreter,
        "ranking": [[name, round(share, 4)] for name, share in meant.ranking[:_RANKED]],
    }


def _first(ranking: list[list[object]]) -> object:
    return ranking[0][0] if ranking else None
