"""Languages: chosen or noticed, kept, never flipping; and a third one that is nothing but a file."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.config import Config
from bot.dialogue.languages import Languages
from bot.flows import effects, lookups
from bot.settings import HOME
from bot.texts import Texts, load_texts
from tests.dialogue import scene as scenes
from tests.dialogue.scene import MONDAY, Scene, sample
from tests.flows.test_people import known

ENGLISH = "is the Palembang office open today?"
INDONESIAN = "apakah kantor yang di Palembang buka hari ini?"


# -- told by the words ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (ENGLISH, "en"),
        ("My BPJS card is not active, what should I do?", "en"),
        ("I can't log in to Mobile JKN since this morning", "en"),
        ("how do I register my new born baby", "en"),
        (INDONESIAN, "id"),
        ("kartu saya tidak aktif, harus bagaimana", "id"),
        ("min mau tanya dong, kantor buka jam berapa ya", "id"),
        ("kada kawa daftar lewat aplikasi, kartu ulun kada ada", "id"),
        ("", None),
        ("hello", None),
        ("RS Siloam", None),
        ("VClaim error", None),
        ("Budi Santoso", None),
        ("please check in online", None),
        ("ok thanks", None),
        ("1671012304900001", None),
        ("mobile jkn saya error: the system is down for maintenance", None),
        ("👍👍👍", None),
    ],
)
def test_a_clear_message_tells_its_language(text: str, language: str | None) -> None:
    assert Languages(sample()[1]).written(text) == language


def test_no_common_word_is_claimed_by_two_languages() -> None:
    texts = sample()[1]
    words = [word for language in texts.languages for word in texts.words("language.words", language)]
    assert sorted(words) == sorted(set(words))


# -- noticed --------------------------------------------------------------------------------------------------


def test_a_first_message_in_english_is_answered_in_english_with_a_way_back() -> None:
    scene = Scene()
    assert scene.say(ENGLISH, "ask_closure", place="Palembang")[0] == "language.noticed"
    assert "type *language*" in scene.text()
    assert "branch office is *open*" in scene.text()
    assert "language.noticed" not in scene.say("thanks", "thank")
    assert scene.dialogue.language == "en"


def test_a_foreign_word_or_a_name_changes_nothing() -> None:
    scene = Scene()
    for text in ("hello", "RS Siloam Hospital", "VClaim error", "please", "english breakfast"):
        scene.say(text)
        assert scene.dialogue.language == "id", text


def test_a_sentence_copied_from_an_app_changes_nothing() -> None:
    scene = Scene()
    scene.say("min saya tidak bisa masuk mobile jkn", "ask_outage")
    scene.say("your account is locked, please contact the administrator of this app")
    assert scene.dialogue.language == "id"
    scene.say("itu yang ada di aplikasi, harus bagaimana saya")
    scene.say("your account is locked, please contact the administrator of this app")
    assert scene.dialogue.language == "id"


def test_who_goes_on_in_another_language_is_followed_at_the_second_message() -> None:
    scene = Scene()
    scene.say(ENGLISH, "ask_closure", place="Palembang")
    assert "language.noticed" not in scene.say(INDONESIAN, "ask_closure", place="Palembang")
    assert scene.dialogue.language == "en"
    assert scene.say("saya mau tanya jam kerja kantor", "ask_office")[0] == "language.noticed"
    assert scene.dialogue.language == "id"
    assert "ketik *bahasa*" in scene.text()


def test_what_was_chosen_stays_for_a_single_message_in_another_language() -> None:
    scene = Scene()
    scene.say("english please", "change_language")
    scene.say(INDONESIAN, "ask_closure", place="Palembang")
    assert scene.dialogue.language == "en"


def test_help_in_an_emergency_comes_before_any_word_about_the_language() -> None:
    scene = Scene()
    assert scene.say("my father cannot breathe and we are at home") == [
        "emergency.help",
        "emergency.called",
        "language.noticed",
    ]
    assert scene.text().startswith("*If this is an emergency")


def test_a_form_goes_on_in_the_language_that_is_written() -> None:
    scene = Scene()
    scene.say("complaint", "file_complaint")
    scene.say("1")
    scene.say("RS SMC", facility="RS SMC")
    keys = scene.say("they sent my mother home although she still had a high fever")
    assert keys == ["language.noticed", "complaint.evidence"]
    assert scene.titles == ["None"]


# -- chosen ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "language"),
    [("english", "en"), ("Bahasa Inggris", "en"), ("bahasa indonesia", "id"), ("Indonesia", "id")],
)
def test_the_name_of_a_language_is_enough(text: str, language: str) -> None:
    scene = Scene()
    scene.dialogue.language = "id" if language == "en" else "en"
    assert scene.say(text) == ["language.done"]
    assert scene.dialogue.language == language


def test_the_name_of_the_language_that_is_spoken_may_be_an_answer() -> None:
    scene = Scene()
    scene.say("mau mengadu", "file_complaint")
    scene.say("antrean")
    assert "language.done" not in scene.say("indonesia")


@pytest.mark.parametrize("text", ["bahasa", "language", "ganti bahasa", "/language"])
def test_one_word_asks_which(text: str) -> None:
    scene = Scene()
    assert scene.say(text) == ["language.which"]
    assert scene.titles == ["Bahasa Indonesia", "English"]
    assert scene.tap("English") == ["language.done"]
    assert "in English" in scene.text()


# -- a third one ----------------------------------------------------------------------------------------------

MARK = "~"
OWN = {
    "commands.cancel": "ora sida wae",
    "commands.menu": "isi kabeh",
    "language.name": "Basa Jawa",
    "language.called": "jawa, basa jawa",
    "language.words": "kula, badhe, nyuwun, pirsa, wonten, menapa, saged, mboten, dinten",
    "language.yes": "inggih leres",
    "language.no": "sanes niku",
    "language.at": "jam",
}


def _marked(key: str, text: str) -> str:
    """A text of the third language: the Indonesian one with a mark, or one of its own."""
    if key in OWN:
        return OWN[key]
    listed = key.startswith(("commands.", "alarm.")) or key == "language.words"
    return f"{MARK}{text}" if not listed else ",".join(f"{MARK}{word.strip()}" for word in text.split(","))


def _translated(tree: dict[str, Any], above: str = "") -> dict[str, Any]:
    return {
        name: _translated(inner, f"{above}{name}.")
        if isinstance(inner, dict)
        else _marked(f"{above}{name}", inner)
        for name, inner in tree.items()
    }


@pytest.fixture
def third(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Texts:
    """Texts with a language more, made of the Indonesian file and nothing else."""
    for path in (HOME / "config" / "texts").glob("*.yaml"):
        (tmp_path / path.name).write_text(path.read_text())
    made = _translated(yaml.safe_load((tmp_path / "id.yaml").read_text()))
    (tmp_path / "jv.yaml").write_text(yaml.safe_dump(made, allow_unicode=True))
    texts = load_texts(tmp_path)
    config: Config = sample()[0]
    monkeypatch.setattr(scenes, "sample", lambda: (config, texts))
    return texts


def in_third(scene: Scene) -> bool:
    """Whether all that was said last is in the third language."""
    said = [
        scenes.sample()[1].say(reply.key, scene.dialogue.language, reply.values) for reply in scene.replies
    ]
    titles = [option.title for option in scene.options if not re.match(r"[A-Z]", option.title)]
    return (
        bool(said)
        and all(text.startswith(MARK) for text in said)
        and all(title.startswith(MARK) for title in titles)
    )


def test_a_third_language_is_noticed_offered_and_named(third: Texts) -> None:
    assert third.languages == ("id", "en", "jv")
    scene = Scene()
    assert scene.say("nyuwun pirsa, menapa kantor wonten dinten menika")[0] == "language.noticed"
    assert scene.dialogue.language == "jv"
    assert in_third(scene)
    other = Scene()
    other.say("bahasa")
    assert other.titles == ["Bahasa Indonesia", "English", "Basa Jawa"]
    other.tap("Basa Jawa")
    assert other.dialogue.language == "jv"
    assert Scene().say("basa jawa") == ["language.done"]


def test_in_a_third_language_it_is_told_what_is_known(third: Texts) -> None:
    scene = Scene(answers={lookups.KnownOfMe: lambda _: known(language="jv")})
    scene.say("basa jawa")
    assert scene.say("data saya")[0] == "my_data.known"
    assert "Basa Jawa" in scene.text()


def test_a_whole_talk_in_a_third_language(third: Texts) -> None:
    scene = Scene(
        answers={effects.OpenCase: lambda _: effects.Opened(number="PLB-2611-00001", due_at=MONDAY)}
    )
    scene.say("basa jawa")
    assert scene.say("isi kabeh") == ["menu.what"]
    assert in_third(scene)
    scene.say("mau mengadu", "file_complaint")
    scene.tap("Obat tidak tersedia")
    assert scene.say("RS SMC", facility="RS SMC") == ["complaint.story"]
    assert in_third(scene)
    scene.say("obat ibu habis sejak tiga hari dan petugas tidak mau menjelaskan kapan ada lagi")
    scene.tap(f"{MARK}Tidak ada")
    assert scene.keys == ["complaint.summary"]
    assert scene.titles == [f"{MARK}Ya, kirim", f"{MARK}Ubah", f"{MARK}Batal"]
    assert scene.say("inggih leres") == ["complaint.received"]
    assert "Senin, 23 November 2026 jam 10:00 WITA" in scene.text()


def test_its_own_words_leave_a_form_and_say_no(third: Texts) -> None:
    scene = Scene()
    scene.say("basa jawa")
    scene.say("mau mengadu", "file_complaint")
    assert scene.say("ora sida wae") == ["form.cancelled"]
    scene.say("pengumuman", "frustration")
    scene.say("asdf ghjk", "")
    assert in_third(scene)


def test_what_the_operator_wrote_in_two_languages_is_said_in_indonesian(third: Texts) -> None:
    scene = Scene()
    scene.say("basa jawa")
    scene.say("mau mengadu", "file_complaint")
    category = next(iter(sample()[0].categories.values()))
    assert scene.titles[0] == category.title.text("id") == category.title.text("jv")


def test_dates_are_written_as_the_language_writes_them(third: Texts) -> None:
    at = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
    said = {code: third.say("late.answer", code, {"at": at}) for code in third.languages}
    assert "23 November 2026 pukul 01.00" in said["id"]
    assert "23 November 2026 at 01:00" in said["en"]
    assert "23 November 2026 jam 01:00" in said["jv"]
