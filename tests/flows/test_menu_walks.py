"""From the menu on: every button that is offered leads somewhere, its number leads to the same, and all fit a phone."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any

import pytest

from bot.channels import telegram, whatsapp
from bot.channels.channel import Limits
from bot.channels.rendering import lay_out, units
from bot.dialogue.answering import FindAnswer, Found
from bot.dialogue.questions import MOST_SHOWN
from bot.dialogue.state import dump, load
from bot.flows import effects, lookups
from bot.flows.courtesy import MENU
from bot.members.directory import Status
from bot.messages import Option, Text
from tests.dialogue.scene import MONDAY, Scene, notice, sample
from tests.flows.test_cases_and_agents import case
from tests.flows.test_membership import MEMBER

DEPTH = 4
"""Taps, the one on the menu counted."""
NOWHERE = {
    "form.stale",
    "lost.menu",
    "handover.offer",
    "form.hint_choose",
    "form.hint_yes_no",
    "form.hint_confirm",
}
TOLD: dict[str, tuple[str, dict[str, Any]]] = {
    "closure.branch": ("palembang", {"place": "palembang"}),
    "outage.branch": ("palembang", {"place": "palembang"}),
    "outage.facility": ("RS SMC", {"facility": "RS SMC"}),
    "outage.since": ("tadi pagi jam 8", {}),
    "member.number": ("0001234567890", {"jkn_number": "0001234567890"}),
    "member.birth": ("31-12-1985", {}),
    "complaint.facility": ("RS SMC", {"facility": "RS SMC"}),
    "complaint.story": ("antre dari subuh sampai siang belum dipanggil", {}),
    "near.where": ("palembang", {"place": "palembang"}),
}
"""What no button can say: names, numbers, times and stories, by the question that asks for them."""
PEOPLE: dict[str, dict[type, Any]] = {
    "active, nothing known": {},
    "in arrears, an outage, a closure": {
        effects.FindMember: Status.ARREARS,
        lookups.Outages: [notice(kind="outage", affects=("mobile_jkn",), national=True)],
        lookups.Closures: [notice()],
    },
    "two cases": {
        lookups.OwnCases: [case(), case("PLB-2611-00043", kind="outage_report", summary="Mobile JKN")]
    },
}


@dataclass
class Walk:
    """How a talk came about, and how it stands."""

    taps: tuple[str, ...]
    scene: Scene

    def fork(self) -> Scene:
        """The same talk, to go on with in another way."""
        now = self.scene
        return replace(now, dialogue=load(dump(now.dialogue)), done=list(now.done), replies=list(now.replies))


def beginning(known: dict[type, Any]) -> Scene:
    """A participant who sees the menu, with what is looked up for them."""
    status = known.get(effects.FindMember, Status.ACTIVE)
    member = replace(
        MEMBER, status=status, bill=replace(MEMBER.bill, month=date(2026, 11, 1)) if MEMBER.bill else None
    )
    looked = effects.Looked(outcome="found", at=MONDAY, member=member)
    scene = Scene(answers={effects.FindMember: lambda _: looked})
    for wanted in (lookups.Outages, lookups.Closures, lookups.OwnCases):
        scene.answers[wanted] = partial(_found, known.get(wanted, []))
    scene.say("halo", "greet")
    return scene


def _found(known: object, _: object) -> object:
    return known


def told(scene: Scene) -> Scene:
    """The talk once everything is told that no button can say."""
    while scene.keys and scene.keys[-1] in TOLD:
        words, entities = TOLD[scene.keys[-1]]
        before = scene.keys
        scene.say(words, **entities)
        assert scene.keys != before, (words, before)
    return scene


def walks(scene: Scene) -> Iterator[Walk]:
    """Every talk that taps lead to, breadth first."""
    level = [Walk((), scene)]
    for _ in range(DEPTH):
        level = [
            Walk((*walk.taps, option.title), tapped(walk, option))
            for walk in level
            for option in walk.scene.options
        ]
        yield from level
        level = [Walk(walk.taps, told(walk.fork())) for walk in level]
        yield from (walk for walk in level if walk.scene.options)


def tapped(walk: Walk, option: Option) -> Scene:
    """The talk after a tap, and the same by number where a question waits."""
    by_tap, by_number = walk.fork(), walk.fork()
    by_tap.queued = by_number.queued = "handover.queued" in walk.scene.keys
    by_tap.press(option)
    if walk.scene.replies[-1].asks:
        by_number.say(str(walk.scene.options.index(option) + 1))
        assert (by_number.keys, by_number.text()) == (by_tap.keys, by_tap.text()), (walk.taps, option.title)
        assert [type(one) for one in by_number.done] == [type(one) for one in by_tap.done]
    return by_tap


@pytest.mark.parametrize("known", PEOPLE.values(), ids=PEOPLE)
def test_every_button_leads_somewhere(known: dict[type, Any]) -> None:
    scene = beginning(known)
    assert [option.id.rsplit(":", 1)[1] for option in scene.options] == list(MENU)
    seen = 0
    for walk in walks(scene):
        seen += 1
        assert walk.scene.keys, walk.taps
        assert not NOWHERE & set(walk.scene.keys), (walk.taps, walk.scene.keys)
        assert walk.scene.understood != "fell_through", walk.taps
        assert walk.scene.text().strip(), walk.taps
    assert seen > 100


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("limits", [whatsapp.LIMITS, telegram.LIMITS], ids=["whatsapp", "telegram"])
def test_every_button_fits_a_phone(limits: Limits, language: str) -> None:
    scene = beginning(PEOPLE["two cases"])
    scene.dialogue.language = language
    scene.say("menu")
    assert scene.dialogue.language == language
    for walk in walks(scene):
        texts = sample()[1]
        for reply in walk.scene.replies:
            assert len(reply.options) <= MOST_SHOWN, walk.taps
            if not reply.options:
                continue
            body = texts.say(reply.key, walk.scene.dialogue.language, reply.values)
            last = lay_out(Text(body=body, options=reply.options), limits)[-1]
            most = limits.row_title if last.listed else limits.button_title
            shown = [option.title for option in last.options]
            assert len(set(shown)) == len(reply.options), walk.taps
            assert all(0 < units(title) <= most for title in shown), (walk.taps, shown)


def test_a_number_when_nothing_is_asked_brings_the_menu() -> None:
    scene = beginning({})
    scene.say("thx", "thank")
    assert scene.say("0") == ["menu.what"]


def test_a_number_from_the_menu_is_no_word_of_the_report() -> None:
    scene = beginning({})
    scene.say("2")
    scene.say("2")
    scene.say("1")
    told(scene)
    (report,) = [one for one in scene.done if isinstance(one, effects.ReportOutage)]
    assert report.words == "Aplikasi Mobile JKN"


def test_the_button_under_the_queue_leaves_it_whatever_was_said_since() -> None:
    scene = beginning({})
    scene.tap("Bicara petugas")
    (leave,) = scene.options
    scene.queued = True
    scene.say("kartu saya rusak min", "ask_card")
    assert scene.press(leave) == ["handover.left"]
    assert any(isinstance(one, effects.LeaveQueue) for one in scene.done)


def test_two_cases_of_different_kinds_are_told_apart_by_their_kind() -> None:
    scene = beginning(PEOPLE["two cases"])
    scene.tap("Status laporan")
    assert scene.say("pengaduan", "file_complaint") == ["case_status.is"]
    assert "PLB-2611-00042" in scene.text()


def test_how_to_pay_is_told_whatever_was_asked_before() -> None:
    scene = beginning({effects.FindMember: Status.ARREARS})
    scene.say("kepesertaan saya masih aktif ga", "check_membership")
    told(scene)
    scene.answers[FindAnswer] = lambda _: Found(codes=("check_status",))
    assert scene.tap("Cara bayar")[0] == "information.is"
    assert "virtual account" in scene.text()
