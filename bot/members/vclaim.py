"""Members by the REST service VClaim, for whoever has a contract and keys. It knows no bills."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any

import httpx
from pydantic import ValidationError

from bot.config import HOME_ZONE
from bot.members.breaker import Breaker
from bot.members.directory import Away, Identity, Membership, Segment, Status
from bot.members.vclaim_wire import Answer, Coded, Envelope, Peserta, decrypted, signature
from bot.reading.numbers import NumberKind, mask_number

OK, NOT_FOUND = "200", "201"
"""Codes of an envelope. 201 is "not found"; every other one means that we were not answered."""
ACTIVE = "0"
"""The status code of an active member. The others are not known for sure, so their words are shown."""
SEGMENTS = {"13": Segment.PPU, "15": Segment.BP, "21": Segment.PBI, "22": Segment.PBI_REGION}
"""Codes of ``jenisPeserta`` that are known: employee, retired civil servant, PBI (APBN), PBI (APBD)."""
LARGEST = 1_000_000
"""Bytes that are read of an answer; a member's has some two thousand."""


@dataclass(frozen=True, kw_only=True)
class Keys:
    """What VClaim gives a hospital or clinic under contract."""

    cons_id: str
    secret: str = field(repr=False)
    user_key: str = field(repr=False)


class VClaim:
    """Looks members up at VClaim.

    Args:
        http: with the address of the service, and a time limit.
        keys: of the contract.
        breaker: leaves a service alone that does not answer.
    """

    name = "vclaim"

    def __init__(self, http: httpx.AsyncClient, keys: Keys, breaker: Breaker) -> None:
        self._http = http
        self._keys = keys
        self._breaker = breaker

    async def there(self) -> bool:
        """Always: that it is away just now is another matter."""
        return True

    async def find(self, identity: Identity, now: datetime) -> Membership | None:
        """The member with that number and birth date.

        Raises:
            Away: VClaim is silent, refuses us, or answers nothing that can be read.
        """
        if not self._breaker.lets_through():
            raise Away("left_alone")
        try:
            member = await self._ask(identity, now)
        except Away:
            self._breaker.failed()
            raise
        self._breaker.succeeded()
        fits = member is not None and member.birth == identity.birth
        return _membership(member, now) if member and fits else None

    async def _ask(self, identity: Identity, now: datetime) -> Peserta | None:
        timestamp = str(int(now.timestamp()))
        envelope = await self._get(_path(identity, now), timestamp)
        code = str(envelope.about.code)
        if code == NOT_FOUND:
            return None
        if code != OK:
            raise Away(f"code_{code}" if code.isdigit() and len(code) <= 4 else "code_other")
        member = _member(self._opened(envelope.response, timestamp))
        if identity.number not in (member.card, member.nik or identity.number):
            raise Away("another_member")
        return member

    async def _get(self, path: str, timestamp: str) -> Envelope:
        try:
            # The client's limit is on each wait of its own; an answer in drops would never end.
            async with (
                asyncio.timeout(self._http.timeout.read),
                self._http.stream("GET", path, headers=self._headers(timestamp)) as response,
            ):
                if response.status_code != HTTPStatus.OK:
                    raise Away(f"http_{response.status_code}")
                body = b""
                async for part in response.aiter_bytes():
                    body += part
                    if len(body) > LARGEST:
                        raise Away("too_large")
            return Envelope.model_validate_json(body)
        except (TimeoutError, httpx.TimeoutException):
            raise Away("timeout") from None
        except (httpx.HTTPError, httpx.StreamError):  # its words may hold the address, and with it a number
            raise Away("unreachable") from None
        except ValidationError:
            raise Away("nonsense") from None

    def _headers(self, timestamp: str) -> dict[str, str]:
        keys = self._keys
        return {
            "X-cons-id": keys.cons_id,
            "X-timestamp": timestamp,
            "X-signature": signature(keys.cons_id, keys.secret, timestamp),
            "user_key": keys.user_key,
            "Content-Type": "application/json; charset=utf-8",
        }

    def _opened(self, response: Any, timestamp: str) -> Any:
        """What an envelope holds: encrypted by VClaim 2.0, plain by 1.x."""
        if not isinstance(response, str):
            return response
        try:
            return decrypted(response, f"{self._keys.cons_id}{self._keys.secret}{timestamp}")
        except ValueError:
            raise Away("undecryptable") from None


def _path(identity: Identity, now: datetime) -> str:
    kind = "nokartu" if identity.by_card else "nik"
    return f"Peserta/{kind}/{identity.number}/tglSEP/{now.astimezone(HOME_ZONE):%Y-%m-%d}"


def _member(opened: Any) -> Peserta:
    try:
        return Answer.model_validate(opened).peserta
    except ValidationError:
        raise Away("missing_fields") from None


def _membership(member: Peserta, now: datetime) -> Membership:
    segment = member.segment
    return Membership(
        card=mask_number(NumberKind.CARD, member.card),
        status=Status.ACTIVE if member.status.code == ACTIVE else Status.OTHER,
        words=member.status.name,
        ward=_ward(member.ward),
        segment=SEGMENTS.get(segment.code, Segment.OTHER) if segment else Segment.OTHER,
        kind=segment.name if segment else "",
        facility=member.facility.name if member.facility else None,
        source=VClaim.name,
        as_of=now,
    )


def _ward(ward: Coded | None) -> int | None:
    return int(ward.code) if ward and ward.code in ("1", "2", "3") else None
