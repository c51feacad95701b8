"""A photo that comes while a document is awaited."""

from dataclasses import replace
from typing import Any

import pytest

from bot.dialogue.talk import World
from bot.flows.effects import DocumentReceived, SendDocument
from bot.flows.lookups import AwaitedDocument, MissingDocuments
from bot.reading.papers import names_paper, paper_words
from tests.dialogue import scene as scenes
from tests.dialogue.scene import Scene

KTP = AwaitedDocument(number="PLB-2611-00001", service="reactivate", document="ktp")
KK = replace(KTP, document="kk")
OTHER_KTP = replace(KTP, number="PLB-2611-00002")


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes a scene in which these documents are awaited, until they come."""

    def make(*awaited: AwaitedDocument, taken: bool = True) -> Scene:
        left = list(awaited)

        def receive(effect: SendDocument) -> DocumentReceived:
            left[:] = [one for one in left if (one.number, one.document) != (effect.number, effect.document)]
            codes = tuple(one.document for one in left if one.number == effect.number)
            return DocumentReceived(taken=taken, left=codes)

        def world(**known: Any) -> World:
            return World(**known, awaited=("ktp", "kartu keluarga", "kk") if left else ())

        monkeypatch.setattr(scenes, "World", world)
        return Scene(answers={MissingDocuments: lambda _: list(left), SendDocument: receive})

    return make


def sent(scene: Scene) -> list[tuple[str, str, int]]:
    return [(done.number, done.document, len(done.files)) for done in scene.done]


def test_the_one_document_is_asked_about_and_taken(waiting: Any) -> None:
    scene = waiting(KTP)
    assert scene.say(media=1) == ["document.is_it"]
    assert scene.titles == ["Ya", "Bukan"]
    assert "*KTP* untuk permintaan *PLB-2611-00001* (Pengaktifan kembali kartu)" in scene.text()
    assert scene.tap("Ya") == ["document.received", "document.complete"]
    assert sent(scene) == [("PLB-2611-00001", "ktp", 1)]
    assert scene.dialogue.forms == []


@pytest.mark.parametrize("words", ["ya", "iya bu", "betul", "itu ktp saya", "KTP", "1"])
def test_yes_in_many_words(waiting: Any, words: str) -> None:
    scene = waiting(KTP)
    scene.say(media=1)
    assert scene.say(words) == ["document.received", "document.complete"]


@pytest.mark.parametrize("words", ["bukan", "tidak", "bukan ktp", "2"])
def test_no_leads_to_what_it_is_for(waiting: Any, words: str) -> None:
    scene = waiting(KTP)
    scene.say(media=1)
    assert scene.say(words) == ["media.what"]
    assert scene.done == []
    assert len(scene.dialogue.forms[-1].media) == 1  # it goes along to whatever it is for


@pytest.mark.parametrize("caption", ["ini KTP nya", "ktpnya bu", "foto KTP-nya sdh ya", "KTP"])
def test_its_name_is_enough(waiting: Any, caption: str) -> None:
    scene = waiting(KTP, KK)
    assert scene.say(caption, "admin_change_identity", media=2) == ["document.received"]
    assert sent(scene) == [("PLB-2611-00001", "ktp", 2)]
    assert "Masih kurang: *Kartu Keluarga*" in scene.text()


def test_of_several_one_is_chosen(waiting: Any) -> None:
    scene = waiting(KTP, KK)
    assert scene.say(media=1) == ["document.which"]
    assert scene.titles == ["KTP", "Kartu Keluarga", "Bukan dokumen itu"]
    assert scene.say("kk") == ["document.received"]
    assert scene.say(media=1) == ["document.is_it"]
    assert scene.tap("Ya") == ["document.received", "document.complete"]
    assert sent(scene) == [("PLB-2611-00001", "kk", 1), ("PLB-2611-00001", "ktp", 1)]


def test_the_same_document_of_two_requests_is_told_apart(waiting: Any) -> None:
    scene = waiting(KTP, OTHER_KTP)
    assert scene.say("ini ktp nya", media=1) == ["document.which"]
    assert [option.description for option in scene.options][:2] == [
        "PLB-2611-00001: Pengaktifan kembali kartu",
        "PLB-2611-00002: Pengaktifan kembali kartu",
    ]
    scene.press(scene.options[1])
    assert sent(scene) == [("PLB-2611-00002", "ktp", 1)]


def test_another_wish_goes_before(waiting: Any) -> None:
    scene = waiting(KTP)
    assert scene.say("mau ngadu antrean rs parah", "file_complaint", media=1)[0] == "complaint.sorry"
    assert scene.done == []


def test_a_form_that_waits_keeps_its_photo(waiting: Any) -> None:
    scene = waiting(KTP)
    scene.say("mau ngadu", "file_complaint")
    assert scene.say(media=1)[0] == "form.media_kept"


def test_what_is_no_longer_awaited_is_not_taken(waiting: Any) -> None:
    scene = waiting(KTP, taken=False)
    scene.say(media=1)
    assert scene.tap("Ya") == ["document.too_late"]


def test_without_anything_missing_a_photo_is_as_before(waiting: Any) -> None:
    assert waiting().say(media=1) == ["media.what"]
    assert waiting().say("ini ktp nya", media=1) == ["media.what"]


def test_who_waits_for_an_agent_is_left_to_the_agent(waiting: Any) -> None:
    scene = waiting(KTP)
    scene.queued = True
    assert scene.say(media=1) == ["handover.forwarded"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("KTP", ("ktp",)),
        ("Kartu Keluarga (KK)", ("kartu keluarga", "kk")),
        ("Surat keterangan lahir", ("surat keterangan lahir",)),
        ("KTP ibu", ("ktp ibu", "ktp")),
        ("", ()),
    ],
)
def test_what_a_document_is_called(name: str, words: tuple[str, ...]) -> None:
    assert paper_words(name) == words


@pytest.mark.parametrize("text", ["mktp", "ktpx", "kk", "", "ini bukan KTP", "not ktp"])
def test_other_words_do_not_name_it(text: str) -> None:
    assert not names_paper(text, ["ktp"])
