"""Encryption at rest, and the keyed index by which a sealed number is found again.

One key for each purpose is derived from SIAGA_SECRET_KEY, so that a digest never helps against a ciphertext.
"""

import hashlib
import hmac
import os
from typing import Any

import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.errors import SiagaError

_NONCE = 12  # bytes, NIST SP 800-38D: 96 bits


class Unreadable(SiagaError):
    """Sealed data does not open: it was changed, or SIAGA_SECRET_KEY is another one."""


class Sealer:
    """Seals values for the database and makes keyed digests for look-up."""

    def __init__(self, secret_key: str) -> None:
        self._cipher = AESGCM(_derive(secret_key, b"siaga seal v1"))
        self._digest_key = _derive(secret_key, b"siaga digest v1")

    def seal(self, value: Any) -> bytes:
        """Encrypt a JSON-able value with AES-256-GCM under a fresh nonce."""
        return self.seal_bytes(orjson.dumps(value))

    def seal_bytes(self, content: bytes, name: str | None = None) -> bytes:
        """Encrypt bytes the same way. With a `name` they open only under that name: files cannot be exchanged."""
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher.encrypt(nonce, content, name.encode() if name else None)

    def open(self, sealed: bytes) -> Any:
        """The value that was sealed.

        Raises:
            Unreadable: it was changed, or sealed with another key.
        """
        try:
            return orjson.loads(self.open_bytes(sealed))
        except ValueError as error:
            raise Unreadable("sealed data is no value") from error

    def open_bytes(self, sealed: bytes, name: str | None = None) -> bytes:
        """The bytes that were sealed under `name`.

        Raises:
            Unreadable: they were changed, or sealed with another key or under another name.
        """
        with memoryview(sealed) as view:  # a file of 16 MB is not copied to be cut
            try:
                return self._cipher.decrypt(
                    bytes(view[:_NONCE]), view[_NONCE:], name.encode() if name else None
                )
            except Exception as error:
                raise Unreadable("sealed data does not open with this SIAGA_SECRET_KEY") from error

    def digest(self, value: str | bytes) -> bytes:
        """A keyed fingerprint: equal values have equal digests, and nobody without the key can try numbers."""
        content = value.encode() if isinstance(value, str) else value
        return hmac.digest(self._digest_key, content, hashlib.sha256)


def _derive(secret_key: str, purpose: bytes) -> bytes:
    return HKDF(SHA256(), length=32, salt=None, info=purpose).derive(secret_key.encode())
