"""What those who run the service are told of the interpreters."""

from typing import Any

from bot.nlu.cache import Cached
from bot.nlu.fallback import Fallback


async def health(interpreter: Cached) -> dict[str, Any]:
    """Who understands messages now and with which model, asked of Rasa itself; `silent` says why it is not Rasa.

    `answered` and `cached` count what this process had interpreted; where workers are processes of their own, the
    web's counts stay at nought.
    """
    behind = interpreter.behind
    name, model, silent = (
        await behind.look() if isinstance(behind, Fallback) else (behind.name, behind.model, "")
    )
    return {
        "name": name,
        "model": model,
        "silent": silent,
        "answered": dict(interpreter.answered),
        "cached": {"hits": interpreter.hits, "kept": len(interpreter)},
    }
