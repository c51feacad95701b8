"""What goes over the wire to VClaim and back: the signature, the envelope, the encryption, the fields of a member.

Shape as publicly seen (docs/adr/0012-members-behind-a-port.md): VClaim 2.0 answers encrypted and packed, 1.x plainly.
"""

import base64
import hashlib
import hmac
from datetime import date
from typing import Any

import orjson
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7
from pydantic import BaseModel, ConfigDict, Field

from bot.members.lz import unpack


def signature(cons_id: str, secret: str, timestamp: str) -> str:
    """``X-signature``: HMAC-SHA256 of ``cons_id&timestamp`` under the secret, in base64."""
    made = hmac.digest(secret.encode(), f"{cons_id}&{timestamp}".encode(), hashlib.sha256)
    return base64.b64encode(made).decode()


def cipher(key: str) -> Cipher[CBC]:
    """AES-256-CBC with what VClaim makes of a key: SHA-256 is the key, its first half the initialisation vector."""
    hashed = hashlib.sha256(key.encode()).digest()
    return Cipher(AES(hashed), CBC(hashed[:16]))


def decrypted(answer: str, key: str) -> Any:
    """The value in an encrypted answer.

    Args:
        answer: the envelope's ``response``.
        key: consId, secret and the request's timestamp, one after the other.

    Raises:
        ValueError: it is not encrypted with that key, or is no packed JSON.
    """
    decryptor = cipher(key).decryptor()
    padded = decryptor.update(base64.b64decode(answer, validate=True)) + decryptor.finalize()
    unpadder = PKCS7(128).unpadder()
    packed = unpadder.update(padded) + unpadder.finalize()
    return orjson.loads(unpack(packed.decode("ascii")))


class _Wire(BaseModel):
    """Fields that are not named here are not read: among them name, sex, relatives and hospital record."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class About(_Wire):
    """``metaData``: how the request went. The code is text in VClaim, a number in P-Care."""

    code: str | int
    message: str = ""


class Envelope(_Wire):
    """Around every answer."""

    about: About = Field(alias="metaData")
    response: Any = None


class Coded(_Wire):
    """A code and what it is called."""

    code: str = Field(alias="kode")
    name: str = Field(alias="keterangan", max_length=80)


class Provider(_Wire):
    """A facility."""

    name: str | None = Field(default=None, alias="nmProvider", max_length=120)


class Peserta(_Wire):
    """A member, as far as we look."""

    card: str = Field(alias="noKartu", pattern=r"^\d{13}$")
    nik: str | None = None
    birth: date = Field(alias="tglLahir")
    status: Coded = Field(alias="statusPeserta")
    ward: Coded | None = Field(default=None, alias="hakKelas")
    segment: Coded | None = Field(default=None, alias="jenisPeserta")
    facility: Provider | None = Field(default=None, alias="provUmum")


class Answer(_Wire):
    """``response`` of a look-up."""

    peserta: Peserta
