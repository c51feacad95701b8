"""Pictures of a report as SVG: which intents are taken for which, and how far confidences are to be believed."""

from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

CELL = 18
MARGIN = 190
"""Room for the longest intent's name."""
SIDE = 420
EDGE = 50


def confusion_picture(pairs: Sequence[tuple[str, str]]) -> str:
    """A matrix of true intents (rows) by found intents (columns).

    The darker a cell, the larger its share of the row: blue where it is right, red where not. Mistakes are counted in
    their cells; pointing at a cell names it.

    Args:
        pairs: the true and the found intent of each message; a found one may be empty.
    """
    names = sorted({name for pair in pairs for name in pair if name})
    place = {name: at for at, name in enumerate(names)}
    rows = Counter(truth for truth, _ in pairs)
    size = MARGIN + CELL * len(names)
    parts = [_label(name, at, size) for name, at in place.items()]
    parts += [
        _cell(place[found], place[truth], count, count / rows[truth], f"{truth} taken for {found}: {count}")
        for (truth, found), count in sorted(Counter(pairs).items())
        if found
    ]
    return _svg(size, size, parts)


def _label(name: str, at: int, size: int) -> str:
    """An intent's name before its row and above its column, with lines that lead from them."""
    start = MARGIN + at * CELL
    middle = start + CELL / 2 + 4
    lines = f'<path d="M{MARGIN} {start}H{size}M{start} {MARGIN}V{size}" stroke="#e4e4e4"/>'
    row = f'<text x="{MARGIN - 6}" y="{middle}" text-anchor="end">{escape(name)}</text>'
    return f'{lines}{row}<text transform="translate({middle} {MARGIN - 6}) rotate(-90)">{escape(name)}</text>'


def _cell(column: int, row: int, count: int, part: float, title: str) -> str:
    x, y = MARGIN + column * CELL, MARGIN + row * CELL
    colour = "#1f5fa8" if column == row else "#c0392b"
    box = (
        f'<rect x="{x}" y="{y}" width="{CELL}" height="{CELL}" fill="{colour}" fill-opacity="{part**0.5:.2f}">'
        f"<title>{escape(title)}</title></rect>"
    )
    if column == row:
        return box
    return f'{box}<text x="{x + CELL / 2}" y="{y + CELL / 2 + 4}" text-anchor="middle">{count}</text>'


def reliability_picture(curves: Iterable[tuple[str, dict[str, Any]]]) -> str:
    """Share that is right by confidence; on the diagonal a confidence means what it says.

    Args:
        curves: of each interpreter its name and its `reliability`; the more messages, the larger a point.
    """
    end = EDGE + SIDE
    parts = [f'<path d="M{EDGE} {EDGE}V{end}H{end}M{EDGE} {end}L{end} {EDGE}" fill="none" stroke="#999"/>']
    for tenth in range(0, 11, 2):
        at = SIDE * tenth / 10
        parts.append(f'<text x="{EDGE + at}" y="{end + 16}" text-anchor="middle">{tenth / 10}</text>')
        parts.append(f'<text x="{EDGE - 6}" y="{end - at + 4}" text-anchor="end">{tenth / 10}</text>')
    parts.append(f'<text x="{EDGE + SIDE / 2}" y="{end + 34}" text-anchor="middle">confidence</text>')
    parts.append(f'<text x="{EDGE - 34}" y="{EDGE - 14}">share that is right</text>')
    for number, ((name, curve), colour) in enumerate(
        zip(curves, ("#1f5fa8", "#c0392b", "#3a8f3a"), strict=False)
    ):
        parts.append(_curve(curve["bins"], colour))
        parts.append(
            f'<text x="{EDGE + 12}" y="{EDGE + 16 * (number + 1)}" fill="{colour}">{escape(name)}</text>'
        )
    return _svg(end + 30, end + EDGE, parts)


def _curve(bins: Sequence[dict[str, Any]], colour: str) -> str:
    points = [(EDGE + SIDE * one["confidence"], EDGE + SIDE * (1 - one["right"]), one["n"]) for one in bins]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in points)
    all_of_them = sum(count for _, _, count in points) or 1
    dots = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{3 + 12 * (count / all_of_them) ** 0.5:.1f}" fill="{colour}" '
        f'fill-opacity="0.5"><title>{count} messages</title></circle>'
        for x, y, count in points
    )
    return f'<polyline points="{line}" fill="none" stroke="{colour}"/>{dots}'


def _svg(width: float, height: float, parts: Iterable[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="#fff"/>'
        + "\n".join(parts)
        + "</svg>\n"
    )
