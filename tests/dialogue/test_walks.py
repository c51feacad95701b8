"""Any participant at all: whatever is said, tapped or sent in whatever order, the bot keeps its manners."""

import random
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.dialogue.stack import DEEPEST
from bot.dialogue.state import dump, load
from bot.flows import effects, lookups
from bot.flows.registry import FLOWS
from bot.messages import Location, MediaKind
from tests.dialogue.scene import MONDAY, Scene, notice, sample

INTENTS = ["", *(intent for intent in FLOWS if not intent.startswith("_"))]
WORDS = [
    "min", "kantor bpjs palembang hari ini buka ga ya", "senin depan buka?", "di wakanda", "samarinda", "kaltim",
    "SEP gak bisa terbit di RS SMC dari jam 8 pagi", "mobile jkn muter2", "saya ditolak berobat di RS SMC", "RS AWS",
    "obat kosong", "antri dari subuh tapi dokternya ga datang, disuruh pulang, obatnya juga kosong, kecewa sekali saya",
    "eh salah, maksudnya RS BARI", "eh salah", "bukan", "ya", "tidak", "iya gak papa", "ya tidak", "jangan kirim dulu",
    "kirim", "ubah", "selesai", "tidak ada", "gak tau", "kemarin sore", "besok", "batal", "BATAL!!", "ulang", "kembali",
    "menu", "/start", "/start promo", "petugas", "stop", "ga jadi deh", "english please", "makasih ya", "ini robot?",
    "laporan PLB-2611-00042 sampai mana", "tolong bapak saya sesak napas", "bego lu", "1", "2", "3", "99", "0", "-1",
    "nomor dua", "", " ", "🙏🙏", "👍", "👎", "\u202eabc\u202c", "مرحبا", "x" * 5000, "a b " * 500, "{branch}", "%s",
    "puskesmas terdekat", "rs di malang", "yang lain", "yang buka sekarang ada ga", "jauh ga", "igd 24 jam",
    "kota malang",
    "*tebal*", "<b>", "1:closure.branch:palembang", "NIK saya 1671014107900001", "\x00\x01", "؟", "//", "/", "…",
]  # fmt: skip
PLACES = {
    "palembang": "place",
    "samarinda": "place",
    "wakanda": "place",
    "malang": "place",
    "RS SMC": "facility",
    "SEP": "system",
}
CASES = [
    lookups.CaseView(
        number=f"PLB-2611-0000{number}",
        kind="complaint",
        status="assigned",
        summary="Obat kosong " * 20,
        opened_at=MONDAY,
        due_at=MONDAY,
        step="claimed",
        step_at=MONDAY,
        branch="palembang",
    )
    for number in range(3)
]

moves = st.one_of(
    st.tuples(
        st.just("say"), st.sampled_from(WORDS), st.sampled_from(INTENTS), st.sampled_from([0.2, 0.4, 0.9])
    ),
    st.tuples(st.just("say"), st.text(max_size=80), st.sampled_from(INTENTS), st.floats(0, 1)),
    st.tuples(st.just("say two"), st.sampled_from(WORDS), st.sampled_from(INTENTS), st.sampled_from(INTENTS)),
    st.tuples(st.just("tap"), st.integers(0, 40)),
    st.tuples(
        st.just("tap id"), st.one_of(st.text(max_size=40), st.from_regex(r"\d{1,2}:[a-z._]{1,20}:\w{1,9}"))
    ),
    st.tuples(
        st.just("send"),
        st.sampled_from(list(MediaKind)),
        st.integers(1, 7),
        st.sampled_from(["", "ini buktinya"]),
    ),
    st.tuples(st.just("locate"), st.floats(-90, 90), st.floats(-180, 180)),
    st.tuples(st.just("locate"), st.floats(-4, 1), st.floats(104, 118)),
    st.tuples(st.just("wait"), st.integers(1, 5000)),
    st.tuples(st.just("world"), st.integers(0, 2**16)),
)


class Walk:
    """A scene whose world changes, and all the buttons that were ever offered in it."""

    def __init__(self) -> None:
        self.scene = Scene()
        self.seen = []

    def make(self, move: tuple) -> bool:  # noqa: C901 - one case a move
        """Make one move; gives whether a reply is due."""
        self.scene.replies = []
        match move:
            case ("say", text, intent, confidence):
                named = {entity: word for word, entity in PLACES.items() if word in text}
                self.scene.say(text.strip(), intent, confidence, also=("ask_closure", "thank"), **named)
            case ("say two", text, intent, second):
                self.scene.say(text.strip(), intent, second=(text.strip(), second) if second else None)
            case ("tap", number) if self.seen:
                self.scene.press(self.seen[-1 - number % len(self.seen)])
            case ("tap id", made):
                self.scene.say("?", tapped=made)
            case ("send", kind, count, caption):
                self.scene.say(caption, media=count, kind=kind)
            case ("locate", latitude, longitude):
                self.scene.say(location=Location(latitude=latitude, longitude=longitude))
            case ("wait", minutes):
                self.scene.wait(minutes=minutes)
                self.scene.left_alone()
                return False
            case ("world", seed):
                self.change(random.Random(seed))
                return False
            case _:
                return False
        self.seen += self.scene.options
        return True

    def change(self, chance: random.Random) -> None:
        """An outage begins or ends, a closure is announced, the queue moves."""
        outage = notice(kind="outage", affects=("vclaim",), national=chance.random() < 0.5)
        closed = notice(starts_at=self.scene.now + timedelta(days=chance.randint(-5, 5)), ends_at=None)
        reports, outages = chance.choice([[], CASES[:1], CASES]), chance.choice([[], [outage]])
        closures = chance.choice([[], [closed]])
        self.scene.queued = chance.random() < 0.3
        self.scene.answers = {
            lookups.OwnCases: lambda wanted: [
                case for case in reports if wanted.number in (None, case.number)
            ],
            lookups.Outages: lambda _: outages,
            lookups.Closures: lambda _: closures,
            effects.Unsubscribe: lambda _: len(reports),
            effects.LeaveQueue: lambda _: bool(reports),
        }


@settings(max_examples=150, deadline=None)
@given(st.lists(moves, min_size=1, max_size=14))
def test_every_message_is_answered_in_both_languages_and_within_limits(steps: list[tuple]) -> None:
    walk, texts = Walk(), sample()[1]
    for move in steps:
        due = walk.make(move)
        assert walk.scene.replies or not due, move
        for reply in walk.scene.replies:
            for language in texts.languages:
                said = texts.say(reply.key, language, reply.values)
                assert 0 < len(said) <= 1000, reply.key
        assert len({option.id for option in walk.scene.options}) == len(walk.scene.options)
        assert len(walk.scene.dialogue.forms) <= DEEPEST
        left = "goodbye.in_form" in walk.scene.keys  # who says goodbye is not asked again
        if due and not left and walk.scene.dialogue.top and walk.scene.dialogue.top.open:
            assert walk.scene.replies[-1].asks, move


@settings(max_examples=100, deadline=None)
@given(st.lists(moves, min_size=1, max_size=10))
def test_batal_leaves_whatever_is_open(steps: list[tuple]) -> None:
    walk = Walk()
    for move in steps:
        walk.make(move)
    for _ in range(DEEPEST + 1):
        before = len(walk.scene.dialogue.forms)
        walk.scene.say("batal", "cancel")
        assert walk.scene.replies
        assert len(walk.scene.dialogue.forms) < max(before, 1)
    assert not walk.scene.dialogue.forms


@settings(max_examples=100, deadline=None)
@given(st.lists(moves, max_size=10), moves)
def test_a_dialogue_survives_the_store(steps: list[tuple], last: tuple) -> None:
    walk, other = Walk(), Walk()
    for move in steps:
        walk.make(move)
    other.seen, other.scene.answers, other.scene.queued = walk.seen[:], walk.scene.answers, walk.scene.queued
    other.scene.now, other.scene.dialogue = walk.scene.now, load(dump(load(dump(walk.scene.dialogue))))
    walk.make(last)
    other.make(last)
    assert dump(other.scene.dialogue) == dump(walk.scene.dialogue)
    assert [reply.key for reply in other.scene.replies] == walk.scene.keys


@settings(max_examples=100, deadline=None)
@given(st.lists(moves, min_size=1, max_size=14))
def test_no_form_does_anything_twice(steps: list[tuple]) -> None:
    walk = Walk()
    done_by_form: set[tuple[int, str]] = set()
    for move in steps:
        before, forms = len(walk.scene.done), walk.scene.dialogue.serial
        walk.make(move)
        new = walk.scene.done[before:]
        assert len(new) <= 2 + walk.scene.dialogue.serial - forms
        for form in walk.scene.dialogue.forms:
            for key in form.answers:
                if key.startswith("do:"):
                    done_by_form.add((form.serial, key))
    assert len(done_by_form) <= len(walk.scene.done)
