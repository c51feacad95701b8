"""How a service is done, from the operator's own answers (config/faq.yml); a human where that is not enough."""

from bot.dialogue.talk import Talk


async def information(talk: Talk) -> None:
    """The answer to the intent that led here."""
    answer = talk.config.faq.get(talk.intent)
    if answer is None or not answer.valid_on(talk.local_now().date()):
        await talk.say("information.none")
    else:
        await talk.say("information.is", answer=answer.answer.text(talk.language))
        if not answer.offer_agent or talk.queued:
            return
    if await talk.offer("information.agent"):
        await talk.start("request_agent")
    await talk.say("information.closing")
