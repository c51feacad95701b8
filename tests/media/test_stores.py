"""Both kinds of store keep what they are given, and say when they do not."""

import base64
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bot.errors import ConfigurationError
from bot.media.stores import Bucket, Folder, Missing, Store, StoreAway, check_store, new_name, open_store
from bot.media.vault import Vault
from bot.storage.sealing import Sealer, Unreadable
from tests.standins.server import StandIn, listening


class S3StandIn(StandIn):
    """As much of S3 as a store of files needs: objects by key, for those who sign their requests."""

    def __init__(self) -> None:
        super().__init__()
        self.objects: dict[str, bytes] = {}

    def routes(self) -> list[BaseRoute]:
        return [Route("/{key:path}", self.faulty(self._object), methods=["GET", "PUT", "DELETE", "POST"])]

    async def _object(self, request: Request) -> Response:
        signed = request.headers.get("authorization", "")
        if not signed.startswith("AWS4-HMAC-SHA256 Credential=key-of-tests/"):
            return Response("<Error><Code>AccessDenied</Code></Error>", 403)
        key = request.path_params["key"]
        if request.method == "POST" and "delete" in request.query_params:  # S3 deletes several at once so
            return await self._delete_many(key, await request.body())
        if request.method == "PUT":
            self.objects[key] = await request.body()
            etag = hashlib.md5(self.objects[key]).hexdigest()
            return Response(headers={"ETag": f'"{etag}"'})
        if request.method == "DELETE":
            self.objects.pop(key, None)
            return Response(status_code=204)
        if key not in self.objects:
            return Response("<Error><Code>NoSuchKey</Code></Error>", 404, media_type="application/xml")
        content = self.objects[key]
        etag = base64.b16encode(hashlib.md5(content).digest()).decode()
        headers = {"ETag": f'"{etag}"', "Last-Modified": "Mon, 23 Nov 2026 05:00:00 GMT"}
        return Response(content, headers=headers)

    async def _delete_many(self, bucket: str, body: bytes) -> Response:
        keys = [part.partition(b"</Key>")[0].decode() for part in body.split(b"<Key>")[1:]]
        for key in keys:
            self.objects.pop(f"{bucket.strip('/')}/{key}", None)
        deleted = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
        return Response(f"<DeleteResult>{deleted}</DeleteResult>", media_type="application/xml")


@pytest.fixture(scope="module")
async def s3_server() -> AsyncIterator[S3StandIn]:
    async with listening(S3StandIn()) as standin:
        assert isinstance(standin, S3StandIn)
        yield standin


@pytest.fixture
def s3(s3_server: S3StandIn, monkeypatch: pytest.MonkeyPatch) -> S3StandIn:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key-of-tests")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-tests")
    s3_server.objects.clear()
    s3_server.faults.clear()
    return s3_server


def bucket(s3: S3StandIn) -> Store:
    store = open_store(f"s3://siaga-media/palembang?endpoint={s3.url}&region=ap-southeast-3")
    assert isinstance(store, Bucket)
    return store


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path, s3: S3StandIn) -> Store:
    return open_store(str(tmp_path / "media")) if request.param == "folder" else bucket(s3)


async def test_what_is_put_is_there_until_it_is_deleted(store: Store) -> None:
    name, content = new_name(), bytes(range(256)) * 5000
    with pytest.raises(Missing):
        await store.get(name)
    await store.put(name, b"half")
    await store.put(name, content)
    assert await store.get(name) == content
    await store.delete(name)
    with pytest.raises(Missing):
        await store.get(name)
    await store.delete(name)


async def test_a_vault_keeps_what_only_it_can_read(store: Store, sealer: Sealer) -> None:
    vault, name, other = Vault(store, sealer), new_name(), new_name()
    await vault.put(name, b"surat rujukan")
    sealed = await store.get(name)
    assert b"rujukan" not in sealed
    assert await vault.get(name) == b"surat rujukan"
    await store.put(other, sealed)  # one file in another's place
    with pytest.raises(Unreadable):
        await vault.get(other)
    await store.put(name, sealed[:-1] + bytes([sealed[-1] ^ 1]))
    with pytest.raises(Unreadable):
        await vault.get(name)


def test_names_are_not_guessed() -> None:
    assert len({new_name() for _ in range(100)}) == 100
    assert len(bytes.fromhex(new_name())) == 20


async def test_a_folder_has_no_way_out(tmp_path: Path) -> None:
    for name in ("../../etc/passwd", "", "a/b", "A" * 40):
        with pytest.raises(ValueError, match="no name"):
            await Folder(tmp_path).get(name)


async def test_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreAway):
        await Folder(tmp_path / "file").put(new_name(), b"x")


async def test_what_a_dead_process_left_half_written_goes_too(tmp_path: Path) -> None:
    folder, name = Folder(tmp_path), new_name()
    await folder.put(name, b"x")
    half = tmp_path / name[:2] / f"{name}.0badcafe"
    half.write_bytes(b"ha")
    await folder.delete(name)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


async def test_a_bucket_that_is_away_or_closed_to_us(s3: S3StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    store = bucket(s3)
    s3.fail_next(500, "<Error/>", times=10)
    with pytest.raises(StoreAway):
        await store.put(new_name(), b"x")
    s3.faults.clear()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "somebody-else")
    with pytest.raises(StoreAway):
        await bucket(s3).get(new_name())


async def test_files_of_a_bucket_lie_under_the_prefix(s3: S3StandIn) -> None:
    name = new_name()
    await bucket(s3).put(name, b"x")
    assert list(s3.objects) == [f"siaga-media/palembang/{name}"]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("ftp://host/x", "ftp:// is no store"),
        ("s3://", "expected s3://bucket/prefix"),
        ("s3://bucket?secret=x", "expected s3://bucket/prefix"),
        ("{}/file/media", "file is no folder"),
    ],
)
def test_a_wrong_address_is_told(url: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="SIAGA_MEDIA_URL is wrong") as wrong:
        check_store(url.format(tmp_path))
    assert said in str(wrong.value)


@pytest.mark.parametrize("url", ["{}/a/b", "file://{}/a", "s3://bucket/prefix"])
def test_a_right_one_is_not_touched(url: str, tmp_path: Path) -> None:
    check_store(url.format(tmp_path))
    assert list(tmp_path.iterdir()) == []
