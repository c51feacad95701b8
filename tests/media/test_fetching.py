"""Where files are fetched from, and where never."""

from collections.abc import Callable

import httpx
import pytest

from bot.channels import telegram_media, whatsapp_media
from bot.channels.telegram_media import download as from_telegram
from bot.channels.whatsapp_api import TwilioAccount
from bot.channels.whatsapp_media import delete_copy, download
from bot.errors import ChannelError
from bot.messages import Media, MediaKind
from tests.media.conftest import Shelf

SID = "AC00000000000000000000000000005167"
ACCOUNT = TwilioAccount(sid=SID, token="secret", number="whatsapp:+62", public_url="https://siaga.example")
URL = f"https://api.twilio.com/2010-04-01/Accounts/{SID}/Messages/MM1/Media/ME1"
MEDIA = Media(kind=MediaKind.IMAGE, reference=URL)
HOME = "https://api.telegram.org/file/bot4711:token/"

Handler = Callable[[httpx.Request], httpx.Response]


def client(handler: Handler) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.MockTransport(handler), follow_redirects=False)


@pytest.mark.parametrize(
    "location",
    [
        "https://mms.twiliocdn.com/AC/ME1?signed=1",
        "https://s3-external-1.amazonaws.com/media.twiliocdn.com/AC/1",
        f"https://api.twilio.com/2010-04-01/Accounts/{SID}/Other",
    ],
)
async def test_twilio_leads_to_its_content_network_without_our_credentials(location: str) -> None:
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append((str(request.url), "authorization" in request.headers))
        return (
            httpx.Response(307, headers={"Location": location})
            if len(asked) == 1
            else httpx.Response(200, content=b"x")
        )

    async with client(answer) as http:
        assert (await download(http, ACCOUNT, MEDIA))[1] == b"x"
    assert asked == [(URL, True), (location, False)]


@pytest.mark.parametrize(
    "location",
    [
        "http://mms.twiliocdn.com/ME1",
        "https://127.0.0.1/x",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/x",
        "https://localhost/x",
        "https://postgres/x",
        "https://cdn.example:8443/x",
        "https://user@cdn.example/x",
        "file:///etc/passwd",
        "//10.0.0.1/x",
    ],
)
async def test_nobody_is_led_into_our_own_network(location: str) -> None:
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return httpx.Response(307, headers={"Location": location})

    async with client(answer) as http:
        with pytest.raises(ChannelError, match="media_foreign"):
            await download(http, ACCOUNT, MEDIA)
    assert asked == ["api.twilio.com"]


async def test_reading_stops_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (whatsapp_media, telegram_media):
        monkeypatch.setattr(module, "LARGEST_FILE", 100_000)
    given = 0

    async def endless():
        nonlocal given
        while True:
            given += 1000
            yield b"x" * 1000

    async with client(lambda _: httpx.Response(200, content=endless())) as http:
        with pytest.raises(ChannelError, match="media_too_large"):
            await download(http, ACCOUNT, MEDIA)
        with pytest.raises(ChannelError, match="media_too_large"):
            await from_telegram(http, HOME, f"{HOME}photos/1.jpg", MEDIA)
    assert given < 2 * 300_000


@pytest.mark.parametrize(
    ("status", "retry"), [(400, False), (401, True), (403, False), (404, False), (429, True), (503, True)]
)
async def test_what_an_answer_means(status: int, retry: bool) -> None:
    async with client(lambda _: httpx.Response(status)) as http:
        with pytest.raises(ChannelError) as raised:
            await download(http, ACCOUNT, MEDIA)
    assert (raised.value.code, raised.value.retry) == (f"http_{status}", retry)


@pytest.mark.parametrize("status", [204, 404])
async def test_a_copy_that_is_gone_is_gone(status: int) -> None:
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append((request.method, str(request.url)))
        return httpx.Response(status)

    async with client(answer) as http:
        await delete_copy(http, ACCOUNT, MEDIA)
    assert asked == [("DELETE", f"{URL}.json")]


async def test_nothing_foreign_is_deleted() -> None:
    async with client(lambda _: httpx.Response(204)) as http:
        with pytest.raises(ChannelError, match="media_foreign"):
            await delete_copy(http, ACCOUNT, Media(kind=MediaKind.IMAGE, reference="https://evil.example/x"))


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/etc/passwd",
        "https://evil.example/file/bot4711:token/x",
        f"{HOME}../../getMe",
        HOME.replace("4711", "1"),
    ],
)
async def test_only_our_bots_files_are_fetched_from_telegram(path: str) -> None:
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return httpx.Response(200)

    async with client(answer) as http:
        with pytest.raises(ChannelError, match="media_foreign"):
            await from_telegram(http, HOME, path, MEDIA)
    assert asked == []


async def test_a_path_on_telegrams_own_machine_is_none_of_ours(shelf: Shelf) -> None:
    shelf.telegram.files["doc"] = ("/etc/passwd", b"x")
    with pytest.raises(ChannelError, match="media_foreign"):
        await shelf.channels["telegram"].fetch(Media(kind=MediaKind.DOCUMENT, reference="doc"))
