"""The whole service in one process, Rasa's server in another, and a participant who writes while it comes and goes."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from bot.nlu.embedded.interpreter import EmbeddedInterpreter
from bot.settings import HOME
from tests.conftest import SECRET_KEY
from tests.nlu.standin import serving, write_model
from tests.running import free_port, running_service

PHONE = "/simulator/simwhatsapp/Budi"
PATIENCE = 20.0
REST = 5.0
"""Seconds for which the service leaves a silent Rasa alone."""


class Participant:
    """Writes at the simulator's phone and waits for the answer."""

    def __init__(self, web: httpx.Client) -> None:
        self._web = web

    def says(self, text: str) -> None:
        before = self._answers()
        self._web.post(PHONE, data={"text": text}).raise_for_status()
        until(lambda: self._answers() > before)

    def _answers(self) -> int:
        return self._web.get(PHONE).text.count("theirs")

    def interpreter(self) -> dict[str, Any]:
        told: dict[str, Any] = self._web.get("/readyz").json()["interpreter"]
        return told

    def metrics(self) -> list[str]:
        return self._web.get("/metrics").text.splitlines()


def until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_turns_go_on_whatever_rasa_does(
    database_url: str, embedded: EmbeddedInterpreter, tmp_path: Path
) -> None:
    port, models = free_port(), tmp_path / "models"
    models.mkdir()
    write_model(models, "one", intent="ask_office", confidence=0.99)
    settings = {
        "SIAGA_DATABASE_URL": database_url,
        "SIAGA_SECRET_KEY": SECRET_KEY,
        "SIAGA_DATA_DIR": str(HOME / ".siaga"),
        "SIAGA_SIMULATOR": "true",
        "SIAGA_RASA_URL": f"http://127.0.0.1:{port}",
    }
    with (
        serving(models, port) as rasa,
        running_service(os.environ | settings, tmp_path) as base,
        httpx.Client(base_url=base, headers={"hx-request": "true"}) as web,
    ):
        participant = Participant(web)
        participant.says("kantor palembang di mana")
        participant.says("kantor palembang di mana")
        told = participant.interpreter()
        assert (told["name"], told["model"], told["silent"]) == ("rasa", "one", "")
        assert (told["answered"], told["cached"]) == ({"rasa": 1}, {"hits": 1, "kept": 1})

        rasa.send_signal(signal.SIGSTOP)
        for word in ("sep", "vclaim", "antrean"):
            participant.says(f"{word} eror terus min")
        told = participant.interpreter()
        assert (told["name"], told["silent"]) == ("embedded", "timeout")
        assert told["answered"] == {"rasa": 1, "embedded": 3}
        assert "siaga_rasa_left_alone 1.0" in participant.metrics()

        rasa.send_signal(signal.SIGCONT)
        time.sleep(REST)
        participant.says("alamat kantor samarinda")
        assert participant.interpreter()["name"] == "rasa"
        assert {
            'siaga_interpretations_total{interpreter="embedded"} 3.0',
            'siaga_interpretations_total{interpreter="rasa"} 2.0',
            "siaga_interpreter_cache_hits_total 1.0",
            "siaga_rasa_left_alone 0.0",
        } <= set(participant.metrics())
