"""A server that looks members up as VClaim 2.0 does: it checks who asks, and packs and encrypts what it answers.

Nothing in it comes from `bot.members`: signature, encryption and packing are written a second time here.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from tests.standins.server import StandIn, listening

SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-$"
CLOCK_MAY_DIFFER = 300
"""Seconds between the caller's clock and ours."""


class VClaimStandIn(StandIn):
    """VClaim's server. `members` are its members by card number.

    `plain` makes it answer as VClaim 1.x did; `other_secret` makes it encrypt with a key that nobody else has;
    `answer` replaces the `response` of the next answers.
    """

    def __init__(self) -> None:
        super().__init__()
        self.cons_id, self.secret, self.user_key = "90001", "rahasia-contoh", "kunci-contoh"
        self.members: dict[str, dict[str, Any]] = {}
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.asked: list[str] = []
        self.reset()

    def reset(self) -> None:
        """As it was at the beginning, without members."""
        self.members.clear()
        self.asked.clear()
        self.faults.clear()
        self.plain, self.other_secret, self.answer = False, False, None

    def add(self, card: str, nik: str | None, birth: date, **changes: Any) -> dict[str, Any]:
        """A member, active and independent otherwise than `changes` say."""
        member: dict[str, Any] = {
            "noKartu": card,
            "nik": nik,
            "nama": "NAMA CONTOH",
            "sex": "P",
            "pisa": "1",
            "tglLahir": birth.isoformat(),
            "tglCetakKartu": "2016-02-12",
            "tglTMT": "2014-01-01",
            "tglTAT": "2065-12-01",
            "statusPeserta": {"kode": "0", "keterangan": "AKTIF"},
            "hakKelas": {"kode": "3", "keterangan": "KELAS III"},
            "jenisPeserta": {"kode": "13", "keterangan": "PEGAWAI SWASTA"},
            "provUmum": {"kdProvider": "00000000", "nmProvider": "PUSKESMAS CONTOH"},
            "umur": {"umurSekarang": "36 tahun", "umurSaatPelayanan": "36 tahun"},
            "informasi": {"dinsos": None, "noSKTM": None, "prolanisPRB": None},
            "cob": {"nmAsuransi": None, "noAsuransi": None, "tglTAT": None, "tglTMT": None},
            "mr": {"noMR": None, "noTelepon": "081200000000"},
        }
        self.members[card] = member | changes
        return self.members[card]

    def routes(self) -> list[BaseRoute]:
        """By card and by NIK."""
        return [
            Route(f"/vclaim-rest/Peserta/{kind}/{{number}}/tglSEP/{{day}}", self.faulty(self._look_up(field)))
            for kind, field in (("nokartu", "noKartu"), ("nik", "nik"))
        ]

    def _look_up(self, field: str) -> Any:
        async def answer(request: Request) -> Response:
            self.asked.append(request.path_params["number"])
            if wrong := self._wrong(request):
                return _envelope("401", wrong)
            date.fromisoformat(request.path_params["day"])
            found = [one for one in self.members.values() if one[field] == request.path_params["number"]]
            if not found:
                return _envelope("201", "Peserta Tidak Terdaftar")
            response = {"peserta": found[0]} if self.answer is None else self.answer
            return _envelope("200", "OK", response if self.plain else self._sealed(response, request))

        return answer

    def _wrong(self, request: Request) -> str | None:
        headers = request.headers
        stamp = headers.get("x-timestamp", "")
        if headers.get("user_key") != self.user_key:
            return "Invalid User Key"
        if not stamp.isdigit() or abs(self.clock().timestamp() - int(stamp)) > CLOCK_MAY_DIFFER:
            return "Service Expired"
        text = f"{headers.get('x-cons-id')}&{stamp}"
        right = base64.b64encode(hmac.new(self.secret.encode(), text.encode(), hashlib.sha256).digest())
        wrong_one = headers.get("x-cons-id") != self.cons_id or headers.get("x-signature") != right.decode()
        return "Signature is not valid" if wrong_one else None

    def _sealed(self, response: Any, request: Request) -> str:
        secret = "another secret" if self.other_secret else self.secret
        hashed = hashlib.sha256(f"{self.cons_id}{secret}{request.headers['x-timestamp']}".encode()).digest()
        packed = packed_by_lz(json.dumps(response, ensure_ascii=False)).encode()
        missing = 16 - len(packed) % 16
        encryptor = Cipher(algorithms.AES256(hashed), modes.CBC(hashed[:16])).encryptor()
        sealed = encryptor.update(packed + bytes([missing]) * missing) + encryptor.finalize()
        return base64.b64encode(sealed).decode()


def _envelope(code: str, message: str, response: Any = None) -> Response:
    return JSONResponse({"metaData": {"code": code, "message": message}, "response": response})


class _Packer:
    """The other direction of LZ-String's "encoded URI component" form."""

    def __init__(self) -> None:
        self.bits: list[int] = []
        self.codes: dict[str, int] = {}
        self.fresh: set[str] = set()
        self.size, self.width, self.room = 3, 2, 2

    def write(self, number: int, width: int) -> None:
        self.bits += [number >> bit & 1 for bit in range(width)]

    def grow(self) -> None:
        self.room -= 1
        if self.room == 0:
            self.room, self.width = 2**self.width, self.width + 1

    def learn(self, entry: str) -> None:
        self.codes[entry], self.size = self.size, self.size + 1

    def emit(self, entry: str) -> None:
        if entry in self.fresh:
            self.fresh.discard(entry)
            wide = ord(entry) > 255
            self.write(int(wide), self.width)
            self.write(ord(entry), 16 if wide else 8)
            self.grow()
        else:
            self.write(self.codes[entry], self.width)
        self.grow()


def packed_by_lz(text: str) -> str:
    """`text` as LZ-String's `compressToEncodedURIComponent` packs it."""
    packer, entry = _Packer(), ""
    for unit in _units(text):
        if unit not in packer.codes:
            packer.learn(unit)
            packer.fresh.add(unit)
        if entry + unit in packer.codes:
            entry += unit
        else:
            packer.emit(entry)
            packer.learn(entry + unit)
            entry = unit
    if entry:
        packer.emit(entry)
    packer.write(2, packer.width)
    bits = [*packer.bits, *[0] * (6 - len(packer.bits) % 6)]
    return "".join(SIGNS[int("".join(map(str, bits[at : at + 6])), 2)] for at in range(0, len(bits), 6))


def _units(text: str) -> Iterator[str]:
    """UTF-16 code units, as JavaScript counts characters."""
    encoded = text.encode("utf-16-be", "surrogatepass")
    return (chr(int.from_bytes(encoded[at : at + 2], "big")) for at in range(0, len(encoded), 2))


@asynccontextmanager
async def running_vclaim() -> AsyncIterator[VClaimStandIn]:
    """VClaim's stand-in on a port of its own."""
    standin = VClaimStandIn()
    async with listening(standin):
        yield standin
