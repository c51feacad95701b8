"""To be told of changes, or not any more."""

from bot.dialogue.naming import WhichBranch, WhichSystem
from bot.dialogue.talk import Talk
from bot.flows.courtesy import menu
from bot.flows.effects import Resubscribe, Subscribe, Unsubscribe


async def subscribe(talk: Talk) -> None:
    """Be told when a system or an office changes."""
    branch = await talk.ask("subscribe.branch", WhichBranch(talk.config, assumed=talk.branch))
    talk.about(branch)
    system = WhichSystem(talk.config).hear(talk.opening)
    await talk.do(Subscribe(branch=branch.code, system=system))
    name = talk.config.systems[system].name.text(talk.language) if system else ""
    await talk.say("subscribe.done" if system else "subscribe.done_all", branch=branch.name, system=name)


async def unsubscribe(talk: Talk) -> None:
    """Be told of nothing any more."""
    ended = await talk.do(Unsubscribe())
    await talk.say("unsubscribe.done" if ended else "unsubscribe.none")


async def start(talk: Talk) -> None:
    """The word with which a talk begins: it also ends what `stop` began."""
    if await talk.do(Resubscribe()):
        await talk.say("subscribe.resumed")
    await menu(talk)
