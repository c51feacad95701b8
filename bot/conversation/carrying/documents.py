"""Documents that are missing from administrative requests: which they are, and what becomes of one that comes."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases import administration, queries
from bot.cases.history import PARTICIPANT
from bot.cases.lifecycle import OPEN
from bot.cases.opening import attachment
from bot.config import Config
from bot.conversation.carrying.means import CarriedOut, Means
from bot.conversation.paperwork import due_anew
from bot.flows import effects, lookups
from bot.flows.documents import called
from bot.storage.tables import Case, CaseKind, Conversation


async def awaited_words(session: AsyncSession, config: Config, talk: Conversation) -> tuple[str, ...]:
    """What the documents are called that are missing from the participant's requests; none: nothing is missing."""
    found: list[str] = []
    for case in await queries.waiting_for_documents(session, talk.participant_id):
        awaited = administration.missing(case)
        for code in awaited.documents if awaited else ():
            found += called(config, case.category, code)
    return tuple(dict.fromkeys(found))


async def missing_documents(means: Means, _wanted: lookups.MissingDocuments) -> list[lookups.AwaitedDocument]:
    """Every document that agents asked the participant for, the oldest request first."""
    cases = await queries.waiting_for_documents(means.session, means.talk.participant_id)
    return [
        lookups.AwaitedDocument(number=case.number, service=case.category, document=code)
        for case in cases
        if (awaited := administration.missing(case))
        for code in awaited.documents
    ]


async def send_document(means: Means, wanted: effects.SendDocument) -> effects.DocumentReceived:
    """Put files to a request, if it is the participant's own and still waits for them."""
    session, talk = means.session, means.talk
    query = select(Case).where(
        Case.number == wanted.number,
        Case.participant_id == talk.participant_id,
        Case.kind == CaseKind.ADMIN,
        Case.status.in_(OPEN),
    )
    case = await session.scalar(query.with_for_update())
    awaited = administration.missing(case) if case else None
    if case is None or awaited is None or wanted.document not in awaited.documents:
        return effects.DocumentReceived(taken=False)
    for file in wanted.files:
        kept = attachment(means.sealer, talk, file, case_id=case.id, document=wanted.document)
        kept.created_at = means.now
        session.add(kept)
    due_at = await due_anew(session, means.config, case, means.now)
    left = administration.received(session, case, wanted.document, PARTICIPANT, means.now, due_at)
    return effects.DocumentReceived(taken=True, left=tuple(left))


CARRIED_OUT: CarriedOut = {
    lookups.MissingDocuments: missing_documents,
    effects.SendDocument: send_document,
}
