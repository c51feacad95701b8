"""The JSON forms in which the neutral model is kept in the database."""

from typing import Any

from pydantic import TypeAdapter

from bot.messages import Incoming, Text

_INCOMING = TypeAdapter(Incoming)
_TEXT = TypeAdapter(Text)


def incoming_to_json(incoming: Incoming) -> dict[str, Any]:
    """An incoming message as JSON-able values; times in ISO 8601. What is empty is left out."""
    form: dict[str, Any] = _INCOMING.dump_python(incoming, mode="json", exclude_defaults=True)
    return form


def incoming_from_json(form: dict[str, Any]) -> Incoming:
    """The message again, equal to what it was."""
    return _INCOMING.validate_python(form)


def text_to_json(text: Text) -> dict[str, Any]:
    """A finished message as ``{"body", "options"}``."""
    form: dict[str, Any] = _TEXT.dump_python(text, mode="json", exclude_defaults=True)
    return form


def text_from_json(form: dict[str, Any]) -> Text:
    """The message again, equal to what it was."""
    return _TEXT.validate_python(form)
