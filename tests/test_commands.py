"""The command `siaga` as its users run it: in a process of its own, from another folder."""

import json
import re
import subprocess
from pathlib import Path

import httpx
import pytest

from bot.settings import HOME
from tests import running
from tests.running import SIAGA, running_service


@pytest.fixture
def environment(database_url, redis_url) -> dict[str, str]:
    return running.environment(database_url, redis_url=redis_url)


def siaga(
    *arguments: str, env: dict[str, str], cwd: Path, typed: str = ""
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SIAGA, *arguments],
        env=env,
        cwd=cwd,
        input=typed,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_check_is_content_with_what_is_shipped(environment, tmp_path):
    done = siaga("check", env=environment, cwd=tmp_path)
    assert (done.returncode, done.stdout.strip()) == (0, "Everything is in order.")


def test_a_missing_setting_is_named_with_the_line_to_add(environment, tmp_path):
    del environment["SIAGA_SECRET_KEY"]
    done = siaga("serve", env=environment, cwd=tmp_path)
    assert done.returncode != 0
    assert "SIAGA_SECRET_KEY is not set. Add to .env: SIAGA_SECRET_KEY=" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_broken_configuration_starts_nothing(environment, tmp_path):
    folder = tmp_path / "config"
    subprocess.run(["cp", "-r", HOME / "config", folder], check=True)
    branches = folder / "branches.yml"
    branches.write_text(branches.read_text().replace("zone: Asia/Jakarta", "zone: Asia/Bandung", 1))
    done = siaga("serve", env=environment | {"SIAGA_CONFIG_DIR": str(folder)}, cwd=tmp_path)
    assert done.returncode != 0
    assert re.search(r'branches\.yml:\d+: .*found "Asia/Bandung", expected', done.stderr)


def test_the_commands_for_models_read_the_file_of_settings_too(environment, tmp_path):
    (tmp_path / ".env").write_text(f"SIAGA_DATA_DIR={tmp_path / 'data'}\n")
    unset = {name: value for name, value in environment.items() if not name.startswith("SIAGA_")}
    found = siaga("nlu", "models", env=unset, cwd=tmp_path)
    assert found.stdout.count("none yet") == 2, found.stdout + found.stderr
    elsewhere = siaga("nlu", "models", "--data-dir", str(HOME / ".siaga"), env=unset, cwd=tmp_path)
    assert elsewhere.stdout.count("none yet") < 2, elsewhere.stdout + elsewhere.stderr


def test_an_old_schema_starts_nothing(environment, services, tmp_path):
    empty = environment | {"SIAGA_DATABASE_URL": services.database_url}
    done = siaga("serve", env=empty, cwd=tmp_path)
    assert done.returncode != 0
    assert "Run: siaga migrate" in done.stderr


def test_a_token_is_printed_alone(environment, tmp_path):
    done = siaga("token", "create", "--role", "supervisor", "--name", "uji", env=environment, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"\S{20,}\n", done.stdout)


def test_a_user_is_added_once(environment, tmp_path):
    added = siaga("user", "add", "ani@contoh.id", "--role", "agent", env=environment, cwd=tmp_path)
    assert "ani@contoh.id may sign in" in added.stdout
    again = siaga("user", "add", "ani@contoh.id", "--role", "agent", env=environment, cwd=tmp_path)
    assert again.returncode != 0
    assert "Traceback" not in again.stderr


def test_an_unknown_branch_is_answered_with_those_that_are(environment, tmp_path):
    done = siaga("token", "create", "--role", "agent", "--branch", "atlantis", env=environment, cwd=tmp_path)
    assert "--branch: found atlantis, expected one of" in done.stderr


def test_a_chat_gives_one_json_object_a_message(environment, tmp_path):
    said = "halo min\nkantor palembang sabtu ini buka ga?\nini robot?\n"
    done = siaga("chat", "--json", env=environment, cwd=tmp_path, typed=said)
    assert done.returncode == 0, done.stderr
    turns = [json.loads(line) for line in done.stdout.splitlines()]
    assert [turn["in"] for turn in turns] == said.splitlines()
    assert {"in", "intent", "confidence", "entities", "flow", "replies"} == set(turns[0])
    assert turns[0]["replies"][0]["buttons"][0].keys() == {"title", "id"}
    assert {"entity": "place", "value": "palembang"} in turns[1]["entities"]
    assert "Palembang" in turns[1]["replies"][0]["text"]
    assert "mesin" in turns[2]["replies"][0]["text"]


def test_the_service_starts_answers_and_stops_when_told(environment, tmp_path):
    with running_service(environment, tmp_path) as base:
        assert httpx.get(f"{base}/readyz").json()["status"] == "ok"
        assert httpx.get(f"{base}/healthz").status_code == 200
        assert "siaga_inbox_pending 0" in httpx.get(f"{base}/metrics").text
        assert httpx.get(f"{base}/simulator").status_code == 404
        assert httpx.post(f"{base}/webhooks/telegram", json={}).status_code == 404
        assert httpx.get(f"{base}/api/v1/openapi.json").status_code == 200
        assert httpx.get(f"{base}/status.json").status_code == 200
        assert httpx.get(f"{base}/desk", follow_redirects=True).status_code == 200
