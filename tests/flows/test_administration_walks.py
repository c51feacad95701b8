"""Administrative forms under whatever participants do to them: answers, corrections, photos, leaving, coming back."""

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.dialogue.shelf import MOST
from bot.flows import effects
from bot.messages import MediaKind, Option
from tests.dialogue.scene import Scene, sample
from tests.flows.requests import ANSWERS, CARD, KK, NIK, OTHER_NIK

SAID = [
    "ya", "tidak", "setuju", "tidak setuju", "palembang", "kalimantan timur", "wakanda", NIK, OTHER_NIK, KK,
    CARD, "0009876543210", "8888801234567890", "167101", "1671017207900001", f"kk {KK}", f"nik saya {NIK}",
    "Siti Aminah", "1 jan 90", "01011990", "1 juli 1990", "kemarin", "besok", "31 februari 1990",
    "puskesmas plaju", "081270001234", "siti@example.org", "3,5 juta", "III/b", "Jl. Mangga no 5, Plaju",
    "lewati", "tidak ada", "belum ada", "nanti dulu", "salah foto", "itu KK bukan KTP", "bukan itu", "eh salah",
    f"salah, NIK {OTHER_NIK}", "salah, namanya Rahma", "ralat tanggal lahirnya 2 juli 1990", "ubah",
    "sudah benar", "kembali", "batal", "lanjutkan", "hapus isian", "ulang", "menu", "1", "2", "3", "10", "C",
    "J", "mulai baru", "satu per dokumen", "semua untuk ini", "kirim", "", "🙏", "x" * 900,
]  # fmt: skip
INTENTS = [
    "",
    "",
    "",
    "",
    "greet",
    "affirm",
    "deny",
    "cancel",
    "ask_closure",
    "admin_request",
    "file_complaint",
]
SERVICES = [service.intent for service in sample()[0].services.values()]

answering = st.just(("answer",))
moves = st.one_of(
    answering,
    answering,
    answering,
    answering,
    st.tuples(st.just("say"), st.sampled_from(SAID), st.sampled_from(INTENTS)),
    st.tuples(st.just("wish"), st.sampled_from(SERVICES)),
    st.tuples(st.just("tap"), st.integers(0, 12)),
    st.tuples(st.just("tap"), st.integers(0, 12)),
    st.tuples(st.just("press"), st.integers(0, 300)),
    st.tuples(
        st.just("send"),
        st.integers(1, 5),
        st.sampled_from([MediaKind.IMAGE, MediaKind.DOCUMENT, MediaKind.VOICE]),
    ),
    st.tuples(st.just("album"), st.integers(1, 3)),
    st.tuples(st.just("wait"), st.integers(1, 5 * 24 * 60)),
    st.tuples(st.just("silence")),
)


def make(scene: Scene, move: tuple[Any, ...], seen: list[Option]) -> bool:  # noqa: C901 - one case a move
    """Make one move; gives whether it has to be answered."""
    match move:
        case ("answer",):
            answer(scene)
        case ("say", text, intent):
            scene.say(text, intent)
        case ("wish", intent):
            scene.say("saya mau mengurus itu", intent)
        case ("tap", number) if scene.options:
            scene.press(scene.options[number % len(scene.options)])
        case ("press", number) if seen:
            scene.press(seen[number % len(seen)])
        case ("send", count, kind):
            scene.say(media=count, kind=kind)
        case ("album", count):
            for _ in range(count):
                scene.say(media=1, refers={"album": f"album {len(seen)}"})
            return False  # one that comes late needs no answer of its own
        case ("wait", minutes):
            scene.now += timedelta(minutes=minutes)
            return False
        case ("silence",):
            scene.left_alone()
            return False
        case _:
            return False
    return True


def answer(scene: Scene) -> None:
    """Answer the open question of an administrative form as somebody who reads it would."""
    form = scene.dialogue.top
    service = next((one for one in sample()[0].services.values() if form and one.intent == form.intent), None)
    asked = form.open.id if form and form.open else ""
    entry = next((one for one in service.fields if one.key == asked), None) if service else None
    condition = (
        next((one for one in service.conditions if asked == f"if_{one.code}"), None) if service else None
    )
    if entry:
        scene.say(ANSWERS[entry.type](entry, [str(kept) for kept in form.answers.values()] if form else []))
    elif asked.startswith("paper_") and "+" not in asked:
        scene.say(media=1)
    else:
        scene.say(
            "tidak" if condition and not condition.needed else "palembang" if asked == "branch" else "ya"
        )


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(SERVICES), st.booleans(), st.lists(moves, min_size=5, max_size=60))
def test_whatever_happens_the_form_keeps_its_manners(
    intent: str, known: bool, made: list[tuple[Any, ...]]
) -> None:
    scene = Scene(our_branch="palembang" if known else None)
    scene.say("saya mau mengurus itu", intent)
    seen = list(scene.options)
    for move in made:
        due = make(scene, move, seen)
        seen += scene.options
        assert scene.replies or not due, move
        assert scene.text() or not scene.replies
        assert scene.text("en") or not scene.replies
        for option in scene.options:
            assert not any(number in option.id for number in (NIK, OTHER_NIK, KK, CARD))
            assert len(option.id.encode()) <= 64
        assert len(scene.options) <= 10
        assert len(scene.dialogue.shelf) <= MOST
    for case in (done for done in scene.done if isinstance(done, effects.OpenCase) and done.kind == "admin"):
        complete(case)


def complete(case: effects.OpenCase) -> None:
    """Nothing that is needed is missing in a case."""
    service = sample()[0].services[str(case.category)]
    assert case.branch
    for entry in service.fields:
        assert case.fields.get(entry.key) or entry.optional or entry.type == "facility", entry.key
    for paper in service.documents:
        hangs = paper.only_if and case.fields.get(paper.only_if.field) not in paper.only_if.is_
        assert paper.need != "required" or hangs or case.documents[paper.code], paper.code
