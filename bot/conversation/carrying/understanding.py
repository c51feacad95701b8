"""What parts of a message mean: the engine asks when the whole has turned out to hold more than one thing."""

from collections.abc import Awaitable, Callable
from typing import Any

from bot.dialogue.several import Understand
from bot.messages import Address, Interpretation
from bot.nlu.interpreter import Interpreter


def reading(interpreter: Interpreter) -> dict[type, Callable[[Any, Address], Awaitable[Any]]]:
    """Who asks the interpreter (`bot.conversation.turn.Conversations.consulting`)."""

    async def understand(wanted: Understand, _address: Address) -> tuple[Interpretation, ...]:
        return tuple(await interpreter.interpret(wanted.texts))

    return {Understand: understand}
