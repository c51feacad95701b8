"""A small configuration to train on in a moment, and the real one, trained once and kept with the demo's models."""

import shutil
from pathlib import Path

import pytest
import yaml

from bot.config import load_config
from bot.nlu.embedded.interpreter import EmbeddedInterpreter, load_embedded
from bot.settings import HOME

DOMAIN = """\
version: "3.1"
intents: [ask_closure, ask_outage, emergency]
entities: [facility, place, system, when, case_number, jkn_number, nik, phone]
"""
CLOSURE = """\
version: "3.1"
nlu:
- intent: ask_closure
  examples: |
    - kantor [palembang](place) tutup [hari ini](when)?
    - [besok](when) loket buka ga min
    - kenapa pintu kantor dikunci
    - libur apa masuk kantornya [senin](when)
    - kantor [samarinda](place) buka jam berapa [besok](when)
    - apakah kantor tutup karena banjir
    - pelayanan libur sampai kapan
    - kok kantornya gelap, tutup ya
"""
OUTAGE = """\
version: "3.1"
nlu:
- intent: ask_outage
  examples: |
    - [SEP](system) gabisa terbit di [RS SMC](facility) [dari jam 8](when)
    - sistem eror terus min
    - [mobile jkn](system) loading terus
    - login aplikasi gagal, kode otp ga masuk
    - [vclaim](system) down ya
    - aplikasi muter muter terus ga bisa dibuka
    - server gangguan di [rsud aws](facility)
    - [antrean online](system) error [sejak kemarin](when)
- intent: emergency
  examples: |
    - tolong bapak saya sesak napas
    - ibu pingsan tidak sadar harus kemana
    - anak kejang tolong cepat
    - kecelakaan darah banyak sekali tolong
    - serangan jantung ini gimana tolong
    - bayi biru tidak bernapas
    - suami stroke mulutnya miring sekarang
    - istri pendarahan hebat tolong kami
"""
MEMBERS = """\
version: "3.1"
nlu:
- intent: admin_new_member
  examples: |
    - mau daftar peserta baru
    - cara daftar bpjs mandiri gimana
    - saya belum punya kartu mau bikin
    - pendaftaran peserta mandiri
    - mau jadi anggota jkn
    - daftarkan saya bpjs kesehatan
    - syarat daftar baru apa
    - bikin kartu kis baru
"""
LISTS = {"place": ["Palembang", "Samarinda"], "facility": ["RS SMC"], "system": ["mobile jkn", "SEP"]}
CONCEPTS = "danger: [sesak, pingsan, kejang]\ndown: [error, gangguan]\n"
WORDS = "tidak: [ga, gak, dak]\nerror: [eror]\nbisa: [bs]\ntidak bisa: [gabisa, dak pacak]\n"


def write_config(folder: Path) -> Path:
    """A configuration with three intents, complete and right."""
    for name, content in {
        "rasa/domain.yml": DOMAIN,
        "rasa/nlu/closure.yml": CLOSURE,
        "rasa/nlu/outage.yml": OUTAGE,
        "nlu/normalising.yml": WORDS,
        "nlu/concepts.yml": CONCEPTS,
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
    return folder


def copy_config(folder: Path) -> Path:
    """The shipped configuration with four intents: of what names others, one service is left, and no answer."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in (HOME / "config").glob("*.yml"):
        shutil.copy(file, folder)
    services = yaml.safe_load((folder / "services.yml").read_text("utf-8"))
    [first, *_] = services["services"]
    services["services"] = [{**first, "conditions": []}]
    (folder / "services.yml").write_text(yaml.safe_dump(services, allow_unicode=True), "utf-8")
    (folder / "faq.yml").write_text("answers: []\nquestions: []\n", "utf-8")
    write_config(folder)
    (folder / "rasa/domain.yml").write_text(
        DOMAIN.replace("emergency]", "emergency, admin_new_member]"), "utf-8"
    )
    (folder / "rasa/nlu/members.yml").write_text(MEMBERS, "utf-8")
    return folder


@pytest.fixture
def config_dir(tmp_path: Path) -> Path:
    return write_config(tmp_path / "config")


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> EmbeddedInterpreter:
    """An interpreter of three intents."""
    folder = tmp_path_factory.mktemp("small")
    return load_embedded(write_config(folder / "config"), folder / "models", LISTS)


@pytest.fixture(scope="session")
def embedded() -> EmbeddedInterpreter:
    """The interpreter of the shipped configuration; trains for some seconds when its data is new."""
    lists = load_config(HOME / "config").nlu_lists()
    return load_embedded(HOME / "config", HOME / ".siaga" / "models", lists)
