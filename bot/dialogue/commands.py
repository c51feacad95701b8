"""The words that work everywhere, in every language at once."""

import re

from bot.dialogue.alarms import Alarms
from bot.dialogue.languages import Languages
from bot.dialogue.plainly import Plainly
from bot.texts import Texts

COMMANDS = (
    "cancel",
    "restart",
    "back",
    "menu",
    "agent",
    "stop",
    "start",
    "resume",
    "discard",
    "language",
    "emergency",
)

PEOPLE = ("privacy", "my_data", "erase_me", "join", "part")
"""What participants may do with their data: asked for politely, too, but in no longer sentence."""

_TRIM = re.compile(r"[\s.!,?/🙏]+")
_POLITE = re.compile(r"( (min|kak|pak|bu|dong|deh|aja|saja|ya|please))+$")


_TAIL = r"(?:\s+(?:deh|aja|saja|dulu|ya|lah|min|kak|dong|itu|yang itu|yg itu|yang tadi|yg tadi|it|that|this|please))*"
_INSTEAD = (
    r"(?:\s*[,.;!\n-]+\s*|"
    r"\s+(?=(?:saya |sy |aku |i )?(?:mau |want to )?(?:cek|tanya|lihat|lapor|check|ask)\b))"
)
"""What parts a word for leaving from what is wanted instead: a sign, or a word that wants something else."""
_ASKING = re.compile(r"^((min|kak|pak|bu|tolong|mohon|minta|saya|mau|ingin|please|i want to) )+")
_CODE = re.compile(r" (?=[a-z -]*\d)[a-z0-9]{4}[ -]?[a-z0-9]{4}$")
"""A code after the word for joining; every code has a digit (`bot.people.joining`)."""


class Commands:
    """Reads texts such as ``batal`` or ``/menu`` into a command. The words stand in config/texts (``commands.*``)."""

    def __init__(self, texts: Texts) -> None:
        self._words = {
            word: command
            for command in (*COMMANDS, *PEOPLE)
            for language in texts.languages
            for word in texts.words(f"commands.{command}", language)
        }
        self.languages, self.alarms, self.plainly = Languages(texts), Alarms(texts), Plainly(texts)
        cancel = "|".join(re.escape(word) for word, command in self._words.items() if command == "cancel")
        self._cancelled = re.compile(
            rf"(?:(?:eh|oh|maaf|sorry|ya|min|kak|ok|oke)[ ,]+)*(?:{cancel})\b{_TAIL}{_INSTEAD}(?P<rest>.+)",
            re.IGNORECASE | re.DOTALL,
        )
        self._titles = {
            texts.say(key, language, {}).lower(): key.removeprefix("intent.")
            for key in texts.keys
            if key.startswith("intent.")
            for language in texts.languages
        }

    def after_cancel(self, text: str) -> str:
        """What is wanted instead of what is left: of "ga jadi, cek tagihan aja" the last words; "" where nothing is."""
        found = self._cancelled.match(text)
        rest = found["rest"].strip() if found else ""
        return rest if len(rest.split()) > 1 else ""

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
        polite = _POLITE.sub("", plain)
        named = "language" if self.languages.is_name(polite) else None
        return self._words.get(plain) or self._words.get(polite) or named or self._of_people(polite)

    def _of_people(self, polite: str) -> str | None:
        """One of `PEOPLE`, asked for politely or with a code behind it."""
        asked = _ASKING.sub("", polite)
        if (found := self._words.get(asked)) in PEOPLE:
            return found
        before = _CODE.sub("", asked)
        return "join" if before != asked and self._words.get(before) == "join" else None
