"""The shell around the pure dialogue: what a flow looks up or has done is carried out here."""

from typing import Any

from bot.conversation.carrying import answers, cases, documents, facilities, notices, people, queue
from bot.conversation.carrying.means import CarriedOut, Means
from bot.dialogue.requests import Effect, LookUp

_CARRIED_OUT: CarriedOut = {
    **answers.CARRIED_OUT,
    **notices.CARRIED_OUT,
    **cases.CARRIED_OUT,
    **facilities.CARRIED_OUT,
    **queue.CARRIED_OUT,
    **people.CARRIED_OUT,
    **documents.CARRIED_OUT,
}
"""By the type of the request; each module of `bot.conversation.carrying` names its own."""


async def carry_out(means: Means, request: LookUp[Any] | Effect[Any]) -> Any:
    """Do one request of a flow, and give back what it awaits."""
    if not (isinstance(request, LookUp) and request.same_for_all):
        return await _CARRIED_OUT[type(request)](means, request)
    if request not in means.looked_up:
        means.looked_up[request] = await _CARRIED_OUT[type(request)](means, request)
    return means.looked_up[request]
