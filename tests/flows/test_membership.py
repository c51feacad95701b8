"""Status and bill: who it is, how little is shown, and what is said where nothing can be shown."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bot.flows import effects, lookups
from bot.flows.effects import FindMember, Looked
from bot.members.directory import Bill, Membership, Segment, Status
from tests.dialogue.scene import MONDAY, Scene, notice

CARD, NIK = "0001234567890", "1671014107900001"
BORN = date(1990, 7, 1)
MEMBER = Membership(
    card="*********7890",
    status=Status.ACTIVE,
    ward=3,
    segment=Segment.PBPU,
    facility="Puskesmas Plaju",
    bill=Bill(month=date(2026, 11, 1), amount=210000, arrears=6, account="************7890"),
    source="table",
    as_of=datetime(2026, 11, 20, tzinfo=UTC),
)


def changed(**changes: Any) -> Membership:
    return replace(MEMBER, **changes)


def scene(member: Membership | None = MEMBER, outcome: Any = None, **more: Any) -> Scene:
    """A directory that knows one member."""
    made = Scene(**more)

    def find(wanted: FindMember) -> Looked:
        if outcome:
            return Looked(outcome=outcome, at=made.now)
        fits = wanted.number in (CARD, NIK) and wanted.birth == BORN
        return Looked(
            outcome="found" if fits and member else "no_match", at=made.now, member=member if fits else None
        )

    made.answers |= {FindMember: find, effects.DirectoryThere: lambda _: True}
    return made


def asked(talk: Scene) -> list[FindMember]:
    return [one for one in talk.done if isinstance(one, FindMember)]


def test_the_number_and_the_birth_date_are_asked_and_echoed() -> None:
    talk = scene()
    assert talk.say("bpjs saya aktif ga", "check_membership") == ["member.number"]
    assert talk.say(CARD, jkn_number=CARD) == ["member.birth"]
    assert "berakhiran 7890" in talk.text()
    assert talk.say("1 juli 1990", when="1 juli 1990") == ["membership.is", "member.next"]
    text = talk.text()
    for part in ("berakhiran 7890", "Tanggal lahir: 1 Juli 1990", "AKTIF", "mandiri", "3", "Puskesmas Plaju"):
        assert part in text
    assert "per 20 November 2026" in text
    assert CARD not in text
    assert talk.titles == ["Cek tagihan", "Bicara petugas", "Cukup"]
    assert talk.tap("Cukup") == ["member.closing"]
    assert talk.dialogue.top is None


@pytest.mark.parametrize(
    "text",
    [
        f"cek bpjs {CARD} lahir 1 jul 1990",
        f"NIK {NIK} tgl lahir 01-07-1990, masih aktif?",
        f"cek {CARD} 1/7/90",
        "000 1234 567890 lahir satu juli sembilan belas sembilan puluh",
        f"kartu saya {CARD}, ttl Palembang 1 Juli 1990",
    ],
)
def test_what_was_said_is_not_asked(text: str) -> None:
    talk = scene()
    assert talk.say(text, "check_membership") == ["membership.is", "member.next"]
    assert asked(talk)[0].birth == BORN


def test_a_date_in_the_opening_that_is_no_birth_date_is_not_taken_for_one() -> None:
    talk = scene()
    talk.say("kartu saya mati sejak 3 november 2026", "check_membership")
    assert talk.say(NIK, nik=NIK) == ["member.birth"]


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ("8888801234567890", "member.is_va"),
        ("no kk 1671010107900003", "member.is_kk"),
        ("0812-7000-1234", "member.is_phone"),
        ("1671017207900001", "member.no_nik"),
        ("000123456789", "member.miscounted"),
        ("12345 678", "member.miscounted"),
        ("hmm yang mana ya", "member.hint_number"),
    ],
)
def test_another_number_is_explained(said: str, key: str) -> None:
    talk = scene()
    talk.say("cek status", "check_membership")
    assert talk.say(said) == [key, "member.number"]
    assert not asked(talk)


def test_a_number_of_another_kind_in_the_opening_is_explained_with_the_question() -> None:
    talk = scene()
    assert talk.say("tagihan va 8888801234567890 berapa", "check_bill") == ["member.is_va", "member.number"]


def test_after_two_numbers_that_cannot_be_read_an_agent_is_named() -> None:
    talk = scene()
    talk.say("cek status", "check_membership")
    talk.say("123456789012")
    assert talk.say("123456789012") == ["member.miscounted", "form.offer_agent", "member.number"]


def test_three_pairs_that_do_not_fit_lead_to_an_agent() -> None:
    talk = scene()
    talk.say(f"cek status {CARD}", "check_membership")
    assert talk.say("2 juli 1990") == ["member.no_match", "member.again"]
    assert talk.say("3 juli 1990") == ["member.no_match", "member.again"]
    assert talk.say("4 juli 1990") == ["member.gave_up", "information.agent"]
    assert len(asked(talk)) == 3
    assert talk.tap("Ya")[0] == "handover.queued"


def test_an_unknown_number_and_a_wrong_birth_date_read_alike() -> None:
    texts = []
    for number, born in ((CARD, "2 juli 1990"), ("0009999997890", "1 juli 1990")):
        talk = scene()
        talk.say(f"cek status {number}", "check_membership")
        talk.say(born)
        texts.append(talk.text().replace("2 Juli", "1 Juli"))
    assert texts[0] == texts[1]


def test_after_a_wrong_pair_only_what_was_wrong_has_to_be_written_again() -> None:
    talk = scene()
    talk.say(f"cek status {CARD}", "check_membership")
    talk.say("2 juli 1990")
    assert talk.say("eh salah, lahirnya 1 juli 1990")[-2:] == ["membership.is", "member.next"]
    other = scene()
    other.say("cek status 0001234567891", "check_membership")
    other.say("1 juli 1990")
    assert other.say(CARD) == ["membership.is", "member.next"]


def test_the_number_is_corrected_while_the_birth_date_is_asked() -> None:
    talk = scene()
    talk.say("cek status 0001234567891", "check_membership")
    assert talk.say(f"eh salah nomornya {CARD}", jkn_number=CARD)[0] == "form.corrected"
    talk.say("1 juli 1990")
    assert [one.number for one in asked(talk)] == [CARD]


def test_going_back_after_a_wrong_pair_asks_the_directory_anew() -> None:
    talk = scene()
    talk.say(f"cek status {CARD}", "check_membership")
    talk.say("2 juli 1990")
    assert talk.say("kembali") == ["member.birth"]
    assert talk.say("1 juli 1990") == ["membership.is", "member.next"]


def test_the_same_pair_again_is_no_new_question() -> None:
    talk = scene()
    talk.say(f"cek status {CARD}", "check_membership")
    talk.say("2 juli 1990")
    assert talk.say("02-07-1990") == ["member.same_again", "member.again"]
    assert len(asked(talk)) == 1
    assert talk.say("3 juli 1990") == ["member.no_match", "member.again"]  # the same pair was no try
    assert talk.say("1 juli 1990")[0] == "membership.is"


def test_too_many_tries_lead_to_an_agent_or_the_office() -> None:
    talk = scene(outcome="too_many")
    talk.say(f"cek status {CARD}", "check_membership")
    assert talk.say("1 juli 1990") == ["member.too_many", "information.agent"]
    assert talk.say("tidak") == ["member.closing"]


def test_who_is_proved_is_not_asked_again_for_a_quarter_of_an_hour() -> None:
    talk = scene()
    talk.say(f"cek status {NIK} lahir 1 juli 1990", "check_membership")
    talk.wait(minutes=5)
    assert talk.say("tagihannya berapa?", "check_bill") == ["bill.is", "member.next"]
    assert "Rp210.000" in talk.text()
    assert len(asked(talk)) == 1
    talk.wait(minutes=11)
    assert talk.say("tagihannya berapa?", "check_bill") == ["member.number"]
    assert talk.dialogue.proved is None


def test_a_button_under_the_answer_goes_on_with_the_same_member() -> None:
    talk = scene()
    talk.say(f"cek status {NIK}", "check_membership")
    talk.say("1 juli 1990")
    assert talk.tap("Cek tagihan") == ["bill.is", "member.next"]
    assert talk.titles == ["Cara bayar", "Bicara petugas", "Cukup"]


@pytest.mark.parametrize("about", ["kalau punya istri saya gimana", "cek 0009999991234"])
def test_somebody_else_is_asked_for_anew(about: str) -> None:
    talk = scene()
    talk.say(f"cek status {CARD} lahir 1 juli 1990", "check_membership")
    talk.wait(minutes=1)
    keys = talk.say(about, "check_membership")
    assert keys[-1] in ("member.number", "member.birth")


def test_what_is_remembered_of_a_proof_holds_no_whole_number() -> None:
    talk = scene()
    talk.say(f"cek status {NIK} lahir 1 juli 1990", "check_membership")
    talk.tap("Cukup")
    assert talk.dialogue.proved
    kept = str(talk.dialogue.proved.shown)
    assert "7890" in kept
    assert NIK not in kept
    assert CARD not in kept


@pytest.mark.parametrize(
    ("member", "advice"),
    [
        (changed(status=Status.ARREARS), "membership.pay"),
        (changed(status=Status.OTHER), "membership.pay"),
        (changed(status=Status.PBI_ENDED, segment=Segment.PBI), "membership.social_office"),
        (changed(status=Status.OTHER, segment=Segment.PBI), "membership.social_office"),
        (changed(status=Status.LEFT_WORK, segment=Segment.PPU), "membership.employer"),
        (changed(status=Status.OTHER, segment=Segment.OTHER), "membership.ask_us"),
        (changed(status=Status.OTHER, segment=Segment.PBI_REGION), "membership.ask_us"),
    ],
)
def test_an_inactive_membership_comes_with_what_can_be_done(member: Membership, advice: str) -> None:
    talk = scene(member)
    keys = talk.say(f"cek status {CARD} lahir 1 juli 1990", "check_membership")
    assert keys == ["membership.is", advice, "member.next"]
    assert "TIDAK AKTIF" in talk.text()
    assert "IGD" in talk.text()
    helps = {
        "membership.pay": ["Cara bayar", "Aktifkan kembali"],
        "membership.employer": ["Pindah segmen"],
    }
    assert talk.titles == [
        *helps.get(advice, ["Aktifkan kembali"]),
        "Cek tagihan",
        "Bicara petugas",
        "Cukup",
    ]


def test_a_directorys_own_words_are_shown_where_they_say_more() -> None:
    talk = scene(changed(status=Status.OTHER, words="PREMI", segment=Segment.OTHER, kind="PENERIMA PENSIUN"))
    talk.say(f"cek status {CARD} lahir 1 juli 1990", "check_membership")
    assert "TIDAK AKTIF (PREMI)" in talk.text()
    assert "Jenis kepesertaan: PENERIMA PENSIUN" in talk.text()


def test_a_bill_says_what_when_and_from_whom() -> None:
    talk = scene()
    assert talk.say(f"tagihan {CARD} lahir 1 juli 1990", "check_bill") == ["bill.is", "member.next"]
    for part in (
        "Sampai bulan: November 2026",
        "Rp210.000",
        "Tunggakan: 6 bulan",
        "berakhiran: 7890",
        "REHAB",
    ):
        assert part in talk.text()


def test_payment_in_parts_is_named_only_to_whom_it_is_open() -> None:
    for member in (
        changed(bill=Bill(month=date(2026, 11, 1), amount=105000, arrears=3)),
        changed(segment=Segment.PPU),
    ):
        talk = scene(member)
        talk.say(f"tagihan {CARD} lahir 1 juli 1990", "check_bill")
        assert "Rp" in talk.text()
        assert "REHAB" not in talk.text()


def test_a_no_in_the_opening_does_not_answer_what_is_wanted_next() -> None:
    talk = scene()
    opening = f"sudah bayar tapi tidak aktif, itu saja, cek {CARD} lahir 1 juli 1990"
    assert talk.say(opening, "check_membership") == ["membership.is", "member.next"]
    assert talk.say("kenapa kok tidak bisa dipakai berobat") != ["member.closing"]


@pytest.mark.parametrize("said", ["tidak", "gak ada", "cukup", "3", "no"])
def test_a_short_no_is_enough(said: str) -> None:
    talk = scene()
    talk.say(f"cek {CARD} lahir 1 juli 1990", "check_membership")
    assert talk.say(said) == ["member.closing"]


def test_nothing_owed() -> None:
    talk = scene(changed(bill=Bill(month=date(2026, 11, 1), amount=0, arrears=0)))
    assert talk.say(f"tagihan {CARD} lahir 1 juli 1990", "check_bill") == ["bill.nothing", "member.next"]
    assert "Rp" not in talk.text()


@pytest.mark.parametrize(
    ("segment", "key"),
    [
        (Segment.PBI, "bill.by_state"),
        (Segment.PBI_REGION, "bill.by_region"),
        (Segment.PPU, "bill.by_employer"),
        (Segment.PBPU, "bill.elsewhere"),
        (Segment.OTHER, "bill.elsewhere"),
    ],
)
def test_a_directory_without_bills_is_never_made_to_say_one(segment: Segment, key: str) -> None:
    talk = scene(changed(bill=None, segment=segment))
    assert talk.say(f"tagihan {CARD} lahir 1 juli 1990", "check_bill") == [key, "member.next"]
    assert "Rp" not in talk.text()


def test_nobody_is_said_to_pay_for_a_membership_that_is_not_active() -> None:
    talk = scene(changed(bill=None, segment=Segment.PBI, status=Status.PBI_ENDED))
    assert talk.say(f"tagihan {CARD} lahir 1 juli 1990", "check_bill") == ["bill.elsewhere", "member.next"]
    assert talk.titles == ["Cek kepesertaan", "Bicara petugas", "Cukup"]


def test_a_number_alone_is_asked_back_about() -> None:
    talk = scene()
    assert talk.say(CARD, jkn_number=CARD) == ["clarify.which"]
    assert talk.tap("Cek tagihan") == ["member.birth"]
    waiting = scene(queued=True)
    assert waiting.say(CARD, jkn_number=CARD) == ["handover.forwarded"]


def test_without_a_directory_nobody_is_asked_for_a_number() -> None:
    talk = scene()
    talk.answers[effects.DirectoryThere] = lambda _: False
    assert talk.say("cek status", "check_membership") == ["member.no_directory", "information.agent"]
    assert "165" in talk.text()


def test_a_directory_that_is_away_is_related_to_a_known_outage() -> None:
    outage = notice(
        kind="outage",
        title="Gangguan VClaim",
        affects=("vclaim",),
        ends_at=None,
        national=True,
        starts_at=MONDAY,
    )
    talk = scene(outcome="away")
    talk.answers[lookups.Outages] = lambda wanted: [outage] if wanted.system == "vclaim" else []
    keys = talk.say(f"cek status {CARD} lahir 1 juli 1990", "check_membership")
    assert keys == ["member.away_known", "member.tell_me"]
    assert "Gangguan VClaim" in talk.text()
    assert talk.tap("Ya") == ["outage.will_tell"]
    assert talk.done[-1] == effects.Subscribe(branch=None, system="vclaim")


def test_a_way_that_is_down_as_well_is_not_named() -> None:
    outage = notice(kind="outage", title="Mobile JKN", affects=("mobile_jkn",), ends_at=None, national=True)
    talk = scene(outcome="away")
    talk.answers[lookups.Outages] = lambda wanted: [outage] if wanted.system == "mobile_jkn" else []
    talk.say(f"cek status {CARD} lahir 1 juli 1990", "check_membership")
    assert "Aplikasi Mobile JKN" not in talk.text()
    assert "165" in talk.text()
    assert talk.tap("Tidak") == ["outage.will_not_tell"]


@pytest.mark.parametrize(
    "elsewhere",
    [notice(kind="outage", affects=("vclaim",)), notice(kind="outage", affects=("vclaim",), ends_at=MONDAY)],
)
def test_an_outage_of_another_place_or_of_before_is_not_blamed(elsewhere: lookups.NoticeView) -> None:
    talk = scene(outcome="away")
    talk.answers[lookups.Outages] = lambda _: [elsewhere]
    keys = talk.say(f"cek status {CARD} lahir 1 juli 1990", "check_membership")
    assert keys == ["member.away", "member.tell_me"]
    assert "belum ada pemberitahuan" in talk.text()


def test_a_question_in_between_is_answered_and_the_form_goes_on() -> None:
    talk = scene()
    talk.say("cek status", "check_membership")
    keys = talk.say("kantor palembang buka ga", "ask_closure", place="palembang")
    assert keys[0].startswith("closure.")
    assert keys[-2:] == ["form.go_on", "member.number"]


def test_in_english() -> None:
    talk = scene()
    talk.dialogue.language = "en"
    talk.say(f"am I active? {CARD} born 1 July 1990", "check_membership")
    assert "Date of birth: 1 July 1990" in talk.text()
    assert "ACTIVE" in talk.text()


def test_time_passing_with_the_last_question_open_repeats_nothing() -> None:
    talk = scene()
    talk.say(f"cek status {CARD} lahir 1 juli 1990", "check_membership")
    talk.now += timedelta(minutes=20)
    assert talk.tap("Cukup") == ["member.closing"]
