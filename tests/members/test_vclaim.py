"""VClaim against a server that checks and encrypts as the real one does, and against its failures."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest

from bot.members.breaker import Breaker
from bot.members.directory import Away, Identity, Segment, Status
from bot.members.vclaim import Keys, VClaim
from tests.standins.vclaim import VClaimStandIn, running_vclaim

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
CARD, NIK, BORN = "0001234567890", "1671014107900001", date(1990, 7, 1)


@pytest.fixture(scope="module")
async def server() -> AsyncIterator[VClaimStandIn]:
    async with running_vclaim() as server:
        server.clock = lambda: NOW
        yield server


@pytest.fixture
def vclaim_server(server: VClaimStandIn) -> VClaimStandIn:
    server.reset()
    server.add(CARD, NIK, BORN)
    return server


@pytest.fixture
async def http(server: VClaimStandIn) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"{server.url}/vclaim-rest/", timeout=1) as http:
        yield http


@pytest.fixture
def keys(server: VClaimStandIn) -> Keys:
    return Keys(cons_id=server.cons_id, secret=server.secret, user_key=server.user_key)


@pytest.fixture
def directory(http: httpx.AsyncClient, keys: Keys, vclaim_server: VClaimStandIn) -> VClaim:
    return VClaim(http, keys, Breaker(failures=1000))


async def why_away(directory: VClaim, now: datetime = NOW) -> str:
    with pytest.raises(Away) as away:
        await directory.find(Identity(CARD, BORN), now)
    return away.value.reason


@pytest.mark.parametrize("number", [CARD, NIK])
@pytest.mark.parametrize("plain", [False, True])
async def test_a_member_by_card_and_by_nik(
    directory: VClaim, vclaim_server: VClaimStandIn, number: str, plain: bool
) -> None:
    vclaim_server.plain = plain
    found = await directory.find(Identity(number, BORN), NOW)
    assert found
    assert (found.card, found.status, found.ward) == ("*********7890", Status.ACTIVE, 3)
    assert (found.segment, found.facility, found.bill) == (Segment.PPU, "PUSKESMAS CONTOH", None)
    assert (found.source, found.as_of) == ("vclaim", NOW)
    assert vclaim_server.asked == [number]


async def test_nothing_more_is_taken_over_than_may_be_shown(directory: VClaim) -> None:
    found = repr(await directory.find(Identity(CARD, BORN), NOW))
    for hidden in ("NAMA CONTOH", CARD, NIK, "081200000000", "1990"):
        assert hidden not in found


async def test_neither_an_unknown_number_nor_another_birth_date_is_found(directory: VClaim) -> None:
    assert await directory.find(Identity("0009999999999", BORN), NOW) is None
    assert await directory.find(Identity(CARD, date(1990, 7, 2)), NOW) is None


@pytest.mark.parametrize(
    ("changes", "status", "segment", "words"),
    [
        ({"statusPeserta": {"kode": "6", "keterangan": "PREMI"}}, Status.OTHER, Segment.PPU, "PREMI"),
        ({"jenisPeserta": {"kode": "21", "keterangan": "PBI (APBN)"}}, Status.ACTIVE, Segment.PBI, "AKTIF"),
        (
            {"jenisPeserta": {"kode": "22", "keterangan": "PBI (APBD)"}},
            Status.ACTIVE,
            Segment.PBI_REGION,
            "AKTIF",
        ),
        ({"jenisPeserta": {"kode": "77", "keterangan": "LAIN"}}, Status.ACTIVE, Segment.OTHER, "AKTIF"),
        ({"jenisPeserta": None, "hakKelas": None, "provUmum": None}, Status.ACTIVE, Segment.OTHER, "AKTIF"),
    ],
)
async def test_codes(
    directory: VClaim,
    vclaim_server: VClaimStandIn,
    changes: dict[str, Any],
    status: Status,
    segment: Segment,
    words: str,
) -> None:
    vclaim_server.add(CARD, None, BORN, **changes)
    found = await directory.find(Identity(CARD, BORN), NOW)
    assert found
    assert (found.status, found.segment, found.words) == (status, segment, words)


def _status(server: VClaimStandIn) -> None:
    server.fail_next(503, "<html>down</html>")


def _no_json(server: VClaimStandIn) -> None:
    server.fail_next(200, "<html>maintenance</html>")


def _no_envelope(server: VClaimStandIn) -> None:
    server.fail_next(200, {"message": "?"})


def _cut(server: VClaimStandIn) -> None:
    server.cut_next()


def _hang(server: VClaimStandIn) -> None:
    server.hang_next(1.5)


def _other_key(server: VClaimStandIn) -> None:
    server.other_secret = True


def _code(server: VClaimStandIn) -> None:
    server.fail_next(200, {"metaData": {"code": 500, "message": "Error"}, "response": None})


def _strange_code(server: VClaimStandIn) -> None:
    server.fail_next(200, {"metaData": {"code": f"kartu {CARD}", "message": ""}, "response": None})


def _too_large(server: VClaimStandIn) -> None:
    server.fail_next(200, "x" * 1_100_000)


def _nothing(server: VClaimStandIn) -> None:
    server.fail_next(200, {"metaData": {"code": "200", "message": "OK"}, "response": None})


def _no_birth(server: VClaimStandIn) -> None:
    server.members[CARD].pop("tglLahir")


def _another(server: VClaimStandIn) -> None:
    server.answer = {"peserta": server.members[CARD] | {"noKartu": "0009999999999"}}


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (_status, "http_503"),
        (_no_json, "nonsense"),
        (_no_envelope, "nonsense"),
        (_cut, "unreachable"),
        (_hang, "timeout"),
        (_other_key, "undecryptable"),
        (_code, "code_500"),
        (_strange_code, "code_other"),
        (_too_large, "too_large"),
        (_nothing, "missing_fields"),
        (_no_birth, "missing_fields"),
        (_another, "another_member"),
    ],
)
async def test_every_failure_is_that_it_is_away(
    directory: VClaim, vclaim_server: VClaimStandIn, fault: Callable[[VClaimStandIn], None], reason: str
) -> None:
    fault(vclaim_server)
    assert await why_away(directory) == reason


@pytest.mark.parametrize("answer", ["not base64!", "AAAA", "", "IZA", "A" * 64])
async def test_an_answer_that_cannot_be_opened(
    directory: VClaim, vclaim_server: VClaimStandIn, answer: str
) -> None:
    vclaim_server.fail_next(200, {"metaData": {"code": "200", "message": "OK"}, "response": answer})
    assert await why_away(directory) == "undecryptable"


@pytest.mark.parametrize("wrong", [{"cons_id": "1"}, {"secret": "x"}, {"user_key": "x"}])
async def test_wrong_keys_are_refused(
    http: httpx.AsyncClient, keys: Keys, directory: VClaim, wrong: Any
) -> None:
    assert await why_away(VClaim(http, replace(keys, **wrong), Breaker())) == "code_401"


async def test_a_clock_that_is_wrong_is_refused(directory: VClaim) -> None:
    assert await directory.find(Identity(CARD, BORN), NOW + timedelta(seconds=290))
    assert await why_away(directory, NOW + timedelta(minutes=6)) == "code_401"


async def test_a_server_that_is_not_there(keys: Keys) -> None:
    async with httpx.AsyncClient(base_url="http://127.0.0.1:9/", timeout=1) as nobody:
        assert await why_away(VClaim(nobody, keys, Breaker())) == "unreachable"


class _Drops(httpx.AsyncByteStream):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        for _ in range(200):
            yield b" "
            await asyncio.sleep(0.02)


async def test_an_answer_that_comes_in_drops_is_not_waited_for(keys: Keys) -> None:
    """Each drop comes in time, and all of them together hold a participant up."""
    transport = httpx.MockTransport(lambda _: httpx.Response(200, stream=_Drops()))
    async with httpx.AsyncClient(transport=transport, base_url="http://vclaim/", timeout=0.2) as http:
        assert await why_away(VClaim(http, keys, Breaker())) == "timeout"


async def test_after_failures_it_is_left_alone_and_then_tried(
    http: httpx.AsyncClient, keys: Keys, vclaim_server: VClaimStandIn
) -> None:
    seconds = [0.0]
    directory = VClaim(http, keys, Breaker(failures=2, rest=30, clock=lambda: seconds[0]))
    vclaim_server.fail_next(500, times=2)
    assert [await why_away(directory) for _ in range(3)] == ["http_500", "http_500", "left_alone"]
    assert vclaim_server.asked == []
    seconds[0] = 30
    assert await directory.find(Identity(CARD, BORN), NOW)
    assert await directory.find(Identity("0009999999999", BORN), NOW) is None  # an answer, too
    assert vclaim_server.asked == [CARD, "0009999999999"]


async def test_keys_are_not_shown(keys: Keys) -> None:
    assert keys.secret not in repr(keys)
    assert keys.user_key not in repr(keys)
