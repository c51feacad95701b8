"""A photo or file that comes while a document is awaited: which one is it, then it goes to the request."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.config import Config
from bot.config.papers import document_calls, document_names, service_name
from bot.dialogue.questions import Choice, Unclear, YesNo
from bot.dialogue.state import Said
from bot.dialogue.talk import Talk
from bot.flows.effects import SendDocument
from bot.flows.lookups import AwaitedDocument, MissingDocuments
from bot.reading.papers import names_paper, paper_words

MOST = 9
OTHER = "other"
_NOT = re.compile(r"\b(bukan|bkn|not)\b", re.IGNORECASE)


@dataclass(frozen=True)
class IsIt(YesNo):
    """Whether a file is the one document that is awaited; to say its name is a yes."""

    words: tuple[str, ...] = ()

    def read(self, said: Said, narrowed: Sequence[str], *, strictly: bool) -> Any | Unclear | None:
        """True or False; "bukan KTP" is no."""
        if names_paper(said.text, self.words):
            return True
        if _NOT.search(said.text):
            return False
        return super().read(said, narrowed, strictly=strictly)


async def document(talk: Talk) -> None:
    """From a photo out of the blue to the request that waits for it."""
    awaited = await talk.look_up(MissingDocuments())
    wanted = await _which(talk, awaited)
    if wanted is None:
        await talk.start("_media")
        return
    sent = SendDocument(number=wanted.number, document=wanted.document, files=tuple(talk.sent))
    received = await talk.do(sent)
    about = {"number": wanted.number, "document": _name(talk, wanted)}
    if not received.taken:
        await talk.say("document.too_late", **about)
        return
    left = document_names(talk.config, wanted.service, received.left, talk.language)
    await talk.say("document.received", **about, left=left)
    if not left:
        await talk.say("document.complete")


async def _which(talk: Talk, awaited: Sequence[AwaitedDocument]) -> AwaitedDocument | None:
    """The document that it is: the one that was named, else the participant is asked; None: none of them."""
    named = [one for one in awaited if names_paper(talk.opening.text, _words(talk, one))]
    if len(named) == 1:
        return named[0]
    offered = (named or awaited)[:MOST]
    if len(offered) == 1:
        return offered[0] if await _is_it(talk, offered[0]) else None
    by_code = {f"{one.number}/{one.document}": one for one in offered}
    choices = [_choice(talk, code, one) for code, one in by_code.items()]
    other = Choice(OTHER, talk.word("document.other"))
    chosen = await talk.choose("document.which", [*choices, other]) if offered else OTHER
    return by_code.get(chosen)


async def _is_it(talk: Talk, one: AwaitedDocument) -> bool:
    question = IsIt(talk.word("button.yes"), talk.word("document.no"), _words(talk, one))
    service = service_name(talk.config, one.service, talk.language)
    return await talk.ask(
        "document.is_it", question, document=_name(talk, one), number=one.number, service=service
    )


def _choice(talk: Talk, code: str, one: AwaitedDocument) -> Choice:
    about = f"{one.number}: {service_name(talk.config, one.service, talk.language)}"
    return Choice(code, _name(talk, one), about[:72], _words(talk, one))


def _name(talk: Talk, one: AwaitedDocument) -> str:
    return document_names(talk.config, one.service, [one.document], talk.language)[0]


def _words(talk: Talk, one: AwaitedDocument) -> tuple[str, ...]:
    return called(talk.config, one.service, one.document)


def called(config: Config, service: str | None, document: str) -> tuple[str, ...]:
    """The words by which a document is recognised, whatever language is spoken."""
    every = document_calls(config, service, document)
    return tuple(dict.fromkeys(word for name in every for word in paper_words(name)))
