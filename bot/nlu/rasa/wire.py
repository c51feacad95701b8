"""What goes over the wire to a Rasa server and back, checked."""

import re

import httpx
from pydantic import BaseModel, ConfigDict, Field

from bot.errors import SiagaError
from bot.messages import Thresholds

LONGEST = 4096
"""Characters that are sent of one message."""
LARGEST = 1_000_000
"""Bytes that are read of an answer; the longest one to `LONGEST` characters has a tenth of that."""
NOT_SENT = re.compile(r"^[\s/]+")
"""What is left out at the beginning: Rasa cuts blanks off, and reads ``/name`` as an intent's own name."""


class RasaSilent(SiagaError):
    """Rasa did not answer in time, or not with an interpretation."""


class Told(BaseModel):
    """Which model answers, and its thresholds where the server knows them."""

    model_config = ConfigDict(allow_inf_nan=False, protected_namespaces=())

    model_file: str = Field(max_length=200)
    act: float | None = Field(default=None, ge=0)
    ask: float | None = Field(default=None, ge=0)

    @property
    def model(self) -> str:
        """The model's name: its file's, without the ending."""
        return self.model_file.removesuffix(".tar.gz")

    @property
    def thresholds(self) -> Thresholds | None:
        """The model's thresholds, if the server told both."""
        return None if self.act is None or self.ask is None else Thresholds(self.act, self.ask)


class Intent(BaseModel):
    """How sure the server is of an intent; of none, where nothing can be made of a text."""

    name: str | None = None
    confidence: float = Field(ge=0, le=1.000001, allow_inf_nan=False)


class Found(BaseModel):
    """An entity as the server gives it: places in the text that was sent, which may be wrong."""

    entity: str
    start: int
    end: int
    confidence_entity: float = Field(default=1.0, ge=0, le=1.000001, allow_inf_nan=False)


class Parsed(BaseModel):
    """An answer to ``POST /model/parse``."""

    text: str
    intent: Intent
    intent_ranking: list[Intent] = []
    entities: list[Found] = []


def to_send(text: str) -> tuple[int, str]:
    """How many characters are left out at the beginning, and what is sent."""
    part = text[:LONGEST]
    sent = NOT_SENT.sub("", part, count=1)
    return len(part) - len(sent), sent.rstrip().encode(
        "utf-8", "replace"
    ).decode()  # half a pair cannot be sent


def told_by(headers: httpx.Headers) -> Told | None:
    """What our own server says beside an answer."""
    names = {"model_file": "siaga-model", "act": "siaga-act", "ask": "siaga-ask"}
    values = {field: headers[name] for field, name in names.items() if name in headers}
    return Told.model_validate(values) if "model_file" in values else None


async def content(response: httpx.Response) -> bytes:
    """The body as it came over the wire.

    Raises:
        RasaSilent: the status is not 200, or the body is longer than any answer.
    """
    if response.status_code != httpx.codes.OK:
        raise RasaSilent(f"http_{response.status_code}")
    parts: list[bytes] = []
    read = 0
    async for part in response.aiter_raw():
        parts.append(part)
        read += len(part)
        if read > LARGEST:
            raise RasaSilent("too_long")
    return b"".join(parts)
