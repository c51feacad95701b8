"""Scripts, style sheet and icon, read once at the start."""

import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from bot.desk.context import BASE
from bot.desk.refusals import NotFound

FOLDER = Path(__file__).parent / "static"


@dataclass(frozen=True)
class File:
    """A file as it is given out; `version` changes with its content."""

    content: bytes
    content_type: str
    version: str


class StaticFiles:
    """All files of bot/desk/static. An address with the right version may be kept for ever by browsers."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._files = {
            path.relative_to(folder).as_posix(): _read(path) for path in folder.rglob("*") if path.is_file()
        }

    def url(self, name: str) -> str:
        """The address of a file, with its version."""
        return f"{BASE}/static/{name}?v={self._files[name].version}"

    def answer(self, request: Request, name: str) -> Response:
        """A file.

        Raises:
            NotFound: there is none of that name.
        """
        file = self._files.get(name)
        if file is None:
            raise NotFound(name)
        etag = f'"{file.version}"'
        lasting = request.query_params.get("v") == file.version
        headers = {
            "ETag": etag,
            "Cache-Control": "public, max-age=31536000, immutable" if lasting else "no-cache",
        }
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)
        return Response(file.content, media_type=file.content_type, headers=headers)


def _read(path: Path) -> File:
    content = path.read_bytes()
    content_type = mimetypes.guess_type(path.name)[0] or "text/plain"
    return File(content, content_type, hashlib.sha256(content).hexdigest()[:12])
