"""Doing something to a case: one transaction, its refusals as problem details, then the news of it."""

from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncSession

from bot.api import repeats
from bot.api.access import Asked
from bot.api.case_forms import Someone, WholeCase
from bot.api.case_pages import whole_case
from bot.api.codes import unknown_documents
from bot.api.problems import Problem, unfit
from bot.cases import queries
from bot.cases.administration import NotAdministration
from bot.cases.lifecycle import CaseTaken, WrongState
from bot.conversation.handling import Handling, Unknown
from bot.conversation.paperwork import UnknownDocument
from bot.media.enclosing import NotThere
from bot.storage.tables import Agent, Case

Verb = Callable[[Handling, AsyncSession, Case, Agent], Awaitable[None]]
"""What is done: one of the verbs of `Handling`, with its own arguments in place."""


async def act(asked: Asked, number: str, verb: Verb) -> WholeCase:
    """Do something to a case and answer with the case as it is then; a repeated request is not done again.

    Raises:
        Problem: 404 unknown or not visible, 409 somebody else's, in another state or of another kind, 422 no such
            target or document.
    """
    api = asked.api
    async with api.database.sessions.begin() as session:
        case = await wanted_case(session, asked, number)
        if await repeats.earlier(session, asked) is None:
            await _do(asked, session, case, verb)
            await repeats.remember(session, asked, case.id)
        page = await whole_case(session, api.sealer, case)
    await api.handling.announce(case)
    return page


async def wanted_case(session: AsyncSession, asked: Asked, number: str) -> Case:
    """The case with that number.

    Raises:
        Problem: 404, there is none, or the agent may not see it.
    """
    case = await queries.by_number(session, asked.agent, number)
    if case is None:
        raise Problem(404, "There is no case with this number, or you may not see it.")
    return case


async def _do(asked: Asked, session: AsyncSession, case: Case, verb: Verb) -> None:
    """Within the transaction, since what an error holds of it is gone after its end."""
    try:
        await verb(asked.api.handling, session, case, asked.agent)
    except CaseTaken as taken:
        raise _taken(case, taken.assignee) from None
    except NotAdministration:
        raise Problem(409, f"{case.number} is no administrative request.") from None
    except UnknownDocument as wrong:
        raise unfit(unknown_documents(wrong.unknown, wrong.known)) from None
    except WrongState as wrong:
        raise Problem(409, f"The case is {wrong.status.value}.", state=wrong.status.value) from None
    except Unknown as unknown:
        raise unfit({"field": "agent", "problem": f"no such agent: {unknown}"}) from None
    except NotThere:
        raise unfit({"field": "file", "problem": "took too long: send it again"}) from None


def _taken(case: Case, assignee: Agent | None) -> Problem:
    if assignee is None:
        return Problem(409, f"Nobody holds {case.number}: claim it first.", assignee=None)
    who = Someone(id=assignee.id, name=assignee.name)
    return Problem(409, f"{case.number} is held by {who.name}.", assignee=who.model_dump(mode="json"))
