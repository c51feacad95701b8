"""Which model may come into service: rules by hand, then by the commands with small data and real models."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from bot.messages import Interpretation
from bot.nlu import commands, sides
from bot.nlu.embedded.interpreter import embedded_models
from bot.nlu.interpreter import Thresholds
from bot.nlu.measuring.evaluation import Measured, Told
from bot.nlu.measuring.held import read_held
from bot.nlu.models import Kept, Models, Overtaken, Unusable
from bot.nlu.promoting import Compared, held_figures, promote
from bot.nlu.rasa.home import NoPython
from bot.nlu.rasa.models import RasaModel, put
from bot.nlu.sides import Side, measure_rasa, silent
from bot.nlu.training import Example, Labels, read_labels
from bot.settings import HOME
from tests.nlu.conftest import copy_config

LIMITS = Thresholds(act=0.8, ask=0.3)
HELD = [Example(f"text {number}", "ab"[number % 2], file="x/held.yml", line=number) for number in range(96)]
HELD += [
    Example(f"tolong {number}", "emergency", file="x/held.yml", line=number) for number in range(96, 100)
]


def measured(wrong: Sequence[int] = (), *, sure: float = 0.6, model: str = "m") -> Measured:
    """Everything right but the messages named, whose wish is nowhere among the buttons."""
    read = [
        Interpretation(text=one.text, intent="c", confidence=sure, ranking=(("c", sure),))
        if at in wrong
        else Interpretation(text=one.text, intent=one.intent, confidence=0.9)
        for at, one in enumerate(HELD)
    ]
    return Measured(HELD, read, LIMITS, model=model)


@pytest.mark.parametrize(
    ("before", "after", "worse"),
    [
        (measured(), measured(), []),
        (measured([1]), measured([2]), []),
        (measured([1]), measured(), []),
        (measured(), measured([1]), ["understood", "accuracy"]),
        (measured([1]), measured([99]), ["emergency"]),
        (measured([1, 2]), measured([1, 2], sure=0.9), []),
        (measured([1, 2, 3]), measured([1, 2, 3], sure=0.9), ["confident_wrong"]),
        (measured([1, 2, 3], sure=0.9), measured([4, 5, 6], sure=0.9), []),
    ],
)
def test_no_figure_that_decides_may_be_worse(before: Measured, after: Measured, worse: list[str]) -> None:
    assert Compared(before, after).worse == worse


def test_the_lines_that_got_worse_are_named() -> None:
    compared = Compared(measured([1]), measured([*range(20, 40)]))
    lines = compared.worse_lines()
    assert len(lines) == 10
    assert lines[0] == "held.yml:20: a taken for c (0.60): text 20"
    assert compared.table()[0].split() == ["in", "service", "new"]
    assert [row.split()[-1] for row in compared.table()[1:]].count("worse") == 2


@pytest.fixture
def models(tmp_path: Path) -> Models:
    return Models(tmp_path / "models", ".npz", made_by="this")


def kept(models: Models, name: str, **about: object) -> Kept:
    return models.put(name, lambda path: path.write_text(name), {"act": 0.8, "ask": 0.3, **about})


def side(models: Models, wrong: dict[str, Sequence[int] | None]) -> Side:
    """Models by name with what they get wrong; None cannot be used."""

    async def measure(model: Kept, _: Sequence[Example], told: Told) -> Measured:
        if wrong[model.name] is None:
            raise Unusable(f"{model.name} is broken")
        return measured(wrong[model.name] or (), model=model.name)

    return Side("the test", models, lambda: kept(models, "new"), measure)


async def test_a_better_model_comes_into_service(models: Models) -> None:
    models.promote(kept(models, "old"))
    told: list[str] = []
    assert await promote(
        side(models, {"old": [1], "new": []}), kept(models, "new"), HELD, told.append, silent
    )
    assert models.current() == "new"
    assert told[-1].endswith("siaga nlu rollback")
    noted = models.in_service()
    assert noted
    assert noted.about["held"] == held_figures(measured())


async def test_a_worse_one_does_not(models: Models) -> None:
    models.promote(kept(models, "old"))
    told: list[str] = []
    assert not await promote(
        side(models, {"old": [], "new": [7]}), kept(models, "new"), HELD, told.append, silent
    )
    assert models.current() == "old"
    assert "The new model is worse: understood, right intent. Messages that got worse:" in told
    assert "  held.yml:7: b taken for c (0.60): text 7" in told
    assert told[-1] == "Model old stays in service."
    new = models.find("new")
    assert new
    assert new.about["held"]["accuracy"] == 0.99


async def test_one_that_cannot_be_used_leaves_the_old_one(models: Models) -> None:
    models.promote(kept(models, "old"))
    with pytest.raises(Unusable, match="new is broken"):
        await promote(side(models, {"old": [], "new": None}), kept(models, "new"), HELD, print, silent)
    other = kept(models, "other", made_by="Rasa 3.5.17")
    with pytest.raises(Unusable, match=r"Model other is of Rasa 3\.5\.17, expected this"):
        await promote(side(models, {}), other, HELD, print, silent)
    assert models.current() == "old"


@pytest.mark.parametrize("spoil", ["damaged", "of other code", "gone"])
async def test_where_nothing_usable_is_in_service_any_model_is_better(models: Models, spoil: str) -> None:
    models.promote(kept(models, "old"))
    if spoil == "of other code":
        kept(models, "old", made_by="another")
    if spoil == "gone":
        models.path("old").unlink()
    made = side(models, {"old": None, "new": [1, 2, 3]})
    assert await promote(made, kept(models, "new"), HELD, print, silent)
    assert models.current() == "new"


async def test_who_is_overtaken_meanwhile_is_told(models: Models) -> None:
    models.promote(kept(models, "old"))
    new, third = kept(models, "new"), kept(models, "third")
    plain = side(models, {"old": [], "new": []})

    async def measure(model: Kept, held: Sequence[Example], told: Told) -> Measured:
        models.promote(third)
        return await plain.measure(model, held, told)

    with pytest.raises(Overtaken, match="third"):
        await promote(Side("the test", models, plain.train, measure), new, HELD, print, silent)
    assert models.current() == "third"


Run = Callable[..., Result]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The sample configuration with three intents."""
    return copy_config(tmp_path / "config")


@pytest.fixture
def run(config: Path, tmp_path: Path) -> Run:
    held = tmp_path / "held.yml"
    held.write_text(
        'version: "3.1"\nnlu:\n'
        "- intent: ask_closure\n  examples: |\n    - kantor tutup hari ini?\n    - loket buka besok\n"
        "- intent: ask_outage\n  examples: |\n    - sistem eror min\n    - aplikasi gagal login\n"
        "- intent: emergency\n  examples: |\n    - tolong pingsan tidak sadar\n    - anak kejang\n"
    )

    def run(*arguments: str) -> Result:
        given = ["--config-dir", str(config), "--data-dir", str(tmp_path / "data")]
        with_held = ["--held", str(held)] if arguments[0] == "train" else []
        alone = ["--no-rasa"] if arguments[0] == "train" and "--rasa" not in arguments else []
        return CliRunner().invoke(commands.nlu, [*arguments, *given, *with_held, *alone])

    return run


def test_without_python_3_10_the_embedded_one_goes_on_alone(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_python(*_: object) -> RasaModel:
        raise NoPython

    monkeypatch.setattr("bot.nlu.sides.train_rasa", no_python)
    result = run("train", "--rasa")
    assert result.exit_code == 0
    assert "It is in service." in result.stdout
    assert "Get one with `uv python install 3.10`" in result.stderr


def spoil(config: Path) -> None:
    """All training data of one intent given to another, but for what cannot be trained without."""
    path = config / "rasa/nlu/outage.yml"
    text = path.read_text()
    path.write_text(text.replace("- intent: ask_outage", "- intent: ask_closure"))
    (config / "rasa/nlu/few.yml").write_text(
        'version: "3.1"\nnlu:\n- intent: ask_outage\n  examples: |\n    - qwerty\n    - asdfgh\n    - zxcvbn\n'
    )


def test_train_promote_and_roll_back(run: Run, config: Path, tmp_path: Path) -> None:
    models = embedded_models(tmp_path / "data" / "models")
    first = run("train")
    assert first.exit_code == 0, first.output
    name = models.current()
    assert f"Model {name} of the embedded interpreter: 32 lines" in first.stdout
    assert first.stdout.endswith("It is in service.\n")
    with (config / "rasa/nlu/closure.yml").open("a") as file:
        file.write("    - hari raya buka?\n")
    second = run("train")
    assert f"It is not in service, {name} is: siaga nlu train --promote" in second.stdout
    assert models.current() == name
    third = run("train", "--promote")
    assert third.exit_code == 0, third.output
    new = models.current()
    assert new != name
    assert "in service         new" in third.stdout
    listed = run("models").stdout.splitlines()
    assert listed[0] == "Models of the embedded interpreter:"
    assert listed[1].startswith(f"* {new}  ")
    assert "33 lines; of 6 held: understood 100.0%" in listed[1]
    assert listed[2].startswith(f"  {name}  ")
    assert listed[3:] == ["Models of Rasa:", "  none yet"]
    assert run("rollback").stdout == f"Model {name} is in service again, instead of {new}.\n"
    assert run("rollback").exit_code == 1
    assert models.current() == name


def test_a_worse_model_is_not_promoted(run: Run, config: Path, tmp_path: Path) -> None:
    models = embedded_models(tmp_path / "data" / "models")
    run("train")
    name = models.current()
    spoil(config)
    result = run("train", "--promote")
    assert result.exit_code == 1, result.output
    assert "The new model is worse: understood, right intent" in result.stdout
    assert "held.yml:10: ask_outage taken for ask_closure" in result.stdout
    assert models.current() == name
    assert run("train").exit_code == 0


def test_broken_data_is_named_and_nothing_changes(run: Run, config: Path, tmp_path: Path) -> None:
    models = embedded_models(tmp_path / "data" / "models")
    run("train")
    name = models.current()
    with (config / "rasa/nlu/closure.yml").open("a") as file:
        file.write("    - besok di [palu](plase)\n")
    result = run("train", "--promote")
    assert result.exit_code == 1
    assert 'closure.yml:13: found entity "plase"' in result.stderr
    assert models.current() == name


def test_the_models_of_another_rasa_are_listed_as_such(run: Run, tmp_path: Path) -> None:
    archive = tmp_path / "x.tar.gz"
    archive.write_bytes(b"model")
    put(tmp_path / "data", "old", archive, {"act": 0.9, "ask": 0.3, "made_by": "Rasa 3.5.17"})
    assert "; made by Rasa 3.5.17, cannot be used by Rasa 3.6.21\n" in run("models").stdout


async def test_rasa_is_measured_by_the_services_own_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive, labels = tmp_path / "x.tar.gz", Labels(("a", "b"), ("place",))
    archive.write_bytes(b"model")
    model = put(tmp_path, "one", archive, {"act": 0.9, "ask": 0.3})
    asked: list[str] = []

    def predicted(python: Path, path: Path, texts: Sequence[str], work: Path) -> list[object]:
        assert (python, path) == (Path("python"), model.path)
        asked.extend(texts)
        ranking = [{"name": "b", "confidence": 0.7}, {"name": "a", "confidence": 0.3}]
        spans = [{"entity": "place", "start": 3, "end": 7}]
        return [
            {"text": text, "intent": ranking[0], "intent_ranking": ranking, "entities": spans}
            for text in texts
        ]

    monkeypatch.setattr(sides, "predicted", predicted)
    monkeypatch.setattr(sides, "rasa_python", lambda _: Path("python"))
    texts = ["di palu", "  di palu", "/a", " ", "di palu"]
    found = await measure_rasa(tmp_path, model, labels, [Example(text, "b") for text in texts])
    assert asked == sorted({"di palu", "a"})
    assert [one.intent for one in found.read] == ["b", "b", "b", "", "b"]
    assert [entity.value for entity in found.read[1].entities] == ["palu"]
    assert (found.interpreter, found.model, found.thresholds) == ("rasa", "one", model.thresholds)
    assert {one.thresholds for one in found.read if one.intent} == {model.thresholds}


async def test_without_rasas_environment_it_says_what_to_do(tmp_path: Path) -> None:
    archive = tmp_path / "x.tar.gz"
    archive.write_bytes(b"model")
    model = put(tmp_path, "one", archive, {"act": 0.9, "ask": 0.3})
    with pytest.raises(Unusable, match="siaga nlu train --rasa"):
        await measure_rasa(tmp_path, model, Labels(("a",), ()), HELD)


def test_without_held_messages_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="--held FILE"):
        read_held([], read_labels(HOME / "config/rasa/domain.yml"))
