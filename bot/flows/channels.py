"""The channels that spare the way to the office: those that work now, for what is wanted."""

from bot.config import Branch, Topic
from bot.dialogue.naming import WhichBranch
from bot.dialogue.talk import Talk
from bot.flows.reaching import line, name, reached


async def channels(talk: Talk) -> None:
    """Every channel that serves what is wanted; what does not work now is said to, and from when it does again."""
    branch, topic = _branch(talk), _topic(talk)
    today = talk.local_now(branch).date()
    contacts = [contact for contact in talk.config.contacts.values() if contact.valid_on(today)]
    serving = [contact for contact in contacts if topic is None or topic.code in contact.serves]
    reach = await reached(talk, serving, branch)
    lines = [line(talk, one) for one in reach if one.works]
    topic_name = topic.name.text(talk.language) if topic else ""
    await talk.say(
        "channels.for_topic" if topic else "channels.list", topic=topic_name, lines="\n".join(lines)
    )
    later = [line(talk, one) for one in reach if one.opens]
    if later:
        await talk.say("channels.later", lines="\n".join(later))
    down = [name(talk, one) for one in reach if one.down]
    if down:
        await talk.say("channels.down", channels=down)


def _branch(talk: Talk) -> Branch | None:
    """The branch that was named, or spoken of before."""
    heard = WhichBranch(talk.config).hear(talk.opening)
    return talk.config.branches.get(str(heard) if heard else talk.branch or "")


def _topic(talk: Talk) -> Topic | None:
    """What is to be done through a channel, if it was said: of several, what was said in the longest words."""
    said = f" {' '.join(talk.opening.text.lower().split())} "
    told = {
        topic.code: max((len(word) for word in topic.words if f" {word}" in said), default=0)
        for topic in talk.config.topics.values()
    }
    best = max(told, key=lambda code: told[code], default="")
    return talk.config.topics[best] if told.get(best) else None
