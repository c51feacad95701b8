"""Templates that Meta approved, by what they are for: templates.yml."""

import re
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from bot.config.values import Part

VALUES = {
    "notice_published": ("title", "body", "cause", "guidance", "text"),
    "notice_started": ("title", "guidance", "text"),
    "notice_update": ("title", "status", "body", "text"),
    "notice_ended": ("title", "text"),
    "agent_reply": ("name", "body", "text"),
    "case_update": ("text",),
    "on_call": ("number", "branch", "link", "text"),
}
"""What a template is for, and what can stand in its variables; `text` is the whole message on one line."""

PLACE = re.compile(r"\{\{(\d+)\}\}")


class Template(Part):
    """One template, as it was approved."""

    purpose: Literal[
        "notice_published",
        "notice_started",
        "notice_update",
        "notice_ended",
        "agent_reply",
        "case_update",
        "on_call",
    ]
    language: Annotated[str, Field(pattern="^[a-z]{2}$")]
    content_sid: Annotated[str, Field(pattern="^HX[0-9a-fA-F]{32}$")]
    """Twilio's name for it."""
    text: Annotated[str, Field(min_length=1)]
    """Its words, exactly as approved, with ``{{1}}``, ``{{2}}`` where the variables go."""
    variables: tuple[str, ...] = ()
    """What goes into ``{{1}}``, ``{{2}}``, ..., in that order."""

    @model_validator(mode="after")
    def _approvable(self) -> Self:
        """What Twilio and Meta ask of a template, so that a slip shows here and not in every message.

        Source: Twilio, "Content Types Overview", approval requirements.
        """
        known = VALUES[self.purpose]
        unknown = [name for name in self.variables if name not in known]
        if unknown:
            raise ValueError(f'found "{unknown[0]}" in variables, expected {", ".join(known)}')
        places = {int(number) for number in PLACE.findall(self.text)}
        if places != set(range(1, len(self.variables) + 1)):
            raise ValueError(
                f"found {len(self.variables)} variables for the places {sorted(places)} in text, "
                "expected one for each of {{1}}, {{2}}, ..."
            )
        if PLACE.match(self.text) or re.search(r"\}\}$", self.text):
            raise ValueError("expected words before the first and after the last variable in text")
        if re.search(r"\}\}\s*\{\{", self.text):
            raise ValueError("expected words between two variables in text")
        if self.purpose == "agent_reply" and not {"body", "text"} & set(self.variables):
            raise ValueError("expected body or text in variables: the reply itself has to be in it")
        return self


class Templates(Part):
    """templates.yml."""

    templates: tuple[Template, ...] = ()
