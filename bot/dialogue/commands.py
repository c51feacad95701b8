"""The words that work everywhere, in every language at once."""

import re

from bot.texts import Texts

COMMANDS = ("cancel", "restart", "back", "menu", "agent", "stop")

_TRIM = re.compile(r"[\s.!,?/🙏]+")


class Commands:
    """Reads texts such as ``batal`` or ``/menu`` into a command. The words stand in config/texts (``commands.*``)."""

    def __init__(self, texts: Texts) -> None:
        self._words = {
            word.strip().lower(): command
            for command in COMMANDS
            for language in texts.languages
            for word in texts.say(f"commands.{command}", language, {}).split(",")
        }

    def read(self, text: str) -> str | None:
        """The command that the whole text is, politeness apart; None for anything longer."""
        if len(text) > 40:
            return None
        plain = _TRIM.sub(" ", text.lower()).strip()
        for polite in (" min", " kak", " pak", " bu", " dong", " aja", " saja", " ya", " please"):
            plain = plain.removesuffix(polite)
        return self._words.get(plain)
