"""Which words name a facility, a place, a system or a time: a linear model over each word and its neighbours.

It learns from the spans that people marked, and is told what the operator's lists and the reader of dates make of each
word. Numbers are not its business: rules find them.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.nlu.embedded.gazetteer import Gazetteer
from bot.nlu.features import Floats
from bot.nlu.normalising import Normaliser
from bot.nlu.stems import skeleton, stem
from bot.reading.dates import find_when
from bot.reading.words import Token

Numbers = NDArray[np.float64]
LEARNED = ("facility", "place", "system", "when")
TAGS = ("O", *(f"{mark}-{entity}" for entity in LEARNED for mark in "BI"))
WORD = re.compile(r"\d+(?:[.:/]\d+)*|[^\W\d_]+(?:['’`ʼ-][^\W\d_]+)*")
PAUSE = re.compile(r"[,;:!?()\n]")
FACILITY_HEADS = frozenset(
    [
        *(
            "rs",
            "rsu",
            "rsud",
            "rsup",
            "rsia",
            "rsi",
            "rsj",
            "rsk",
            "rsab",
            "rsal",
            "rsad",
            "rsgm",
            "rumkit",
            "sakit",
        ),
        *("puskesmas", "pkm", "puskes", "pusk", "pustu", "klinik", "apotek", "optik", "fktp", "poliklinik"),
    ]
)


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of the words of one text before the model looks."""

    words: tuple[Token, ...]
    features: tuple[tuple[str, ...], ...]
    times: tuple[tuple[int, int], ...]
    """Where the reader of dates sees a time: first word, word after the last."""
    stops: frozenset[int] = frozenset()
    """Words before which the sentence pauses."""


def split(text: str) -> list[Token]:
    """The words of a text as the tagger counts them: a hyphen does not part a word (``p-care``)."""
    return [
        Token(match.group().lower(), match.start(), match.end(), False, False)
        for match in WORD.finditer(text)
    ]


class Looker:
    """Describes each word of a text for the tagger."""

    def __init__(self, normaliser: Normaliser, gazetteer: Gazetteer, common: frozenset[str]) -> None:
        self._normaliser = normaliser
        self._common = common
        self._described: dict[str, tuple[str, ...]] = {}
        self._gazetteer = gazetteer
        self._usual = {self._stem(word) for word in common}

    def look(self, text: str) -> Seen:
        """The words of a text with their features."""
        words = split(text)
        own = [self._own(token, text) for token in words]
        for start, end, entities in self._gazetteer.found(words):
            for at in range(start, end):
                own[at] += [f"list{'B' if at == start else 'I'}{entity}" for entity in sorted(entities)]
        times = tuple(_inside(words, start, end) for start, end in find_when(text))
        for first, last in times:
            for at in range(first, last):
                own[at] += [rule := "ruleB" if at == first else "ruleI", f"{rule}{own[at][1]}"]
        gaps = ((at, text[words[at - 1].end : words[at].start]) for at in range(1, len(words)))
        stops = frozenset(at for at, between in gaps if PAUSE.search(between))
        features = tuple(map(tuple, _with_neighbours(own, text, words)))
        return Seen(tuple(words), features, times, stops)

    def only_name(self, text: str) -> str | None:
        """The entity of a text that is one name on a list and nothing else."""
        words = split(text)
        found = self._gazetteer.found(words)
        if len(found) != 1 or found[0][:2] != (0, len(words)):
            return None
        return min(found[0][2])

    def _own(self, token: Token, text: str) -> list[str]:
        described = self._described.get(token.word)
        if described is None:
            described = tuple(self._describe(token.word))
            if len(self._described) < 50_000:
                self._described[token.word] = described
        shape = f"s{_shape(text[token.start : token.end])}"
        return [*described, shape, "head"] if token.word in FACILITY_HEADS else [*described, shape]

    def _describe(self, word: str) -> list[str]:
        plain = self._normaliser.normalise(word).text
        features = [f"w{word}", f"n{plain}", f"k{skeleton(word)}", f"3{word[:3]}", f"e{word[-3:]}"]
        usual = word in self._common or self._stem(word) in self._usual
        return [*features, "usual" if usual else "rare"]

    def _stem(self, word: str) -> str:
        """The stem of what a word means: ``rujukannya`` is as usual a word as ``rujukan``."""
        return stem(self._normaliser.normalise(word).text.partition(" ")[0])


def _inside(words: Sequence[Token], start: int, end: int) -> tuple[int, int]:
    """The words that lie in ``text[start:end]``: the first, and the one after the last."""
    inside = [at for at, token in enumerate(words) if token.start < end and start < token.end]
    return (inside[0], inside[-1] + 1) if inside else (0, 0)


def _shape(written: str) -> str:
    if written[0].isdigit():
        return f"d{min(len(written), 5)}"
    return "U" if written.isupper() and len(written) > 1 else "C" if written[0].isupper() else "l"


FAR = ("n", "list", "rule", "head", "s", "rare", "usual")
"""Features of the second neighbours that count."""
NEAR = (*FAR, "w", "3", "e")
"""Features of the neighbours that count."""


def _with_neighbours(own: Sequence[Sequence[str]], text: str, words: Sequence[Token]) -> Iterator[list[str]]:
    """Each word's own features, those of its neighbours with where they stand, and what parts it from the last."""
    near = [[feature for feature in of_word if feature.startswith(NEAR)] for of_word in own]
    far = [[feature for feature in of_word if feature.startswith(FAR)] for of_word in near]
    for at, of_word in enumerate(own):
        features = [*of_word, "bias"]
        for offset, shown in ((-2, far), (-1, near), (1, near), (2, far)):
            other = shown[at + offset] if 0 <= at + offset < len(own) else ["none"]
            features += [f"{offset}{feature}" for feature in other]
        if at:
            between = text[words[at - 1].end : words[at].start]
            features += [f"gap{between[:2]}"] if between != " " else []
            features.append(f"pair{own[at - 1][1]}|{of_word[1]}")
        yield [*features, *_since_head(own, at)]


def _since_head(own: Sequence[Sequence[str]], at: int) -> Iterator[str]:
    """How many words ago a hospital or clinic was announced, up to four."""
    for distance in range(1, 5):
        if at >= distance and "head" in own[at - distance]:
            yield f"head-{distance}{own[at][5]}{own[at][6]}"
            return


@dataclass(frozen=True)
class Tagger:
    """Weights of each feature for each tag; ``names[i]`` is the feature of row i."""

    names: tuple[str, ...]
    weights: Floats
    bias: Floats

    def __post_init__(self) -> None:
        object.__setattr__(self, "_rows", {name: at for at, name in enumerate(self.names)})

    def spans(self, seen: Seen) -> list[tuple[str, int, int, float]]:
        """(entity, start, end, margin) of every span, in order."""
        if not seen.words:
            return []
        rows: dict[str, int] = self.__dict__["_rows"]
        known = [
            [row for name in features if (row := rows.get(name)) is not None] for features in seen.features
        ]
        scores = np.stack([self.weights[of_word].sum(axis=0) + self.bias for of_word in known])
        return list(_as_spans(best_path(scores), scores, seen))


def best_path(scores: Numbers) -> list[int]:
    """The tags with the highest sum of scores in which no span is gone on with that was not begun."""
    total = scores[0] + np.array([-1e6 if tag.startswith("I") else 0.0 for tag in TAGS])
    back = []
    for row in scores[1:]:
        reach = np.where(ALLOWED, total[:, None], -1e6)
        back.append(reach.argmax(axis=0))
        total = reach.max(axis=0) + row
    path = [int(total.argmax())]
    for came in reversed(back):
        path.append(int(came[path[-1]]))
    return path[::-1]


ALLOWED = np.array(
    [[not (to[0] == "I" and (was[0] == "O" or was[2:] != to[2:])) for to in TAGS] for was in TAGS]
)
"""ALLOWED[was, to]: a span goes on only from its own entity."""


def _as_spans(path: Sequence[int], scores: Numbers, seen: Seen) -> Iterator[tuple[str, int, int, float]]:
    words = seen.words
    at = 0
    while at < len(path):
        tag = TAGS[path[at]]
        end = at + 1
        if tag[0] == "B":
            while end < len(path) and TAGS[path[end]] == f"I{tag[1:]}":
                end += 1
            margin = min(float(scores[place, path[place]] - scores[place, 0]) for place in range(at, end))
            first, last = _whole_time(at, end, seen) if tag == "B-when" else (at, end)
            if tag == "B-facility":
                last = next((stop for stop in range(at + 1, end) if stop in seen.stops), end)
            if tag != "B-facility" or any(token.word not in FACILITY_HEADS for token in words[first:last]):
                yield tag[2:], words[first].start, words[last - 1].end, margin
            end = max(end, last)
        at = end


BARE = frozenset(["hari", "hr", "bulan", "bln", "tahun", "thn"])


def _whole_time(at: int, end: int, seen: Seen) -> tuple[int, int]:
    """A part of a time made whole (``28`` of ``28 hari``), but for a leading ``hari`` that the tagger left out."""
    for first, last in seen.times:
        if first <= at and end <= last:
            return (at if seen.words[first].word in BARE else first), last
    return at, end
