"""The words by which a text is a question, or a wish: one list for all who look for them."""

import re

_QUESTION = (
    r"apa|apakah|kapan|kpn|berapa|brp|gimana|gmn|bagaimana|dimana|dmn|di mana|kenapa|cak mano|cakmano|piye|kumaha|"
    r"kayapa|what|when|where|how|why"
)
_WISH = r"mau|ingin|pengen|cara|tolong|minta|want|would like|please"

_ASKS = re.compile(
    rf"\?|\b({_QUESTION}|brapa|knp|siapa|apo|berapo|ngapo|naon|is|are|can)\b|"
    r"\s(ga|gak|gk|ngga|nggak|engga|enggak|ndak|dak|kah|ora|tho|toh)\W*$",  # "error ga"
    re.IGNORECASE,
)
_WISHES = re.compile(rf"\b({_WISH}|pingin|nak|handak)\b", re.IGNORECASE)
_REQUESTS = re.compile(
    rf"\?|\b({_QUESTION}|{_WISH}|bisa|bs|boleh|mohon|cek|lapor|check|report)\b", re.IGNORECASE
)


def asks(text: str) -> bool:
    """Whether it reads like a question."""
    return bool(_ASKS.search(text))


def wishes(text: str) -> bool:
    """Whether somebody wants something."""
    return bool(_WISHES.search(text))


def requests(text: str) -> bool:
    """Whether a part of a message asks or wishes for something by itself.

    Stricter about questions than `asks`, since a part is easily cut out of a sentence ("my card is lost and ..."), and
    freer about wishes: "cek tagihan" is one.
    """
    return bool(_REQUESTS.search(text))
