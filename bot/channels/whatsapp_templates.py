"""Approved templates: the only messages that WhatsApp takes once its window is closed.

What goes into a variable is made fit for it: Meta refuses line breaks, tabs, runs of more than four spaces, and
nothing at all in one (63013), and more than 1024 characters in the whole. Nothing is ever cut: a template into which
the words do not fit is passed over for the next one.
"""

import json
import re
from collections.abc import Sequence

from bot.channels.rendering import units
from bot.config.templates import PLACE, Template
from bot.messages import Call, Occasion

LONGEST = 1024
"""Characters of a template with its variables filled in."""
_LINES = re.compile(r"\s*[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]\s*")


def template_call(templates: Sequence[Template], occasion: Occasion) -> Call | None:
    """The call with the first template that says it, in the participant's language or else in Indonesian."""
    for language in dict.fromkeys((occasion.language, "id")):
        for template in templates:
            if (template.purpose, template.language) == (occasion.purpose, language):
                call = _filled(template, occasion)
                if call:
                    return call
    return None


def on_one_line(words: str) -> str:
    """`words` as a variable may have them: lines parted by a dot, every run of white space one space."""
    lines = (" ".join(line.split()) for line in _LINES.split(words.replace("\0", "")))
    return " · ".join(line for line in lines if line)


def _filled(template: Template, occasion: Occasion) -> Call | None:
    values = [on_one_line(occasion.values.get(name, "")) for name in template.variables]
    shown = PLACE.sub(lambda found: values[int(found[1]) - 1], template.text)
    if not all(values) or units(shown) > LONGEST:
        return None
    variables = {str(number): value for number, value in enumerate(values, start=1)}
    return Call(
        method="Messages",
        fields={
            "Body": shown,
            "ContentSid": template.content_sid,
            "ContentVariables": json.dumps(variables),
        },
    )
