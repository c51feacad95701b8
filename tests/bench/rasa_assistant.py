"""A full Rasa assistant of our size: written, trained once for what went into it, and run beside us.

It knows all of our labels, from a fifth of our training lines, the same ones every time (all of them would train for
some thirteen minutes). Each label has a rule and a response; a complaint is a form whose end an action server writes
into PostgreSQL. Conversations are kept in PostgreSQL, locks in Valkey.
"""

import asyncio
import hashlib
import json
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from bot.config import load_config
from bot.nlu.rasa.files import write_examples, write_yaml
from bot.nlu.rasa.home import environment, run_shown
from bot.nlu.rasa.serving import THREADS
from bot.nlu.rasa.training import Source, rasa_config, split
from bot.nlu.training import read_examples, read_labels
from bot.settings import HOME
from tests.bench.processes import children
from tests.parts import NotReady, Part
from tests.running import free_port

NAME = "assistant.tar.gz"
VERSION = {"version": "3.1"}
POLICIES = [{"name": "MemoizationPolicy"}, {"name": "RulePolicy"}]
SHIPPED = "shipped"
"""The pipeline of config/rasa/config.yml, with its lists of words and its lookup tables."""
PIPELINES: Mapping[str, list[dict[str, Any]]] = {
    "plain": [  # the cheapest that Rasa brings, and no lookup tables
        {"name": "WhitespaceTokenizer"},
        {"name": "CountVectorsFeaturizer"},
        {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
        {"name": "LogisticRegressionClassifier"},
        {"name": "CRFEntityExtractor"},
    ],
    "diet": [  # what Rasa proposes to a new project, without its fallback
        {"name": "WhitespaceTokenizer"},
        {"name": "RegexFeaturizer"},
        {"name": "LexicalSyntacticFeaturizer"},
        {"name": "CountVectorsFeaturizer"},
        {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
        # A few epochs in place of a hundred: what is measured is speed, which does not depend on them.
        {"name": "DIETClassifier", "epochs": 4, "constrain_similarities": True},
    ],
}
FORM = {
    "category": "Keluhannya tentang apa?",
    "facility": "Di fasilitas kesehatan mana?",
    "story": "Mohon ceritakan kejadiannya.",
    "confirmed": "Keluhan {category} di {facility}: {story}. Kirim?",
}
"""Slots of the complaint, and how each is asked for."""
COMPLAINT = (
    "/file_complaint",
    "soal antrean",
    "di RS SMC",
    "antre dari jam enam pagi sampai siang tidak dilayani",
    "/affirm",
)
"""What somebody says who fills the form; a slash names a label itself, so that no model can misread it."""
START = 400.0
"""Seconds that a process of Rasa's may take to start."""


class Broken(Exception):
    """The assistant does not do what it is measured for."""


def trained(python: Path, data_dir: Path, pipeline: str) -> Path:
    """The assistant's model: what was kept of an earlier run with the same of everything, or trained now.

    Raises:
        Broken: Rasa did not train; what it said stands above on the terminal.
    """
    source = Source(HOME / "config", load_config(HOME / "config").nlu_lists())
    with tempfile.TemporaryDirectory(prefix="siaga-bench-") as name:
        folder = Path(name)
        write(folder, source, pipeline)
        archive = data_dir / "bench" / f"rasa-{_key(source, folder)}.tar.gz"
        if not archive.exists():
            words = ["train", "--domain", "domain.yml", "--config", "config.yml", "--data", "data"]
            words += ["--out", "out", "--fixed-model-name", NAME]
            if run_shown([python, "-m", "rasa", *words], folder):
                raise Broken("Rasa did not train, see above.")
            archive.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(folder / "out" / NAME, archive)
        return archive


def _key(source: Source, folder: Path) -> str:
    """A hash of what the assistant is trained with: the files, the packages, and our components."""
    files = sorted(folder.rglob("*.yml"))
    written = [f"{path.relative_to(folder)}:{path.read_text('utf-8')}" for path in files]
    return hashlib.sha256("\n".join([source.key(), *written]).encode()).hexdigest()[:16]


def write(folder: Path, source: Source, pipeline: str) -> None:
    """Everything that `rasa train` reads."""
    labels = read_labels(source.rasa / "domain.yml")
    data = folder / "data"
    data.mkdir()
    _, fifth = split(
        [one for path in sorted((source.rasa / "nlu").glob("*.yml")) for one in read_examples(path, labels)]
    )
    write_examples(data / "examples.yml", fifth)
    write_yaml(data / "rules.yml", VERSION | {"rules": _rules(labels.intents)})
    write_yaml(data / "stories.yml", VERSION | {"stories": _stories(labels.intents)})
    write_yaml(folder / "domain.yml", _domain(labels.intents, labels.entities))
    if pipeline == SHIPPED:
        components = rasa_config(source)["pipeline"]
        tables = [
            {"lookup": entity, "examples": "".join(f"- {name}\n" for name in sorted(set(names)))}
            for entity, names in source.lists.items()
        ]
        write_yaml(data / "lookups.yml", VERSION | {"nlu": tables})
    else:
        components = PIPELINES[pipeline]
    told = {"recipe": "default.v1", "assistant_id": "siaga-bench", "language": "id"}
    write_yaml(folder / "config.yml", told | {"pipeline": components, "policies": POLICIES})


def _domain(intents: Sequence[str], entities: Sequence[str]) -> dict[str, Any]:
    responses = {f"utter_{intent}": f"Jawaban untuk {intent}." for intent in intents}
    responses |= {f"utter_ask_{slot}": question for slot, question in FORM.items()}
    return {
        **VERSION,
        "intents": list(intents),
        "entities": list(entities),
        "slots": {slot: _slot(slot) for slot in FORM},
        "forms": {"complaint_form": {"required_slots": list(FORM)}},
        "responses": {name: [{"text": text}] for name, text in responses.items()},
        "actions": ["action_open_complaint"],
        "session_config": {"session_expiration_time": 60, "carry_over_slots_to_new_session": True},
    }


def _slot(slot: str) -> dict[str, Any]:
    """Filled by the answer to its own question: any words, but for the confirmation a yes or no."""
    asked = [{"active_loop": "complaint_form", "requested_slot": slot}]
    ways: list[dict[str, Any]] = [{"type": "from_text"}]
    if slot == "confirmed":
        yes_or_no = {"affirm": True, "deny": False}.items()
        ways = [{"type": "from_intent", "intent": intent, "value": value} for intent, value in yes_or_no]
    return {
        "type": "bool" if slot == "confirmed" else "text",
        "influence_conversation": False,
        "mappings": [way | {"conditions": asked} for way in ways],
    }


def _rules(intents: Sequence[str]) -> list[dict[str, Any]]:
    """An answer to each label, but a complaint begins the form, whose end opens a case."""
    form = {"action": "complaint_form"}
    begun, done = {"active_loop": "complaint_form"}, {"active_loop": None}
    last = [form, done, {"slot_was_set": [{"requested_slot": None}]}, {"action": "action_open_complaint"}]
    return [
        *({"rule": f"answer {one}", "steps": _answered(one)} for one in intents if one != "file_complaint"),
        {"rule": "begin a complaint", "steps": [{"intent": "file_complaint"}, form, begun]},
        {"rule": "end a complaint", "condition": [begun], "steps": last},
    ]


def _stories(intents: Sequence[str]) -> list[dict[str, Any]]:
    """A greeting, a question of each kind, thanks: what the memoization policy remembers."""
    others = [one for one in intents if one not in ("greet", "thank", "file_complaint")]
    return [
        {"story": f"ask {one}", "steps": [*_answered("greet"), *_answered(one), *_answered("thank")]}
        for one in others
    ]


def _answered(intent: str) -> list[dict[str, str]]:
    return [{"intent": intent}, {"action": f"utter_{intent}"}]


@dataclass
class RasaPart(Part):
    """A process of Rasa's environment, ready when `path` answers."""

    path: str = ""

    async def ready(self) -> None:
        until = time.monotonic() + START
        async with httpx.AsyncClient() as http:
            while time.monotonic() < until and self.process and self.process.poll() is None:
                try:
                    if (await http.get(f"http://127.0.0.1:{self.port}{self.path}", timeout=5)).is_success:
                        return
                except httpx.TransportError:
                    pass
                await asyncio.sleep(0.2)
        raise NotReady(f"{self.name}:\n{self.log.read_text()[-2000:]}")

    def kill(self) -> None:
        """End it, and first its workers, which would outlive it."""
        for worker in children(self.process.pid) if self.process else []:
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
        super().kill()


@dataclass(frozen=True)
class Stores:
    """Where the assistant keeps things: PostgreSQL by its folder of sockets, Valkey by its port."""

    sockets: str
    database: str
    redis_port: int


@dataclass(frozen=True)
class Account:
    """Whose WhatsApp number the assistant answers on, and where Twilio's API is."""

    sid: str
    token: str
    number: str
    url: str


TWILIO = "/webhooks/twilio/webhook"
"""Where the assistant takes what Twilio delivers."""


def processes(
    python: Path, archive: Path, stores: Stores, account: Account, workers: int, folder: Path
) -> list[RasaPart]:
    """Rasa and its action server, not started yet."""
    actions, rasa = free_port(), free_port()
    write_yaml(folder / "endpoints.yml", _endpoints(stores, actions))
    twilio = {"account_sid": account.sid, "auth_token": account.token, "twilio_number": account.number}
    write_yaml(folder / "credentials.yml", {"rest": {}, "tests.bench.rasa_twilio.Twilio": twilio})
    env = {**THREADS, **environment(), "SANIC_WORKERS": str(workers), "SANIC_HOST": "127.0.0.1"}
    env["BENCH_TWILIO"] = account.url
    env |= {"PGHOST": stores.sockets, "PGUSER": "postgres", "PGDATABASE": stores.database}
    acting = ["-m", "rasa_sdk", "--actions", "tests.bench.rasa_actions", "--port", str(actions)]
    serving = ["-m", "rasa", "run", "--enable-api", "--model", str(archive), "--interface", "127.0.0.1"]
    serving += ["--port", str(rasa), "--endpoints", "endpoints.yml", "--credentials", "credentials.yml"]
    return [
        RasaPart("rasa", [str(python), *serving], env, rasa, folder / "rasa.log", path="/status"),
        RasaPart("actions", [str(python), *acting], env, actions, folder / "actions.log", path="/health"),
    ]


def _endpoints(stores: Stores, actions: int) -> dict[str, Any]:
    return {
        "action_endpoint": {"url": f"http://127.0.0.1:{actions}/webhook"},
        "tracker_store": {
            "type": "SQL",
            "dialect": "postgresql",
            "username": "postgres",
            "db": stores.database,
            "query": {"host": stores.sockets},
        },
        "lock_store": {"type": "redis", "url": "127.0.0.1", "port": stores.redis_port},
    }


async def prove_form(url: str) -> None:
    """Somebody complains, and is told a number.

    Raises:
        Broken: the last answer has none.
    """
    said = []
    async with httpx.AsyncClient(base_url=url, timeout=60) as http:
        for text in COMPLAINT:
            message = {"sender": "proof", "message": text}
            answers = (await http.post("/webhooks/rest/webhook", json=message)).json()
            said.append(" ".join(answer["text"] for answer in answers))
    if not said[-1].startswith("Pengaduan tercatat"):
        raise Broken(json.dumps(dict(zip(COMPLAINT, said, strict=True)), indent=2))
