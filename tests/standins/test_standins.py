"""The stand-ins refuse what the providers refuse: a test that passes against them means something."""

import asyncio
import json
import threading

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from twilio.request_validator import RequestValidator

from tests.standins import running_telegram, running_twilio
from tests.standins.server import StandIn, listening

TO = "whatsapp:+6281399000701"


@pytest.fixture(scope="module")
async def twilio():
    async with running_twilio() as standin:
        yield standin


@pytest.fixture(scope="module")
async def telegram():
    async with running_telegram() as standin:
        yield standin


@pytest.fixture
async def http():
    async with httpx.AsyncClient() as client:
        yield client


def account(twilio, path):
    return f"{twilio.url}/2010-04-01/Accounts/{twilio.sid}/{path}"


async def post(http, twilio, **form):
    form = {"From": twilio.number, "To": TO, **form}
    return await http.post(account(twilio, "Messages.json"), data=form, auth=(twilio.sid, twilio.token))


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"Body": "halo", "To": "whatsapp:081399000701"}, 21211),
        ({"Body": "halo", "To": "telegram:5"}, 21910),
        ({"Body": "halo", "To": ""}, 21604),
        ({"Body": "halo", "From": ""}, 21603),
        ({"Body": "halo", "From": "whatsapp:+6281100009999"}, 63007),
        ({"Body": "x" * 1601}, 21617),
        ({"Body": " "}, 21619),
        ({"ContentSid": "HX" + "0" * 32}, 21655),
    ],
)
async def test_twilio_refuses(form, code, twilio, http):
    answer = await post(http, twilio, **form)
    assert answer.status_code == 400
    assert answer.json()["code"] == code
    assert answer.json()["status"] == 400


@pytest.mark.parametrize("auth", [None, ("AC0", "x")])
async def test_twilio_wants_credentials(auth, twilio, http):
    answer = await http.get(account(twilio, "Messages.json"), auth=auth)
    assert (answer.status_code, answer.json()["code"]) == (401, 20003)


async def test_twilio_lists_both_directions_and_deletes(twilio, http):
    twilio.reset()
    await post(http, twilio, Body="halo")
    app = Starlette(routes=[Route("/hook", lambda _: Response(status_code=204), methods=["POST"])])
    async with listening(_Host(app)) as host:
        await twilio.deliver(f"{host.url}/hook", twilio.inbound(TO, "masuk"))
    auth = (twilio.sid, twilio.token)
    inbound = (
        await http.get(account(twilio, "Messages.json"), params={"To": twilio.number}, auth=auth)
    ).json()
    assert [message["body"] for message in inbound["messages"]] == ["masuk"]
    sid = twilio.sent[0]["MessageSid"]
    assert (await http.delete(account(twilio, f"Messages/{sid}.json"), auth=auth)).status_code == 204
    assert (await http.get(account(twilio, f"Messages/{sid}.json"), auth=auth)).json()["code"] == 20404


@pytest.mark.parametrize(
    "types",
    [
        {"twilio/quick-reply": {"body": "?", "actions": []}},
        {"twilio/quick-reply": {"body": "?", "actions": [{"title": str(n), "id": str(n)} for n in range(4)]}},
        {"twilio/list-picker": {"body": "?", "button": "b" * 21, "items": [{"item": "1", "id": "1"}]}},
        {"twilio/list-picker": {"body": "?", "button": "b", "items": [{"item": "1", "id": "1"}] * 11}},
    ],
)
async def test_twilio_refuses_contents_that_are_too_large(types, twilio, http):
    body = {"friendly_name": "x", "language": "id", "types": types}
    answer = await http.post(f"{twilio.url}/v1/Content", json=body, auth=(twilio.sid, twilio.token))
    assert answer.status_code == 400


async def test_twilio_shows_a_content_that_is_too_long_only_afterwards(twilio, http):
    twilio.reset()
    types = {"twilio/quick-reply": {"body": "{{1}}", "actions": [{"title": "{{2}}", "id": "a"}]}}
    body = {"friendly_name": "x", "language": "id", "variables": {"1": "?", "2": "Ya"}, "types": types}
    auth = (twilio.sid, twilio.token)
    sid = (await http.post(f"{twilio.url}/v1/Content", json=body, auth=auth)).json()["sid"]
    fine = await post(http, twilio, ContentSid=sid, ContentVariables=json.dumps({"1": "Benar?", "2": "Ya"}))
    long = await post(http, twilio, ContentSid=sid, ContentVariables=json.dumps({"1": "x" * 1025}))
    bad = await post(http, twilio, ContentSid=sid, ContentVariables='{"1": 5}')
    assert (fine.json()["error_code"], long.json()["error_code"]) == (None, 63021)
    assert bad.json()["code"] == 21656


async def test_twilio_hands_media_over_by_its_own_network(twilio, http):
    url = twilio.put_media("image/png", b"png").replace("https://api.twilio.com", twilio.url)
    answer = await http.get(url, auth=(twilio.sid, twilio.token))
    assert answer.status_code == 307
    assert (await http.get(answer.headers["location"])).content == b"png"
    assert (await http.get(url)).status_code == 401


@pytest.mark.parametrize(
    ("fields", "status", "says"),
    [
        ({"chat_id": 5, "text": "x" * 4097}, 400, "message is too long"),
        ({"chat_id": 5, "text": "😀" * 2049}, 400, "message is too long"),
        ({"chat_id": 5, "text": ""}, 400, "message text is empty"),
        ({"chat_id": 5, "text": "<b>a", "parse_mode": "HTML"}, 400, "can't parse entities"),
        ({"chat_id": 5, "text": "a < b", "parse_mode": "HTML"}, 400, "can't parse entities"),
        ({"chat_id": 5, "text": "<p>a</p>", "parse_mode": "HTML"}, 400, "can't parse entities"),
        ({"chat_id": "x", "text": "a"}, 400, "chat not found"),
        (
            {
                "chat_id": 5,
                "text": "a",
                "reply_markup": {"inline_keyboard": [[{"text": "a", "callback_data": "é" * 33}]]},
            },
            400,
            "BUTTON_DATA_INVALID",
        ),
    ],
)
async def test_telegram_refuses(fields, status, says, telegram, http):
    answer = await http.post(f"{telegram.url}/bot{telegram.token}/sendMessage", json=fields)
    assert answer.status_code == status
    assert says in answer.json()["description"]
    assert answer.json()["error_code"] == status


@pytest.mark.parametrize(
    ("path", "status"), [("bot7:wrong/getMe", 401), ("botx/getMe", 404), ("nothing", 404)]
)
async def test_telegram_wants_its_token(path, status, telegram, http):
    assert (await http.get(f"{telegram.url}/{path}")).status_code == status


async def test_telegram_knows_only_its_methods(telegram, http):
    assert (await http.get(f"{telegram.url}/bot{telegram.token}/sendFlowers")).status_code == 404
    assert (await http.get(f"{telegram.url}/bot{telegram.token}/getMe")).json()["result"]["is_bot"]


async def test_no_polling_beside_a_webhook(telegram, http):
    bot = f"{telegram.url}/bot{telegram.token}"
    await http.get(f"{bot}/setWebhook", params={"url": "https://siaga.example/x"})
    assert (await http.get(f"{bot}/getUpdates")).status_code == 409
    await http.get(f"{bot}/deleteWebhook")
    assert (await http.get(f"{bot}/getUpdates")).json() == {"ok": True, "result": []}


class _Host(StandIn):
    """A customer's own server, to deliver webhooks to."""

    def __init__(self, app: Starlette) -> None:
        super().__init__()
        self.app = app

    def routes(self):
        return self.app.routes


async def test_webhooks_arrive_signed(twilio, telegram):
    seen = []

    async def hook(request: Request) -> Response:
        form = dict(await request.form()) if request.url.path == "/whatsapp" else await request.json()
        seen.append((request.headers, form))
        return Response(status_code=503 if len(seen) == 2 else 204, headers={"Retry-After": "0"})

    app = Starlette(routes=[Route(path, hook, methods=["POST"]) for path in ("/whatsapp", "/telegram")])
    async with listening(_Host(app)) as host:
        url = f"{host.url}/whatsapp"
        assert (await twilio.deliver(url, twilio.inbound(TO, "halo"))).status_code == 204
        assert await telegram.deliver(f"{host.url}/telegram", telegram.message(5, "halo")) == [503, 204]
    headers, form = seen[0]
    assert RequestValidator(twilio.token).validate(url, form, headers["x-twilio-signature"])
    assert seen[1][0]["x-telegram-bot-api-secret-token"] == telegram.secret
    assert seen[1][1] == seen[2][1]


async def test_faults_hit_the_next_request_and_then_end(twilio, http):
    twilio.reset()
    twilio.fail_next(503, "down")
    twilio.cut_next(after_taking=False)
    twilio.hang_next(1)
    assert (await post(http, twilio, Body="satu")).status_code == 503
    with pytest.raises(httpx.RemoteProtocolError):
        await post(http, twilio, Body="dua")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await post(http, twilio, Body="tiga")
    assert (await post(http, twilio, Body="empat")).status_code == 201
    assert [form["Body"] for form in twilio.sent] == ["tiga", "empat"]


async def test_it_tells_whether_anybody_was_left_to_hear_that_a_message_was_taken(telegram, http):
    telegram.reset()
    host = telegram.url.removeprefix("http://")
    body = json.dumps({"chat_id": 5, "text": "halo"})
    request = f"POST /bot{telegram.token}/sendMessage HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
    busy, gone_by_then = threading.Event(), threading.Event()

    async def stall(_: Request) -> None:
        busy.set()
        gone_by_then.wait(10)  # as on a machine that does much else: what comes now is looked at later

    telegram.weather = stall
    first = asyncio.create_task(http.post(f"{telegram.url}/bot{telegram.token}/getMe"))
    while not busy.is_set():
        await asyncio.sleep(0.01)
    telegram.weather = None
    _, writer = await asyncio.open_connection(*host.split(":"))
    writer.write(f"{request}Content-Length: {len(body)}\r\n\r\n{body}".encode())
    writer.close()
    await writer.wait_closed()
    gone_by_then.set()
    await first
    await http.post(f"{telegram.url}/bot{telegram.token}/sendMessage", json={"chat_id": 5, "text": "halo"})
    gone, there = telegram.taken.values()
    assert gone.answered_at is None
    assert there.answered_at >= there.at
