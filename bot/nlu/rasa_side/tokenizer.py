"""Rasa's way into our normalising: words as they were meant, at the places where they were written."""

from __future__ import annotations

import re
from typing import Any

from rasa.engine.graph import ExecutionContext  # type: ignore[import-not-found]
from rasa.engine.recipes.default_recipe import DefaultV1Recipe  # type: ignore[import-not-found]
from rasa.engine.storage.resource import Resource  # type: ignore[import-not-found]
from rasa.engine.storage.storage import ModelStorage  # type: ignore[import-not-found]
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer  # type: ignore[import-not-found]
from rasa.shared.nlu.training_data.message import Message  # type: ignore[import-not-found]

from bot.nlu.normalising import Normaliser

LONGEST = 400
"""Words of a message that are read. DIET's attention grows with their square, and nobody writes more in one message."""
LONGEST_TEXT = 4096
"""Characters that are looked at for these words."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class NormalisingTokenizer(Tokenizer):  # type: ignore[misc]
    """Splits a text into words; each has what was written as its text and the normalised words as its lemma.

    Rasa's featurizers count lemmas (``use_lemma``), its extractors cut entities by the words' places: so the model
    sees standard words, and entities are spans of the original text. The list of words (``words``, written into the
    component's configuration by training) is kept within the trained model.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        self._normaliser = Normaliser(config["words"])

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Nothing is normalised but Unicode, case and letters held down until training adds the words."""
        return {"intent_tokenization_flag": False, "intent_split_symbol": "_", "words": {}}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> NormalisingTokenizer:
        """Rasa's constructor."""
        return cls(config)

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        """The words of a text, at most `LONGEST`; a text without any word is one word."""
        text = message.get(attribute)
        normal = self._normaliser.normalise(text[:LONGEST_TEXT])
        tokens: list[Token] = []
        for found in re.finditer(r"\S+", normal.text):
            start, end = normal.original(*found.span())
            if tokens and (tokens[-1].start, tokens[-1].end) == (start, end):  # one word stood for several
                tokens[-1].lemma += " " + found.group()
            else:
                tokens.append(Token(text[start:end], start, end, lemma=found.group()))
        return tokens[:LONGEST] or [Token(text[:LONGEST], 0)]
