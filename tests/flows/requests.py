"""Talks in which a participant asks for an administrative service and fills its form in."""

from collections.abc import Callable

from bot.config.administration import Entry, FieldType, ServiceForm
from tests.dialogue.scene import Scene, sample

NIK, OTHER_NIK, KK = "1671014107900001", "6472013112850002", "1671012303100007"
CARD, OTHER_CARD = "0001234567890", "0009876543210"


def service(code: str) -> ServiceForm:
    """A service of the shipped configuration."""
    return sample()[0].services[code]


def begun(code: str) -> Scene:
    """A talk in which the form of a service waits with its first entry, the branch being known."""
    scene = Scene(our_branch="palembang")
    wanted = service(code)
    assert scene.say("mau urus", wanted.intent) == ["admin.about", "admin.offer"]
    scene.tap("Ya")
    for condition in wanted.conditions:
        scene.tap("Ya" if condition.needed else "Tidak")
    assert scene.keys == ["admin.consent"]
    scene.tap("Setuju")
    return scene


def filled_in(code: str) -> Scene:
    """The same, with every entry given: it waits with the first document."""
    scene = begun(code)
    used: list[str] = []
    for entry in service(code).fields:
        assert scene.dialogue.forms[-1].open
        assert scene.dialogue.forms[-1].open.id == entry.key, scene.keys
        answer = ANSWERS[entry.type](entry, used)
        used.append(answer)
        scene.say(answer)
    assert scene.keys[-1] == "admin.paper", scene.keys
    return scene


def with_papers(code: str) -> Scene:
    """The same, with every document sent: it waits with the summary."""
    scene = filled_in(code)
    while scene.keys[-1].startswith("admin.paper"):
        scene.say(media=1)
    assert scene.keys[-1] == "admin.summary", scene.keys
    return scene


def _unused(used: list[str], *numbers: str) -> str:
    return next((number for number in numbers if number not in used), numbers[0])


ANSWERS: dict[FieldType, Callable[[Entry, list[str]], str]] = {
    FieldType.NIK: lambda _, used: _unused(used, NIK, OTHER_NIK),
    FieldType.KK: lambda _entry, _used: KK,
    FieldType.CARD: lambda _, used: _unused(used, CARD, OTHER_CARD),
    FieldType.NIK_OR_CARD: lambda _, used: _unused(used, CARD, OTHER_CARD),
    FieldType.NAME: lambda _entry, _used: "Siti Aminah",
    FieldType.BIRTH_DATE: lambda _entry, _used: "1 Juli 1990",
    FieldType.DATE: lambda _entry, _used: "1 Oktober 2026",
    FieldType.PHONE: lambda _entry, _used: "081270001234",
    FieldType.ADDRESS: lambda _entry, _used: "Jl. Mangga no 5, Plaju",
    FieldType.TEXT: lambda _entry, _used: "III/b",
    FieldType.CHOICE: lambda entry, _used: entry.choices[0].title.id,
    FieldType.FACILITY: lambda _entry, _used: "Puskesmas Plaju",
    FieldType.EMAIL: lambda _entry, _used: "siti@example.org",
    FieldType.AMOUNT: lambda _entry, _used: "3,5 juta",
}
