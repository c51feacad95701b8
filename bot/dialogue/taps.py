"""What the id of a button says: which form, which question, which option."""

import re

TAP = re.compile(r"(\d+):([^:]+):(.+)")
"""The form's number, the question's id, the option's code."""


def tapped_serial(tapped: str) -> int:
    """Which form a tapped button belongs to; 0 when it is none of ours."""
    match = TAP.fullmatch(tapped)
    return int(match[1]) if match else 0


def tapped_question(tapped: str) -> str:
    """The id of the question that a tapped button belongs to; "" when it is none of ours."""
    match = TAP.fullmatch(tapped)
    return match[2] if match else ""


def tap_id(serial: int, question_id: str, code: str) -> str:
    """The id of a button: which form, which question, which option. At most 64 bytes (Telegram)."""
    made = f"{serial}:{question_id}:{code}"
    if len(made.encode()) > 64:
        raise ValueError(f"the id of a button is over 64 bytes: {made}")
    return made
