"""Saying a text in a participant's language."""

from collections.abc import Mapping

from babel import Locale

from bot.errors import SiagaError
from bot.texts.sentences import Sentence, Speech, filled

FIRST = "id"
"""The language that every other is compared with, and that is spoken where a language is unknown."""


AT_KEY = "language.at"
"""The key of the word between a date and a time."""


class TextError(SiagaError, LookupError):
    """A text was asked for that is not there, or lacks a value, or got one of the wrong kind."""


class Texts:
    """All texts: ``texts.say("closure.open", "id", {"branch": "Samarinda"})``."""

    def __init__(self, sentences: Mapping[str, Mapping[str, Sentence]]) -> None:
        self._sentences = sentences
        self._speeches = {
            language: Speech(Locale.parse(language), self._own(language, AT_KEY)) for language in sentences
        }

    @property
    def languages(self) -> tuple[str, ...]:
        """The codes of the languages that there are, Indonesian first."""
        return tuple(sorted(self._sentences, key=lambda language: (language != FIRST, language)))

    @property
    def keys(self) -> frozenset[str]:
        """The key of every text."""
        return frozenset(self._sentences[FIRST])

    def placeholders(self, key: str) -> frozenset[str]:
        """The names of the values that a text needs.

        Raises:
            TextError: there is no such text.
        """
        return frozenset(self._sentence(key, FIRST).names)

    def say(self, key: str, language: str, values: Mapping[str, object]) -> str:
        """The text filled in; in Indonesian where the language is unknown (``en-GB`` counts as ``en``).

        Args:
            key: ``flow.step``.
            language: a language code, as a participant or a channel gives it.
            values: by placeholder; more than are needed may be given.

        Raises:
            TextError: no such text, a value that is not given at all (None is), or one of the wrong kind.
        """
        spoken = language.replace("_", "-").split("-")[0].lower()
        spoken = spoken if spoken in self._sentences else FIRST
        sentence = self._sentence(key, spoken)
        missing = sorted(sentence.names - values.keys())
        if missing:
            raise TextError(f"{key}: no value for {', '.join(missing)}; given: {', '.join(sorted(values))}")
        try:
            return filled(sentence, self._speeches[spoken], values)
        except TypeError as error:
            raise TextError(f"{key}: {error}") from error

    def words(self, key: str, language: str) -> tuple[str, ...]:
        """The words of a text that lists them, parted by commas, in lower case; none where the text is not there."""
        listed = self._own(language, key).split(",")
        return tuple(word.strip().lower() for word in listed if word.strip())

    def _own(self, language: str, key: str) -> str:
        """A text without placeholders in that very language; "" where it has none."""
        sentence = self._sentences[language].get(key)
        return "\n".join("".join(map(str, line)) for line in sentence.lines) if sentence else ""

    def _sentence(self, key: str, language: str) -> Sentence:
        try:
            return self._sentences[language][key]
        except KeyError:
            raise TextError(f'no text "{key}"') from None
