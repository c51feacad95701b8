"""How an administrative request stands, in the participant's words."""

from datetime import timedelta
from typing import Any

import pytest

from bot.cases.administration import AdminState
from bot.flows import lookups
from tests.dialogue.scene import MONDAY, Scene, sample
from tests.flows.test_cases_and_agents import case, with_cases


def request(**changes: Any) -> lookups.CaseView:
    """A request on which an agent works."""
    usual: dict[str, Any] = {
        "kind": "admin",
        "service": "reactivate",
        "state": "in_work",
        "summary": "Pengaktifan kembali kartu",
    }
    return case(**(usual | changes))


def ask(scene: Scene) -> str:
    text = "laporan PLB-2611-00042 sampai mana"
    assert scene.say(text, "ask_case_status", case_number="PLB-2611-00042") == ["case_status.request"]
    return scene.text()


def test_what_is_missing_why_and_until_when() -> None:
    waits = request(
        state="documents_missing",
        status="waiting",
        step="document_asked",
        missing=("ktp", "kk"),
        reasons=("fotonya buram",),
        until=MONDAY + timedelta(days=14),
    )
    said = ask(with_cases(waits))
    assert "*PLB-2611-00042* (Pengaktifan kembali kartu)\nStatus: menunggu dokumen dari Bapak/Ibu\n" in said
    assert "Langkah terakhir: dokumen diminta\n" in said
    assert "Yang kami tunggu: KTP dan Kartu Keluarga\nAlasannya: fotonya buram\n" in said
    assert "Selanjutnya: Silakan kirim fotonya di sini." in said
    assert "Kirim paling lambat: Senin, 7 Desember 2026\n" in said
    assert "Batas waktu kami" not in said  # it is not our turn


def test_our_deadline_is_told_while_it_is_ours() -> None:
    said = ask(with_cases(request()))
    assert "Status: sedang dikerjakan petugas" in said
    assert "Batas waktu kami: Selasa, 24 November 2026 pukul 09.00 WIB" in said
    assert "Yang kami tunggu" not in said


@pytest.mark.parametrize("state", list(AdminState))
@pytest.mark.parametrize("language", ["id", "en"])
def test_every_state_has_its_words_and_what_comes_next(state: AdminState, language: str) -> None:
    scene = with_cases(request(state=state.value))
    scene.dialogue.language = language
    said = ask(scene)
    texts = sample()[1]
    assert texts.say(f"request_state.{state.value}", language, {}) in said
    assert texts.say(f"request_next.{state.value}", language, {}) in said


@pytest.mark.parametrize("step", ["document_asked", "document_received", "rejected", "expired"])
def test_every_public_step_has_its_words(step: str) -> None:
    assert sample()[1].say(f"case_step.{step}", "id", {}) in ask(with_cases(request(step=step)))


def test_a_service_that_is_no_longer_offered_keeps_its_code() -> None:
    assert "(old_service)" in ask(with_cases(request(service="old_service")))
