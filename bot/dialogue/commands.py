"""The words that work everywhere, in every language at once."""

import re

from bot.texts import Texts

COMMANDS = ("cancel", "restart", "back", "menu", "agent", "stop", "start")

_TRIM = re.compile(r"[\s.!,?/🙏]+")
_POLITE = re.compile(r"( (min|kak|pak|bu|dong|deh|aja|saja|ya|please))+$")


class Commands:
    """Reads texts such as ``batal`` or ``/menu`` into a command. The words stand in config/texts (``commands.*``)."""

    def __init__(self, texts: Texts) -> None:
        self._words = {
            word.strip().lower(): command
            for command in COMMANDS
            for language in texts.languages
            for word in texts.say(f"commands.{command}", language, {}).split(",")
        }
        self._titles = {
            texts.say(key, language, {}).lower(): key.removeprefix("intent.")
            for key in texts.keys
            if key.startswith("intent.")
            for language in texts.languages
        }

    def title(self, text: str) -> str | None:
        """The intent whose button reads so: what stands on a button may as well be typed."""
        return self._titles.get(" ".join(text.lower().split()).strip(" .!"))

    def read(self, text: str) -> str | None:
        """The command that the whole text is, politeness apart; None for anything longer.

        Of ``/start palembang`` (a link to a Telegram bot may carry a word) only the command counts.
        """
        if text.startswith("/"):
            text = text.split(maxsplit=1)[0]
        if len(text) > 40:
            return None
        plain = _TRIM.sub(" ", text.lower()).strip()
        return self._words.get(plain) or self._words.get(_POLITE.sub("", plain))
