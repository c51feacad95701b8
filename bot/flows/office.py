"""Where an office is, how to reach it, and its regular hours; and the channels that spare the way."""

from datetime import timedelta

from bot.dialogue.naming import WhichBranch
from bot.dialogue.talk import Talk
from bot.flows.lookups import Closures
from bot.flows.wording import ends, week


async def office(talk: Talk) -> None:
    """Address, phone and hours of a branch; a closure under way is always said with them."""
    branch = await talk.ask("office.branch", WhichBranch(talk.config, assumed=talk.branch))
    talk.about(branch)
    await talk.say(
        "office.is",
        branch=branch.name,
        address=branch.address,
        phone=branch.phone or "",
        whatsapp=branch.whatsapp or "",
        map=f"https://maps.google.com/?q={branch.latitude},{branch.longitude}",
        hours=week(talk, branch),
    )
    for notice in await talk.look_up(Closures(branch.code, talk.now, talk.now + timedelta(days=1))):
        until_day, until_moment = ends(notice.ends_at, talk.zone(branch))
        await talk.say("office.closed_now", until_day=until_day or "", until_moment=until_moment or "")


async def channels(talk: Talk) -> None:
    """Every channel that participants can turn to, with its number: a line each, or it would be a wall of text."""
    today = talk.local_now().date()
    lines = [
        f"• *{contact.name.text(talk.language)}*: {contact.value.text(talk.language)}"
        for contact in talk.config.contacts.values()
        if contact.valid_on(today)
    ]
    await talk.say("channels.list", lines="\n".join(lines))
