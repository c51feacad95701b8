"""A complaint is taken down: what about, where, what happened, proof, a summary, a number."""

from bot.config import Branch
from bot.dialogue.naming import Named, WhichBranch, WhichFacility
from bot.dialogue.questions import Choice, Choose, FreeText
from bot.dialogue.talk import Talk
from bot.flows.effects import OpenCase


async def complaint(talk: Talk) -> None:
    """From the first word of anger to a case number."""
    await talk.say("complaint.sorry")
    category = talk.config.categories[await talk.ask("complaint.category", _category(talk))]
    facility = None
    if category.about_facility:
        facility = await talk.ask(
            "complaint.facility", WhichFacility(talk.config, talk.word("button.unknown"))
        )
    branch = await _branch(talk, facility)
    talk.about(branch)
    story = await talk.ask("complaint.story", FreeText(min_words=4))
    evidence = await talk.attachments("complaint.evidence", at_most=5)
    await talk.confirm(
        "complaint.summary",
        category=category.label.text(talk.language),
        facility=facility.name if facility else "",
        branch=branch.name,
        story=story if len(story) <= 300 else story[:300] + "…",
        evidence=len(evidence) or "",
    )
    case = await talk.do(
        OpenCase(
            kind="complaint",
            category=category.key,
            priority=category.priority,
            branch=branch.code,
            summary=story,
            fields={"facility": facility.name or None if facility else None, "story": story},
            evidence=tuple(evidence),
        )
    )
    due = case.due_at.astimezone(talk.zone(branch)) if case.due_at else ""
    unknown = "" if case.due_at else talk.word("promise.unknown")
    await talk.say("complaint.received", number=case.number, due=due, unknown=unknown)


def _category(talk: Talk) -> Choose:
    """Which category; the last of the list is "something else"."""
    listed = list(talk.config.categories.values())
    choices = [Choice(item.key, item.title.text(talk.language), words=item.words) for item in listed]
    return Choose(choices, fallback=listed[-1].key)


async def _branch(talk: Talk, facility: Named | None) -> Branch:
    """Which branch sees to it: the facility's, else the one that the talk is about, else it is asked."""
    if facility and facility.facility:
        return talk.config.branch(facility.facility.branch)
    return await talk.ask("complaint.branch", WhichBranch(talk.config, assumed=talk.branch))
