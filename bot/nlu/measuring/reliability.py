"""Whether an interpreter is as often right as it says, and how sure a measured share is."""

import math
from collections.abc import Sequence
from typing import Any

BINS = 10
WIDTH = 1.96
"""Standard errors on either side of 95% intervals."""


def reliability(confidences: Sequence[float], right: Sequence[bool]) -> dict[str, Any]:
    """The reliability curve, and the expected calibration error.

    A bin has messages of like confidence: their mean confidence, the share of them that is right, how many there are.
    The error is the mean distance of the two, over all messages (Naeini et al., AAAI 2015).

    Args:
        confidences: of each message, from 0 to 1.
        right: whether its first intent is the true one.
    """
    groups: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for confidence, good in zip(confidences, right, strict=True):
        groups[min(int(confidence * BINS), BINS - 1)].append((confidence, good))
    bins = [
        {
            "from": at / BINS,
            "to": (at + 1) / BINS,
            "confidence": round(sum(confidence for confidence, _ in group) / len(group), 4),
            "right": round(sum(good for _, good in group) / len(group), 4),
            "n": len(group),
        }
        for at, group in enumerate(groups)
        if group
    ]
    off = sum(abs(one["confidence"] - one["right"]) * one["n"] for one in bins)
    return {"bins": bins, "expected_calibration_error": round(off / max(1, len(right)), 4)}


def interval(share: float, count: int) -> tuple[float, float]:
    """The 95% interval of a share that was found in `count` messages (Wilson, 1927)."""
    if not count:
        return 0.0, 1.0
    square = WIDTH**2 / count
    middle = (share + square / 2) / (1 + square)
    half = WIDTH / (1 + square) * math.sqrt(share * (1 - share) / count + square / count / 4)
    return max(0.0, middle - half), min(1.0, middle + half)
