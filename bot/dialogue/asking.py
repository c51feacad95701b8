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

_WHAT_NOW = re.compile(
    r"(?:(?:terus|trus|trs|lalu|jadi|jd|so|then|and) )?(?:(?:saya|sy|aku|ak|gw|gue|kami|kita) )?"
    r"(?:(?:harus|hrs|mesti|musti|kudu) )?"
    r"(?:gimana|gmn|gmna|gmana|bagaimana|bgmn|bgmna|ngapain|solusinya(?: apa)?|ke ?mana|"
    r"(?:apa|apa yang|apa yg) (?:harus|hrs|bisa|bs) (?:saya|sy|aku|kami|kita) (?:lakukan|lakuin|perbuat)|"
    r"what now|what then|what (?:should|do|can) (?:i|we) do)"
    r"(?: (?:dong|donk|dunk|ya|yah|sih|kak|min|pak|bu|nih|ini|solusinya|skrg|skrang|sekarang|now|then))*"
)


def asks(text: str) -> bool:
    """Whether it reads like a question."""
    return bool(_ASKS.search(text))


def asks_what_now(text: str) -> bool:
    """Whether it only asks what to do then: "terus saya harus gimana dong"."""
    words = re.findall(r"[^\W\d_]+", text.lower())
    return bool(_WHAT_NOW.fullmatch(" ".join(words)))


def wishes(text: str) -> bool:
    """Whether somebody wants something."""
    return bool(_WISHES.search(text))


def requests(text: str) -> bool:
    """Whether a part of a message asks or wishes for something by itself.

    Stricter about questions than `asks`, since a part is easily cut out of a sentence ("my card is lost and ..."), and
    freer about wishes: "cek tagihan" is one.
    """
    return bool(_REQUESTS.search(text))
