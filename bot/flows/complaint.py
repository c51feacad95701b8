"""A complaint is taken down: what about, where, what happened, proof, a summary, a number."""

from bot.config import Branch
from bot.dialogue.naming import Named, WhichBranch, WhichFacility
from bot.dialogue.questions import Choice, Choose
from bot.dialogue.stories import Story, told
from bot.dialogue.talk import Talk
from bot.flows.effects import OpenCase

STORY = "complaint.story"
SHOWN = 300
"""Characters of a story that are shown."""


async def complaint(talk: Talk) -> None:
    """From the first word of anger to a case number."""
    await talk.say("complaint.sorry")
    category = talk.config.categories[await talk.ask("complaint.category", _category(talk))]
    facility = await _facility(talk, asked=category.about_facility)
    branch = await _branch(talk, facility)
    talk.about(branch)
    story = await _story(talk)
    evidence = await talk.attachments("complaint.evidence", at_most=5)
    await talk.confirm(
        "complaint.summary",
        category=category.label.text(talk.language),
        facility=facility.name if facility else "",
        branch=branch.name,
        story=_short(story),
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


async def _facility(talk: Talk, *, asked: bool) -> Named | None:
    """Where it happened: asked where the complaint has to be about a facility, else the one that was named anyway."""
    which = WhichFacility(talk.config, talk.word("button.unknown"))
    if asked:
        return await talk.ask("complaint.facility", which)
    named = (kept for heard in reversed(talk.heard) if (kept := which.hear(heard)) is not None)
    kept = next(named, None)
    return which.restore(kept) if kept else None


async def _story(talk: Talk) -> str:
    """What happened: what was said before it was asked for is its beginning."""
    before = "" if talk.asked_anew(STORY) else told(talk.heard)
    key = "complaint.story_more" if before else STORY
    question = Story(before, talk.word("button.enough"))
    return await talk.ask_as(STORY, talk.word("complaint.story_label"), key, question, told=_short(before))


def _short(story: str) -> str:
    return story if len(story) <= SHOWN else f"{story[:SHOWN]}…"


async def _branch(talk: Talk, facility: Named | None) -> Branch:
    """Which branch sees to it: the facility's, else the one that the talk is about, else it is asked."""
    if facility and facility.facility:
        return talk.config.branch(facility.facility.branch)
    return await talk.ask("complaint.branch", WhichBranch(talk.config, assumed=talk.branch))
