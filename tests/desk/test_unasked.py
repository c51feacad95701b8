"""Whatever kind of thing a participant sends stands on the case's page: nothing is passed over in silence."""

import pytest
import yaml

from bot.desk.pages import HERE
from bot.messages import Media, MediaKind
from tests.desk.scene import Scene

CALLED = yaml.safe_load((HERE / "words" / "id.yaml").read_text())["file"]["kind"]
CARDS = MediaKind.CONTACT  # shown as a card, see test_files


@pytest.mark.parametrize("kind", [kind for kind in MediaKind if kind is not CARDS])
async def test_every_kind_of_file_stands_in_the_talk(scene: Scene, browser, kind: MediaKind) -> None:  # type: ignore[no-untyped-def]
    case = await scene.case()
    await scene.participant_says(case, "", Media(kind=kind, reference="there"))
    page = await (await browser("Ani")).get(f"/desk/cases/{case.number}")
    assert CALLED[kind.value] in page.text


@pytest.mark.parametrize("kind", ["poll", "dice", "story", "location"])
async def test_what_we_cannot_read_is_named(scene: Scene, browser, kind: str) -> None:  # type: ignore[no-untyped-def]
    case = await scene.case()
    await scene.participant_says(case, f"[{kind}]")
    page = await (await browser("Ani")).get(f"/desk/cases/{case.number}")
    assert kind in page.text
