"""Questions for documents: each wants a photo or a file, and knows when it was the wrong one."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import TypeAdapter

from bot.dialogue.questions import Choice, Question, Retracted, Unclear
from bot.dialogue.state import Form, Heard, Said
from bot.messages import Media, MediaKind
from bot.reading.choices import read_choice

READABLE = (MediaKind.IMAGE, MediaKind.DOCUMENT)
"""What a document can come as."""
WRONG = "wrong"
"""The code of the button that takes the document before back."""
_FILES = TypeAdapter(tuple[Media, ...])
_WRONG_FILE = re.compile(
    r"\b(salah|keliru|tertukar|ketukar|ketuker|bukan|ganti|ulang|wrong|not)\b.{0,25}\b(foto|fotonya|poto|gambar|dokumen|"
    r"berkas|file|kirim|photo|picture|document)|"
    r"\b(foto|fotonya|poto|gambar|dokumen|berkas|file|photo|picture)\b.{0,25}\b(salah|keliru|tertukar|ketukar|ketuker|"
    r"buram|blur|wrong)\b|\b(tertukar|ketukar|ketuker|salah kirim)\b",
    re.IGNORECASE,
)
_NOT_IT = re.compile(r"\b(bukan|salah|not|wrong)\W+(?:itu |the |my )?([^,.;!?]{2,40})", re.IGNORECASE)
_LACKING = (
    "belum ada", "belum punya", "tidak punya", "gak punya", "ga punya", "nggak punya", "tidak ada", "gak ada", "ga ada",
    "nanti", "nanti saja", "nanti aja", "besok", "menyusul", "lewati", "skip", "i don't have it", "don't have", "later",
    "not yet", "belum", "blm ada", "blm punya", "hilang",
)  # fmt: skip
_FEW = 5  # words


@dataclass(frozen=True)
class Paper(Question[tuple[Media, ...]]):
    """One document, as one photo or file or several; without any where the participant has none.

    Args:
        none: title of the button for who does not have it.
        wrong: title of the button that takes the document before back; "" for the first.
        before: the name of the question that asked for that one.
        ahead: a file that was sent for it already, together with others.
        words: what the document is called, in lower case.
    """

    none: str
    wrong: str = ""
    before: str = ""
    ahead: Media | None = None
    words: tuple[str, ...] = ()
    hint: ClassVar[str] = "admin.hint_paper"
    unreadable: ClassVar[str] = "admin.no_paper"
    correctable: ClassVar[bool] = False
    takes_files: ClassVar[bool] = True

    def options(self, narrowed: Sequence[str]) -> Sequence[Choice]:
        """Not there; and the one before was wrong."""
        wrong = [Choice(WRONG, self.wrong)] if self.before else []
        return [Choice("none", self.none), *wrong]

    def read(self, said: Said, narrowed: Sequence[str], *, strictly: bool) -> Any | Unclear | None:
        """The files with the album that they came in; none of them where the document is not there."""
        files = [media for media in said.media if media.kind in READABLE]
        if files:
            return _kept(files, said.album)
        titles = [(self.none, *_LACKING), *([(self.wrong,)] if self.before else [])]
        if said.media or len(said.text.split()) > _FEW:
            return Unclear(says=self.unreadable) if said.media else None
        found = read_choice(said.text, titles)
        return None if found is None else self.tapped("none" if found == 0 else WRONG)

    def assume(self, heard: Sequence[Heard]) -> Any | None:
        """What was sent ahead."""
        return _kept([self.ahead], None) if self.ahead else None

    def tapped(self, code: str) -> Any:
        """Not there, or the one before was wrong."""
        return Retracted(self.before) if code == WRONG else _kept([], None)

    def retracted(self, text: str) -> bool:
        """Whether words say that what was sent for it was something else: "salah foto", "itu KK, bukan KTP"."""
        denied = _NOT_IT.search(text)
        named = [
            word for word in self.words if denied and re.search(rf"\b{re.escape(word)}", denied[2].lower())
        ]
        return bool(named or _WRONG_FILE.search(text))

    def restore(self, kept: Any) -> tuple[Media, ...] | None:
        """The files."""
        return _FILES.validate_python(kept["files"]) if isinstance(kept, dict) else None


def _kept(files: Sequence[Media], album: str | None) -> dict[str, Any]:
    return {"files": _FILES.dump_python(tuple(files), mode="json"), "album": album}


def join_album(form: Form, said: Said) -> bool:
    """Add a photo to the document that the others of its album were taken for; False where there is none.

    The photos of an album come one by one. What was said of fewer of them is to be asked again.
    """
    files = [media for media in said.media if media.kind in READABLE]
    if not (files and said.album) or said.text:
        return False
    for name, kept in form.answers.items():
        if isinstance(kept, dict) and kept.get("album") == said.album:
            kept["files"] += _kept(files, None)["files"]
            form.take_back(f"{name}+several")
            return True
    return False
