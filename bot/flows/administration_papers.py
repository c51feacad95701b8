"""The documents of a service: one question each, with a checklist of what is there and what is missing."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.config.administration import Paper as Document
from bot.config.administration import ServiceForm
from bot.dialogue.documents import Paper
from bot.dialogue.questions import Choice, ChooseNow
from bot.dialogue.talk import Talk
from bot.messages import Media


@dataclass
class Papers:
    """What was sent, by the code of the document, with the names of those that are there and those that are not."""

    files: dict[str, tuple[Media, ...]] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    without: list[str] = field(default_factory=list)


async def ask_papers(talk: Talk, service: ServiceForm, given: Mapping[str, object]) -> Papers:
    """Ask for every document, the needed ones first; a needed one that is not there puts the form aside."""
    asked = service.asked_on(talk.local_now().date(), given)
    documents = sorted(asked, key=lambda item: item.need != "required")
    papers, ahead = Papers(), list[Media]()
    before = ""
    for at, document in enumerate(documents):
        sent = ahead.pop(0) if ahead else None
        files = await _ask(talk, documents, at, papers, before, sent)
        if len(files) > 1 and documents[at + 1 :]:
            files, ahead = await _sort(talk, documents[at:], files)
        name = document.name.text(talk.language)
        if not files and document.need == "required":
            await talk.say("admin.get_first", name=name, hint=_hint(talk, document))
            await talk.leave_for_now(_name(document))
        (papers.names if files else papers.without).append(name)
        papers.files[document.code] = files
        before = _name(document) if files else before
    return papers


def _name(document: Document) -> str:
    return f"paper_{document.code}"


def _hint(talk: Talk, document: Document) -> str:
    return document.hint.text(talk.language) if document.hint else ""


async def _ask(
    talk: Talk, documents: list[Document], at: int, papers: Papers, before: str, sent: Media | None
) -> tuple[Media, ...]:
    """Ask for one document, with what is there and what is missing."""
    document, language = documents[at], talk.language
    needed = document.need == "required"
    name = document.name.text(language)
    question = Paper(
        none=talk.word("button.not_yet" if needed else "button.none"),
        wrong=talk.word("button.wrong_photo"),
        before=before,
        ahead=sent,
        words=tuple(word.lower() for word in (name, *document.words)),
    )
    return await talk.ask_as(
        _name(document),
        name,
        "admin.paper" if needed else "admin.paper_if_any",
        question,
        name=name,
        hint=_hint(talk, document),
        there=papers.names,
        done=len(papers.names) or "",
        all=len(documents) - len(papers.without) if papers.names else "",
        missing=[item.name.text(language) for item in documents[at:]] if papers.names else "",
    )


async def _sort(
    talk: Talk, documents: list[Document], files: tuple[Media, ...]
) -> tuple[tuple[Media, ...], list[Media]]:
    """Several files at once while several documents are missing: all of one, or one each in the order of the list."""
    names = [document.name.text(talk.language) for document in documents]
    each = [Choice("each", talk.word("button.one_each"))] if len(files) <= len(documents) else []
    choices = [
        Choice("all", talk.word("button.all_of_one")),
        *each,
        Choice("wrong", talk.word("button.wrong_photo")),
    ]
    chosen = await talk.ask_as(
        f"{_name(documents[0])}+several",
        "",
        "admin.several" if each else "admin.too_many",
        ChooseNow(choices, by_words=False),
        count=len(files),
        name=names[0],
        order=names[: len(files)],
    )
    if chosen == "wrong":
        await talk.take_back(_name(documents[0]))
    return (files, []) if chosen != "each" else (files[:1], list(files[1:]))
