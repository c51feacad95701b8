"""docker-compose.yml and the Dockerfile, read as data: there may be no Docker where the tests run."""

import json
import re
import shlex
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML
from typer.main import get_command

from bot import cli
from bot.serving import ROLES
from bot.settings import HOME, Settings

TEXT = (HOME / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = YAML(typ="safe", pure=True).load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
SCHEMA = json.loads((Path(__file__).parent / "data" / "compose-spec.json").read_text())
DOCKERFILE = (HOME / "docker" / "Dockerfile").read_text().replace("\\\n", " ")


def instructions(keyword: str) -> list[str]:
    return re.findall(rf"^{keyword} +(.+)$", DOCKERFILE, re.MULTILINE)


def variables(text: str) -> set[str]:
    """The variables that Compose fills in, as in ${NAME:-default}."""
    return set(re.findall(r"\$\{(\w+)", re.sub(r"\$\$", "", text)))


def parse(arguments: list[str]) -> dict[str, Any]:
    """The options of the command that `arguments` call, read as `siaga` would, but not run."""
    command: Any = get_command(cli.app)
    rest = list(arguments)
    while subcommands := getattr(command, "commands", None):
        assert rest, f"{arguments} names no command"
        assert rest[0] in subcommands, f"there is no command {rest[0]}"
        command = subcommands[rest.pop(0)]
    options: dict[str, Any] = command.make_context(arguments[0], rest).params
    return options


def mistakes(compose: object) -> list[str]:
    return [error.message for error in Draft202012Validator(SCHEMA).iter_errors(compose)]


def test_the_file_is_valid_against_the_compose_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert mistakes(COMPOSE) == []


@pytest.mark.parametrize(
    "wrong",
    [{"comand": ["migrate"]}, {"restart": 3}, {"depends_on": {"web": {}}}, {"networks": "store"}],
)
def test_the_schema_would_refuse_a_mistake(wrong: dict[str, Any]) -> None:
    worker = SERVICES["worker"] | wrong
    assert mistakes(COMPOSE | {"services": SERVICES | {"worker": worker}})


def test_every_part_of_the_service_runs_once() -> None:
    roles = [service["command"][2] for service in OURS.values() if service["command"][0] == "serve"]
    assert sorted(roles) == sorted(ROLES)
    assert [name for name, service in OURS.items() if service["command"] == ["migrate"]] == ["migrate"]


@pytest.mark.parametrize("name", OURS)
def test_a_services_command_exists(name: str) -> None:
    arguments = OURS[name]["command"]
    options = parse(arguments)
    assert options.get("role", "all") in ("all", *ROLES)


@pytest.mark.parametrize("wrong", [["migrat"], ["serve", "--rolle", "web"], ["user"], ["user", "add"]])
def test_a_command_that_does_not_exist_would_be_found(wrong: list[str]) -> None:
    with pytest.raises(Exception, match=r"no command|such option|Missing"):
        parse(wrong)


def test_the_image_starts_the_projects_own_command() -> None:
    project = tomllib.loads((HOME / "pyproject.toml").read_text())["project"]
    (entrypoint,) = instructions("ENTRYPOINT")
    assert json.loads(entrypoint) == ["siaga"]
    assert "siaga" in project["scripts"]
    (default,) = instructions("CMD")
    assert parse(json.loads(default))["host"] == "0.0.0.0"
    needed = tuple(map(int, re.findall(r"\d+", project["requires-python"])))
    assert tuple(map(int, re.findall(r"\d+", instructions("ARG")[0]))) >= needed
    assert all(service["image"].endswith(":" + project["version"]) for service in OURS.values())


def test_every_variable_is_a_known_setting() -> None:
    known = {f"SIAGA_{name.upper()}" for name in Settings.model_fields}
    given = {name for service in OURS.values() for name in service["environment"]}
    in_image = set(re.findall(r"\b(SIAGA_\w+)=", DOCKERFILE))
    named = {name for name in variables(TEXT) | given | in_image if name.startswith("SIAGA_")}
    assert named >= {"SIAGA_DATABASE_URL", "SIAGA_REDIS_URL", "SIAGA_CONFIG_DIR"}
    assert named <= known


def test_every_other_variable_is_explained() -> None:
    head = TEXT.partition("\nname:")[0]
    operating = (HOME / "docs" / "operating.md").read_text()
    others = {name for name in variables(TEXT) if not name.startswith("SIAGA_")}
    assert others
    for name in others:
        assert f"#   {name} " in head
        assert name in operating


def test_no_secret_stands_in_the_file() -> None:
    secret = re.compile("PASSWORD|SECRET|TOKEN|KEY")
    for name, service in SERVICES.items():
        for variable, value in service.get("environment", {}).items():
            if secret.search(variable):
                assert str(value).startswith("${"), f"{name}: {variable} has a value"
    assert re.findall(r"://[^@\s$]*:[^@\s$]+@", TEXT) == []
    assert "COPY .env" not in DOCKERFILE


def test_what_is_waited_for_comes_to_that_state() -> None:
    for name, service in SERVICES.items():
        for other, how in service.get("depends_on", {}).items():
            waited = SERVICES[other]
            if how["condition"] == "service_healthy":
                assert "healthcheck" in waited, f"{name} waits for the health of {other}, which has none"
            if how["condition"] == "service_completed_successfully":
                assert waited["restart"] == "no", f"{name} waits for the end of {other}, which never ends"


def test_up_and_wait_takes_the_end_of_a_one_shot_for_success() -> None:
    """Compose fails `up --wait` when a container ends that nobody waits for with this condition."""
    ends = {name for name, service in SERVICES.items() if service["restart"] == "no"}
    waited_for = {
        other
        for name, service in SERVICES.items()
        for other, how in service.get("depends_on", {}).items()
        if name not in ends and how["condition"] == "service_completed_successfully"
    }
    assert ends == waited_for == {"migrate"}


def test_everything_else_comes_back_by_itself() -> None:
    assert {service["restart"] for service in SERVICES.values()} == {"no", "unless-stopped"}


def test_our_processes_have_few_rights() -> None:
    assert instructions("USER")[-1] not in ("root", "0")
    for service in OURS.values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert "no-new-privileges:true" in service["security_opt"]
        assert "user" not in service


def test_the_stores_are_reached_by_nobody_outside() -> None:
    for name in ("postgres", "valkey", "rasa"):
        assert "ports" not in SERVICES[name]
        assert all(COMPOSE["networks"][network]["internal"] for network in SERVICES[name]["networks"])
    for service in SERVICES.values():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))


def test_images_are_of_a_named_release() -> None:
    images = [service["image"] for service in SERVICES.values()]
    images += [line.split()[0].replace("${PYTHON}", "3") for line in instructions("FROM")]
    for image in images:
        assert re.search(r":\d", image), f"{image} says no release"


def test_every_process_is_limited() -> None:
    for name, service in SERVICES.items():
        assert "mem_limit" in service, name
        assert service["logging"]["options"]["max-size"], name


def test_named_volumes_and_networks_are_declared() -> None:
    for name, service in SERVICES.items():
        assert set(service["networks"]) <= set(COMPOSE["networks"]), name
        sources = [volume.split(":")[0] for volume in service.get("volumes", ())]
        named = {source for source in sources if re.fullmatch(r"[a-z]+", source)}
        assert named <= set(COMPOSE["volumes"]), name


def test_what_the_image_copies_is_there_and_not_ignored() -> None:
    rules = [line for line in (HOME / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    for line in instructions("COPY"):
        words = shlex.split(line)
        if words[0].startswith("--from"):
            continue
        for source in words[:-1]:
            assert (HOME / source).exists(), f"{source} is not there"
            assert not ignored(source, rules), f"{source} is in .dockerignore"


@pytest.mark.parametrize("source", [".env", ".git", ".venv", ".siaga", "tests", "bot/__pycache__"])
def test_what_has_no_business_in_the_image_is_ignored(source: str) -> None:
    rules = [line for line in (HOME / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    assert ignored(source, rules)


def ignored(path: str, rules: list[str]) -> bool:
    """Whether .dockerignore keeps `path` out: the last rule that fits it or a folder above it decides."""
    out = False
    parts = path.split("/")
    above = ["/".join(parts[: end + 1]) for end in range(len(parts))]
    for rule in rules:
        pattern = rule.removeprefix("!")
        names = (*above, *parts) if pattern.startswith("**/") else above
        if any(fnmatch(name, pattern.removeprefix("**/")) for name in names):
            out = not rule.startswith("!")
    return out


def test_data_of_the_service_is_kept_where_it_may_write() -> None:
    (folder,) = instructions("VOLUME")
    for service in OURS.values():
        assert service["environment"]["SIAGA_DATA_DIR"] == folder
        assert f"data:{folder}" in service["volumes"]
        config = service["environment"]["SIAGA_CONFIG_DIR"]
        assert any(volume.endswith(f":{config}:ro") for volume in service["volumes"])
