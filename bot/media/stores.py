"""Where sealed files lie: a folder, or a bucket of a store that speaks S3."""

import asyncio
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import parse_qsl, urlsplit

from bot.errors import ConfigurationError, SiagaError

if TYPE_CHECKING:
    from obstore.store import S3Store

NAME = re.compile(r"[0-9a-f]{32,64}")
_S3_OPTIONS = frozenset({"endpoint", "region"})
PATIENCE = timedelta(seconds=20)
"""For one request to a bucket."""


class StoreAway(SiagaError):
    """The store does not take or give files just now; nothing is wrong with the file."""


class Missing(SiagaError):
    """The store has no file of that name."""


class Store(Protocol):
    """Keeps bytes by name. Every method raises `StoreAway`."""

    async def put(self, name: str, content: bytes) -> None:
        """Keep `content`, in place of what had that name: all of it or nothing."""
        ...

    async def get(self, name: str) -> bytes:
        """The bytes of that name. Raises `Missing`."""
        ...

    async def delete(self, name: str) -> None:
        """Delete what has that name, if anything has."""
        ...


def new_name() -> str:
    """A name that nobody guesses."""
    return secrets.token_hex(20)


def open_store(url: str) -> Store:
    """The store at `url`: a folder's path, ``file:///...``, or ``s3://bucket/prefix?endpoint=https://...&region=...``.

    Nothing is opened or asked yet.

    Raises:
        ConfigurationError: there is no such kind of store, or its package is not installed.
    """
    parts = urlsplit(url)
    if parts.scheme == "s3":
        options = dict(parse_qsl(parts.query))
        if not parts.netloc or options.keys() - _S3_OPTIONS:
            raise _wrong("expected s3://bucket/prefix, perhaps with ?endpoint=https://...&region=...")
        return _bucket(parts.netloc, parts.path.strip("/"), options)
    if parts.scheme == "file" and not parts.netloc:
        return Folder(Path(parts.path))
    if "://" in url:
        raise _wrong(
            f"{parts.scheme}:// is no store that SIAGA knows; expected a folder or s3://bucket/prefix"
        )
    return Folder(Path(url))


def _wrong(problem: str) -> ConfigurationError:
    return ConfigurationError([f"SIAGA_MEDIA_URL is wrong: {problem}"])


def check_store(url: str) -> None:
    """Whether there can be a store at `url`. A folder is looked at, a bucket is not asked.

    Raises:
        ConfigurationError: there cannot.
    """
    store = open_store(url)
    if isinstance(store, Folder):
        store.check()


class Folder:
    """Files in a folder, written in full or not at all, readable by this user only."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def check(self) -> None:
        """Whether we may write there, or make it. Raises `ConfigurationError`."""
        there = next(path for path in (self._root, *self._root.absolute().parents) if path.exists())
        if not there.is_dir():
            raise _wrong(f"{there} is no folder")
        if not os.access(there, os.W_OK | os.X_OK):
            raise _wrong(f"{there} cannot be written to")

    async def put(self, name: str, content: bytes) -> None:
        """See `Store.put`."""
        with _away():
            await asyncio.to_thread(_write, self._path(name), content)

    async def get(self, name: str) -> bytes:
        """See `Store.get`."""
        with _away():
            return await asyncio.to_thread(self._path(name).read_bytes)

    async def delete(self, name: str) -> None:
        """See `Store.delete`."""
        with _away():
            await asyncio.to_thread(_remove, self._path(name))

    def _path(self, name: str) -> Path:
        if not NAME.fullmatch(name):
            raise ValueError("no name of ours")
        return self._root / name[:2] / name


@contextmanager
def _away() -> Iterator[None]:
    """The system's complaints as ours; nothing is chained, since they quote paths."""
    try:
        yield
    except FileNotFoundError:
        raise Missing from None
    except OSError as error:
        raise StoreAway(error.strerror or type(error).__name__) from None


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    half = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        with open(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        half.replace(path)
    except BaseException:
        half.unlink(missing_ok=True)
        raise


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    for half in path.parent.glob(f"{path.name}.*"):  # of a process that died while writing
        half.unlink(missing_ok=True)


class Bucket:
    """Files in a bucket. `store` is one of obstore's."""

    def __init__(self, store: "S3Store") -> None:
        self._store = store

    async def put(self, name: str, content: bytes) -> None:
        """See `Store.put`."""
        with _bucket_away():
            await self._store.put_async(name, content)

    async def get(self, name: str) -> bytes:
        """See `Store.get`."""
        with _bucket_away():
            return bytes(await (await self._store.get_async(name)).bytes_async())

    async def delete(self, name: str) -> None:
        """See `Store.delete`."""
        with suppress(Missing), _bucket_away():
            await self._store.delete_async(name)


def _bucket(bucket: str, prefix: str, options: dict[str, str]) -> Bucket:
    """Credentials are those of the environment (AWS_ACCESS_KEY_ID ...) or of the machine's role."""
    try:
        from obstore.store import S3Store  # noqa: PLC0415 - an extra that few need
    except ImportError:
        raise _wrong("s3:// needs the packages of siaga[s3], which are not installed") from None
    return Bucket(
        S3Store(
            bucket,
            prefix=prefix or None,
            client_options={
                "timeout": PATIENCE,
                "allow_http": options.get("endpoint", "").startswith("http:"),
            },
            retry_config={"max_retries": 2, "retry_timeout": PATIENCE},
            **options,  # type: ignore[arg-type]
        )
    )


@contextmanager
def _bucket_away() -> Iterator[None]:
    from obstore.exceptions import BaseError, NotFoundError  # noqa: PLC0415

    try:
        yield
    except (NotFoundError, FileNotFoundError):
        raise Missing from None
    except (BaseError, OSError, TimeoutError, ValueError) as error:
        raise StoreAway(type(error).__name__) from None
