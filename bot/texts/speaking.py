"""Saying a text in a participant's language."""

from collections.abc import Mapping

from babel import Locale

from bot.errors import SiagaError
from bot.texts.sentences import Sentence, filled

FIRST = "id"
"""The language that every other is compared with, and that is spoken where a language is unknown."""


class TextError(SiagaError, LookupError):
    """A text was asked for that is not there, or lacks a value, or got one of the wrong kind."""


class Texts:
    """All texts: ``texts.say("closure.open", "id", {"branch": "Samarinda"})``."""

    def __init__(self, sentences: Mapping[str, Mapping[str, Sentence]]) -> None:
        self._sentences = sentences

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
            return filled(sentence, Locale.parse(spoken), values)
        except TypeError as error:
            raise TextError(f"{key}: {error}") from error

    def _sentence(self, key: str, language: str) -> Sentence:
        try:
            return self._sentences[language][key]
        except KeyError:
            raise TextError(f'no text "{key}"') from None
