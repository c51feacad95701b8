"""docker-compose.yml and the Dockerfile, read as data: there may be no Docker where the tests run."""

import json
import re
import shlex
import shutil
import subprocess
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from typer.main import get_command

from bot import cli
from bot.nlu.rasa.home import LOCK, rasa_python
from bot.serving import ROLES
from bot.settings import HOME, Settings

TEXT = (HOME / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
SCHEMA = json.loads((Path(__file__).parent / "data" / "compose-spec.json").read_text())
DOCKERFILES = {
    path.name: path.read_text().replace("\\\n", " ") for path in sorted((HOME / "docker").iterdir())
}


def instructions(keyword: str, file: str = "Dockerfile") -> list[str]:
    return re.findall(rf"^{keyword} +(.+)$", DOCKERFILES[file], re.MULTILINE)


def image_of(service: dict[str, Any]) -> str:
    """The Dockerfile that a service's image is made by."""
    return Path(service["build"]["dockerfile"]).name


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
    in_image = set(re.findall(r"\b(SIAGA_\w+)=", "".join(DOCKERFILES.values())))
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
    assert not any("COPY .env" in dockerfile for dockerfile in DOCKERFILES.values())


def test_what_is_waited_for_comes_to_that_state() -> None:
    for name, service in SERVICES.items():
        for other, how in service.get("depends_on", {}).items():
            waited = SERVICES[other]
            if how["condition"] == "service_healthy":
                assert "healthcheck" in waited, f"{name} waits for the health of {other}, which has none"
            if how["condition"] == "service_completed_successfully":
                assert waited["restart"] == "no", f"{name} waits for the end of {other}, which never ends"


def test_up_and_wait_takes_the_end_of_a_one_shot_for_success() -> None:
    """Compose fails `up --wait` when a container ends that nobody waits for with this condition.

    What has a profile of its own name is not started by `up`, but called.
    """
    ends = {
        name
        for name, service in SERVICES.items()
        if service["restart"] == "no" and service.get("profiles") != [name]
    }
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
    for service in OURS.values():
        assert instructions("USER", image_of(service))[-1] not in ("root", "0")
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert "no-new-privileges:true" in service["security_opt"]
        assert "user" not in service


def test_the_stores_are_reached_by_nobody_outside() -> None:
    for name in ("postgres", "valkey", "rasa", "rasa-train"):
        assert "ports" not in SERVICES[name]
        assert all(COMPOSE["networks"][network]["internal"] for network in SERVICES[name]["networks"])
    for service in SERVICES.values():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))


def test_images_are_of_a_named_release() -> None:
    images = [service["image"] for service in SERVICES.values()]
    images += [
        line.split()[0].replace("${PYTHON}", "3")
        for file in DOCKERFILES
        for line in instructions("FROM", file)
    ]
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
    for line in (line for file in DOCKERFILES for line in instructions("COPY", file)):
        words = shlex.split(line)
        if words[0].startswith("--from"):
            continue
        for source in words[:-1]:
            found = [str(path.relative_to(HOME)) for path in HOME.glob(source)]
            assert found, f"{source} is not there"
            assert not any(ignored(path, rules) for path in found), f"{source} is in .dockerignore"


@pytest.mark.parametrize(
    "source", [".env", ".git", ".venv", ".siaga", "tests", "tests/nlu/test_rasa.py", "bot/__pycache__"]
)
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


def test_rasa_is_served_with_our_components_and_asked_at_its_own_status() -> None:
    rasa = SERVICES["rasa"]
    assert json.loads(instructions("ENTRYPOINT", "Dockerfile.rasa")[0]) == ["python", "-m", "bot.cli"]
    assert parse(rasa["command"])["port"] == 5005
    assert instructions("EXPOSE", "Dockerfile.rasa") == ["5005"]
    assert ":5005/status" in rasa["healthcheck"]["test"][-1]
    assert "env_file" not in rasa  # it needs no secret
    assert rasa["mem_limit"] == "1536m"


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="there is no sha256sum here")
def test_the_image_has_rasas_environment_where_the_commands_look_for_it(tmp_path: Path) -> None:
    """What the Dockerfile makes: below the project's folder, named by the hash of the lock."""
    (make,) = [line for line in instructions("RUN", "Dockerfile.rasa") if "rasa.lock" in line]
    name = re.search(r'home="(rasa-env/)\$\(sha256sum requirements/rasa.lock \| cut -c 1-12\)"', make)
    assert name
    (tmp_path / "requirements").mkdir()
    shutil.copy(LOCK, tmp_path / "requirements" / "rasa.lock")
    shell = make.partition("&&")[0] + '&& mkdir -p "$home/bin" && touch "$home/complete"'
    subprocess.run(["sh", "-c", shell], cwd=tmp_path, check=True)
    found = rasa_python(tmp_path, LOCK)
    assert found
    assert (found.parents[1] / "complete").exists()


def test_data_of_the_service_is_kept_where_it_may_write() -> None:
    for name, service in OURS.items():
        (folder,) = instructions("VOLUME", image_of(service))
        assert service["environment"]["SIAGA_DATA_DIR"] == folder
        only_read = name == "rasa"
        assert f"data:{folder}{':ro' * only_read}" in service["volumes"]
        config = service["environment"]["SIAGA_CONFIG_DIR"]
        assert any(volume.endswith(f":{config}:ro") for volume in service["volumes"])
