"""Which administrative service is wanted: by button, number, letter, or words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.config.administration import ServiceForm
from bot.dialogue.questions import Choice, Paged, Unclear
from bot.dialogue.state import Said
from bot.dialogue.talk import Talk

_LETTER = re.compile(
    r"(?:saya )?(?:mau |pilih(?:an)? |ambil )?(?:(?:layanan|huruf|kode|yang|yg|letter|service|code) )?"
    r"\(?([a-z])\)?[.!]?",
    re.IGNORECASE,
)


def service_of(talk: Talk) -> ServiceForm | None:
    """The service that the wish which led here is for."""
    return next((item for item in talk.config.services.values() if item.intent == talk.intent), None)


@dataclass(frozen=True)
class ServiceChoice(Paged):
    """One of the services; also by the letter that it has in the published list."""

    letters: tuple[str, ...] = ()
    """By place in `choices`, in lower case; "" for none."""

    def read(self, said: Said, narrowed: Sequence[str], *, strictly: bool) -> Any | Unclear | None:
        """The service's intent."""
        match = _LETTER.fullmatch(said.text.strip())
        letter = match[1].lower() if match else ""
        if letter and letter in self.letters:
            return self.choices[self.letters.index(letter)].code
        return super().read(said, narrowed, strictly=strictly)


async def services(talk: Talk) -> None:
    """The list, and from there to the service."""
    listed = list(talk.config.services.values())
    question = ServiceChoice(
        [_choice(item, talk.language) for item in listed],
        more=talk.word("button.more"),
        letters=tuple((item.letter or "").lower() for item in listed),
    )
    await talk.start(await talk.ask("admin.which", question))


def _choice(service: ServiceForm, language: str) -> Choice:
    title = service.title.text(language)
    lettered = f"{service.letter}. {title}" if service.letter else title
    return Choice(service.intent, lettered, service.name.text(language)[:72], (title.lower(), *service.words))
