"""One flow runs every administrative service of config/services.yml: conditions, entries, papers, a case."""

from bot.config import Branch
from bot.config.administration import Paper, ServiceForm
from bot.dialogue.agreement import Agreement
from bot.dialogue.naming import WhichBranch
from bot.dialogue.talk import Talk
from bot.flows import periods
from bot.flows.administration_conditions import met, refuse, ruled_out
from bot.flows.administration_entries import Entries, ask_entries
from bot.flows.administration_list import service_of
from bot.flows.administration_papers import Papers, ask_papers
from bot.flows.effects import Consent, OpenCase, Opened
from bot.flows.information import information
from bot.flows.reaching import alternatives

PURPOSE = "administration"
"""What participants agree to, as it is kept with their agreement."""
OTHER_WAYS = ("pandawa", "care_center", "mobile_jkn")
"""Contacts that are named to who does not agree; those that the configuration has."""


async def administration(talk: Talk) -> None:
    """From the wish to a case number, or to what has to be there first."""
    service = service_of(talk)
    if service is None:
        await information(talk)
        return
    if condition := ruled_out(talk, service):
        await refuse(talk, condition)
        return
    await _explain(talk, service)
    if not await talk.offer("admin.offer"):
        await talk.say("admin.not_now")
        return
    for condition in service.conditions:
        if not await met(talk, condition):
            return
    if not await _agreed(talk):
        return
    branch = await talk.ask_as(
        "branch",
        talk.word("admin.branch_label"),
        "admin.branch",
        WhichBranch(talk.config, assumed=talk.branch),
    )
    talk.about(branch)
    entries = await ask_entries(talk, service)
    papers = await ask_papers(talk, service, entries.kept)
    await _confirm(talk, service, branch.name, entries, papers)
    case = await talk.do(
        OpenCase(
            kind="admin",
            category=service.code,
            branch=branch.code,
            summary=service.name.id,
            fields={"service": service.code, "state": "new", **entries.kept},
            evidence=tuple(talk.sent),
            documents={code: files for code, files in papers.files.items() if files},
        )
    )
    await _say_opened(talk, service, branch, case)


async def _explain(talk: Talk, service: ServiceForm) -> None:
    """For whom, which documents, how long, and how sure that is."""
    today, language = talk.local_now().date(), talk.language
    papers = [_paper_line(talk, service, item) for item in service.asked_on(today)]
    days = talk.config.cases.deadlines.admin.normal.working_days
    await talk.say(
        "admin.about",
        name=service.name.text(language),
        who=service.who.text(language),
        papers="".join(f"\n{line}" for line in papers),
        how_long=service.how_long.text(language) if service.how_long else "",
        days=days or "",
        facts="\n".join(fact.text.text(language) for fact in service.facts if fact.valid_on(today)),
        by=service.known.by if service.known.confirmed else "",
        year=service.known.year if service.known.confirmed else "",
        unconfirmed="" if service.known.confirmed else talk.word("admin.unconfirmed"),
    )


def _paper_line(talk: Talk, service: ServiceForm, paper: Paper) -> str:
    """A document in a line, with whom it is for where not everybody needs it."""
    key = "admin.paper_line" if paper.need == "required" else "admin.paper_optional"
    only = service.only_for(paper, talk.language)
    return talk.word("admin.paper_only" if only else key, name=paper.name.text(talk.language), only=only)


async def _agreed(talk: Talk) -> bool:
    """Whether the participant agrees that personal data are taken down; this comes before the first of them."""
    agreement = talk.config.consent
    question = Agreement(talk.word("button.agree"), talk.word("button.disagree"))
    words = agreement.words.text(talk.language)
    days = await periods.kept(talk)
    if await talk.ask_as("consent", "", "admin.consent", question, words=words, **periods.told(talk, days)):
        await talk.do(Consent(purpose=PURPOSE, version=periods.version(agreement.version, days)))
        return True
    await talk.say("admin.not_agreed", ways=await alternatives(talk, OTHER_WAYS, None))
    return False


async def _confirm(talk: Talk, service: ServiceForm, branch: str, entries: Entries, papers: Papers) -> None:
    await talk.confirm(
        "admin.summary",
        service=service.name.text(talk.language),
        branch=branch,
        lines="\n".join(entries.shown),
        papers=papers.names,
        without=papers.without,
    )


async def _say_opened(talk: Talk, service: ServiceForm, branch: Branch, case: Opened) -> None:
    due = case.due_at.astimezone(talk.zone(branch)) if case.due_at else ""
    unknown = "" if case.due_at else talk.word("promise.unknown")
    after = service.next.text(talk.language)
    await talk.say("admin.opened", number=case.number, due=due, unknown=unknown, next=after)
