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

from bot.nlu.concepts import Concepts
from bot.nlu.normalising import Normaliser
from bot.nlu.stems import skeleton, stem

LONGEST = 400
"""Words of a message that are read. DIET's attention grows with their square, and nobody writes more in one message."""
LONGEST_TEXT = 4096
"""Characters that are looked at for these words."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class NormalisingTokenizer(Tokenizer):  # type: ignore[misc]
    """Splits a text into words; each has what was written as its text, and what is to be counted as its lemma.

    That is the normalised word, its stem, its consonants and its concepts. Rasa's featurizers count lemmas
    (``use_lemma``), its extractors cut entities by the words' places: so the model sees standard words, and entities
    are spans of the original text. The lists of words (``words``, ``concepts``; written into the component's
    configuration by training) are kept within the trained model.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        self._normaliser = Normaliser(config["words"])
        self._concepts = Concepts([(word, concept) for word, concept in config["concepts"]], self._normaliser)

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Nothing is normalised but Unicode, case and letters held down until training adds the words."""
        return {"intent_tokenization_flag": False, "intent_split_symbol": "_", "words": {}, "concepts": []}

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
            told = " ".join(self._told(found.group()))
            if tokens and (tokens[-1].start, tokens[-1].end) == (start, end):  # one word stood for several
                tokens[-1].lemma += " " + told
            else:
                tokens.append(Token(text[start:end], start, end, lemma=told))
        return tokens[:LONGEST] or [Token(text[:LONGEST], 0)]

    def _told(self, word: str) -> list[str]:
        """The word, its stem, its consonants and what it stands for, each marked so that none is taken for another."""
        root = stem(word)
        concepts = [f"={concept}" for concept in self._concepts.found([word])]
        return [word, f"~{root}", f"#{skeleton(root)}", *concepts]
