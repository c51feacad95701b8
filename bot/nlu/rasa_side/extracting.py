"""Words described once, where Rasa's CRFEntityExtractor describes each anew for every neighbour.

A word is a feature of itself and of the words beside it. Rasa makes dictionaries of them, of which crfsuite makes
names; these names are made here directly, and what is false is left out, which crfsuite would give the weight nought.
The trained model and the reading of its answers are Rasa's own.
"""

from __future__ import annotations

from typing import Any

from rasa.nlu.extractors.crf_entity_extractor import (  # type: ignore[import-not-found]
    CRFEntityExtractor,
    CRFEntityExtractorOptions,
    CRFToken,
)
from rasa.nlu.utils.bilou_utils import tag_without_prefix  # type: ignore[import-not-found]
from rasa.shared.nlu.constants import ENTITY_ATTRIBUTE_TYPE, TEXT_TOKENS  # type: ignore[import-not-found]
from rasa.shared.nlu.training_data.message import Message  # type: ignore[import-not-found]

OPTIONS = CRFEntityExtractorOptions
PATTERN = OPTIONS.PATTERN
NAMED = {
    *(
        OPTIONS.LOW,
        OPTIONS.TITLE,
        OPTIONS.UPPER,
        OPTIONS.DIGIT,
        OPTIONS.BIAS,
        OPTIONS.PREFIX2,
        OPTIONS.PREFIX5,
    ),
    *(OPTIONS.SUFFIX1, OPTIONS.SUFFIX2, OPTIONS.SUFFIX3, OPTIONS.SUFFIX5, PATTERN),
}
"""Features whose values are words or truths."""


def describe_once(extractor: CRFEntityExtractor) -> None:
    """Let an extractor work in this way; one with roles, groups or features of other kinds is left as it is."""
    config = extractor.component_config
    named = all(feature in NAMED for place in config["features"] for feature in place)
    if not (
        named and config["BILOU_flag"] and list(extractor.entity_taggers or ()) == [ENTITY_ATTRIBUTE_TYPE]
    ):
        return
    extractor._convert_to_crf_tokens = _words
    extractor._crf_tokens_to_features = _described
    extractor._most_likely_tag = _Likeliest(extractor.entity_taggers[ENTITY_ATTRIBUTE_TYPE].classes_)


def _words(message: Message) -> list[CRFToken]:
    """``CRFEntityExtractor._convert_to_crf_tokens`` without what is used for training only."""
    return [
        CRFToken(token.text, None, token.get(PATTERN, {}), [], None, None, None)
        for token in message.get(TEXT_TOKENS)
    ]


def _described(words: list[CRFToken], config: dict[str, Any], _tags: bool = False) -> list[list[str]]:
    """``CRFEntityExtractor._crf_tokens_to_features`` as the names that crfsuite would make of them."""
    window = [(at - len(config["features"]) // 2, names) for at, names in enumerate(config["features"])]
    values = [_values(word, config) for word in words]
    described = []
    for at in range(len(words)):
        names: list[str] = []
        for away, features in window:
            if 0 <= at + away < len(words):
                value = values[at + away]
                names += [f"{away}:{one}" for feature in features for one in value[feature]]
        described.append(
            names + ["BOS"] * (at + window[0][0] < 0) + ["EOS"] * (at + window[-1][0] >= len(words))
        )
    return described


def _values(word: CRFToken, config: dict[str, Any]) -> dict[str, list[str]]:
    """The names of each feature of a word, without the place from which it is seen."""
    found = {}
    for feature in {feature for place in config["features"] for feature in place}:
        value = CRFEntityExtractor.function_dict[feature](word)
        if feature == PATTERN:
            found[feature] = [f"{feature}:{name}" for name, matched in value.items() if matched]
        elif isinstance(value, str):
            found[feature] = [f"{feature}:{value}"]
        else:
            found[feature] = [feature] if value else []
    return found


class _Likeliest:
    """``CRFEntityExtractor._most_likely_tag``: the tag, and how likely any tag of its entity is."""

    def __init__(self, tags: list[str]) -> None:
        self._alike = {
            tag: [one for one in tags if tag_without_prefix(one) == tag_without_prefix(tag)] for tag in tags
        }

    def __call__(self, predictions: list[dict[str, float]]) -> tuple[list[str], list[float]]:
        best = [max(shares, key=shares.__getitem__) for shares in predictions]
        return best, [
            sum(shares[one] for one in self._alike[tag])
            for tag, shares in zip(best, predictions, strict=True)
        ]
