"""Agreement to what the law asks agreement for: nothing but a clear yes is one."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from bot.dialogue.questions import SHORT, Explained, Unclear, YesNo
from bot.dialogue.state import Said
from bot.reading.choices import HARMLESS, asks_back

_GOES_ON = re.compile(r"(?:ya?\s+)?(?:lanjut|terus|next|continue|go on)\w*(?:\s+\w+){0,2}", re.IGNORECASE)
"""Who only wants to go on has agreed to nothing."""
_EXPLAIN = re.compile(
    r"(?:(?:tolong|mohon|minta|please|bisa|coba) )*(?:di)?(?:jelaskan|jelasin|penjelasan\w*|explain\w*|details?)"
    r"(?: (?:lengkap|lengkapnya|lagi|dulu|dong|min|kak|pak|bu|please|again|it))*",
    re.IGNORECASE,
)
_REFUSED = re.compile(
    r"\b(tidak|tdk|tak|gak|ga|gk|nggak|ngga|enggak|ndak|dak|kada|ora|teu|jangan|belum|blm|keberatan|batal|no|not|don'?t|"
    r"disagree|refuse)\b"
)


@dataclass(frozen=True)
class Agreement(YesNo):
    """Whether somebody agrees to what the law asks agreement for: a "no" anywhere, and it is none.

    What is agreed to is told in full once, and again to who asks for it.
    """

    again: ClassVar[str] = "form.agree_again"

    def read(self, said: Said, narrowed: Sequence[str], *, strictly: bool) -> Any | Unclear | None:
        """True only for a yes without any word of refusal."""
        if _EXPLAIN.fullmatch(said.text.strip(" .!?")):
            return Explained()
        if _GOES_ON.fullmatch(said.text.strip(" .!")):
            return None
        if not asks_back(said.text) and _REFUSED.search(HARMLESS.sub(" ya ", said.text.lower())):
            return False if len(said.text.split()) <= SHORT else None
        return super().read(said, narrowed, strictly=strictly)
