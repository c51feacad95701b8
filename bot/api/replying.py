"""A reply as it is asked for: JSON, or a form with a file, which is checked and kept before it is written down."""

import hashlib
import json
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter, ValidationError
from starlette.datastructures import FormData, UploadFile

from bot.api.access import Asked, is_form
from bot.api.acting import wanted_case
from bot.api.case_forms import Spoken
from bot.api.problems import AGAIN_AFTER, Problem, unfit
from bot.api.values import MaybeSaid
from bot.media.enclosing import NotTaken, Upload
from bot.media.stores import StoreAway
from bot.messages import Enclosure
from bot.storage.tables import Conversation

FORM = "Send a form with the field file, and perhaps text."
_TEXT: TypeAdapter[str | None] = TypeAdapter(MaybeSaid)
_WHY = {
    "empty": "is empty",
    "kind": "is of a kind that this channel does not take from us, or damaged",
    "program": "is a program",
    "page": "is a web page or SVG",
    "bomb": "is a picture of too many pixels",
    "no_files": "this channel takes no files from us",
}

BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/Spoken"}},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {
                            "type": "string",
                            "contentMediaType": "application/octet-stream",
                            "description": "JPEG, PNG, WebP, PDF or Ogg Opus, as far as the channel takes it: "
                            "WhatsApp photos of 5 MB and other files of 16 MB, no WebP; Telegram 50 MB.",
                        },
                        "text": {"type": "string", "maxLength": 4000},
                    },
                }
            },
        },
    }
}
"""The two bodies, for the OpenAPI document."""


@dataclass(frozen=True)
class Reply:
    """Words, or a file with or without words."""

    body: str
    upload: Upload | None = None


async def read(request: Request) -> Reply:
    """What a request says.

    Raises:
        Problem: 400 neither JSON nor a form; 422.
        RequestValidationError: 422.
    """
    if is_form(request):
        form = await _form(request)
        try:
            return await _of_form(form)
        finally:
            await form.close()
    try:
        given = json.loads(await request.body() or b"{}")
    except (ValueError, RecursionError):
        raise Problem(400, "The body is not JSON.") from None
    return Reply(_valid(TypeAdapter(Spoken), given, ()).body)


Replying = Annotated[Reply, Depends(read)]


async def enclosed(asked: Asked, number: str, upload: Upload) -> Enclosure:
    """The file of a reply, checked and kept.

    Raises:
        Problem: 404 no such case; 422 it cannot go along; 503 it cannot be kept just now.
    """
    async with asked.api.database.sessions() as session:
        case = await wanted_case(session, asked, number)
        talk = await session.get_one(Conversation, case.conversation_id)
    try:
        return await asked.api.enclosing.keep(talk.id, talk.address, upload)
    except NotTaken as refused:
        raise unfit({"field": "file", "problem": _why(refused)}) from None
    except StoreAway:
        raise Problem(
            503, "The file store does not answer: try again shortly.", headers={"Retry-After": AGAIN_AFTER}
        ) from None


def known_by(asked: Asked, reply: Reply) -> Asked:
    """The request with what it is known by when it is sent again: the bytes of a form differ each time."""
    if reply.upload is None:
        return asked
    digest = hashlib.sha256(reply.upload.content).digest()
    said = [reply.body.encode(), reply.upload.file_name.encode("utf-8", "replace"), digest]
    return replace(asked, content=b"\0".join(said))


async def _form(request: Request) -> FormData:
    try:
        return await request.form(max_files=1, max_fields=5, max_part_size=64 * 1024)
    except HTTPException as error:
        raise Problem(400, FORM) if error.status_code == 400 else error from None


async def _of_form(form: FormData) -> Reply:
    strange = sorted(form.keys() - {"file", "text"})
    if strange:
        raise unfit(
            *({"field": name, "problem": "is not known", "known": ["file", "text"]} for name in strange)
        )
    file, text = form.get("file"), form.get("text")
    if not isinstance(file, UploadFile):
        raise unfit({"field": "file", "problem": "Field required"})
    said = _valid(_TEXT, text, ("text",))
    return Reply(said or "", Upload(await file.read(), file.filename or ""))


def _valid(kind: TypeAdapter[Any], given: object, where: tuple[str, ...]) -> Any:
    try:
        return kind.validate_python(given)
    except ValidationError as error:
        raise RequestValidationError(
            [{**one, "loc": ("body", *where, *one["loc"])} for one in error.errors(include_url=False)]
        ) from None


def _why(refused: NotTaken) -> str:
    if refused.reason == "too_large":
        return f"has {refused.size} bytes; this channel takes {refused.most} of its kind at most"
    return _WHY[refused.reason]
