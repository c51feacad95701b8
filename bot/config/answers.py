"""What is answered: in general, by intent, and to certain questions, by what people write: faq.yml."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from bot.config.values import Code, Part, Sourced, Title, Translated

LONGEST = 600
"""Characters of an answer in each language: more is not read on a small phone."""


class Answer(Sourced):
    """The general answer to an intent."""

    intent: Code
    answer: Translated
    offer_agent: bool

    @model_validator(mode="after")
    def _short_enough(self) -> Self:
        _check_length(self.answer)
        return self


class Question(Sourced):
    """A question with an answer of its own, found by what people write (`bot.answers`)."""

    code: Code
    intents: Annotated[tuple[Code, ...], Field(min_length=1)]
    """The meanings within which it is looked for first."""
    title: Title
    phrases: Annotated[tuple[Annotated[str, Field(min_length=3)], ...], Field(min_length=3)]
    """Ways in which people ask it, in any language."""
    answer: Translated
    leads_to: Code | None = None
    """The intent that is offered below the answer."""
    offer_agent: bool

    @model_validator(mode="after")
    def _short_enough(self) -> Self:
        _check_length(self.answer)
        return self


class Faq(Part):
    """faq.yml."""

    answers: tuple[Answer, ...]
    questions: tuple[Question, ...] = ()


def _check_length(answer: Translated) -> None:
    for language in ("id", "en"):
        length = len(answer.text(language))
        if length > LONGEST:
            raise ValueError(f"found {length} characters in answer.{language}, expected at most {LONGEST}")
