"""Twilio's content objects and errors, as its stand-in knows them."""

import json
import re

from starlette.responses import JSONResponse, Response


class Refused(Exception):
    """An error answer of Twilio."""

    def __init__(self, status: int, code: int, message: str) -> None:
        self.status, self.code, self.message = status, code, message

    def response(self) -> Response:
        more = f"https://www.twilio.com/docs/errors/{self.code}"
        body = {"code": self.code, "message": self.message, "more_info": more, "status": self.status}
        return JSONResponse(body, self.status)


def error_body(code: int, status: int, message: str = "refused") -> dict:
    """An error as Twilio writes it, for `fail_next`."""
    return {"code": code, "message": message, "more_info": "https://www.twilio.com/docs", "status": status}


def filled_content(content: dict, text: str) -> tuple[str, list[dict[str, str]], int | None]:
    """Body and buttons of `content` filled with the variables in `text`, and the code of a failure to come later."""
    filled = _fill(content["types"], content["variables"] | _variables(text))
    ((kind, shape),) = filled.items()
    buttons = shape.get("actions", shape.get("items", []))
    titles = [button.get("title", button.get("item", "")) for button in buttons]
    longest = {"twilio/quick-reply": 20, "twilio/list-picker": 24}.get(kind, 0)
    bad = not shape["body"].strip() or len(shape["body"]) > (1024 if buttons else 1600)
    bad = bad or any(not 0 < len(title) <= longest for title in titles) or len(set(titles)) < len(titles)
    bad = bad or any(not button["id"] or len(button["id"]) > 200 for button in buttons)
    bad = bad or any(len(button.get("description", "")) > 72 for button in buttons)
    shown = [
        {"title": title, "id": button["id"], "description": button.get("description", "")}
        for title, button in zip(titles, buttons, strict=True)
    ]
    return shape["body"], shown, 63021 if bad else None


def _variables(text: str) -> dict[str, str]:
    try:
        given = json.loads(text)
    except ValueError:
        given = None
    if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
        raise Refused(400, 21656, "The ContentVariables parameter is invalid.")
    return given


def _fill(value: object, variables: dict[str, str]) -> dict:
    """`value` with every {{n}} replaced."""
    if isinstance(value, dict):
        return {name: _fill(inner, variables) for name, inner in value.items()}
    if isinstance(value, list):
        return [_fill(inner, variables) for inner in value]
    if isinstance(value, str):
        return re.sub(r"\{\{(\w+)\}\}", lambda found: variables.get(found[1], found[0]), value)
    return value


def check_definition(definition: object) -> None:
    """Twilio's limits for an unapproved content."""
    if not isinstance(definition, dict) or not definition.get("language") or not definition.get("types"):
        raise Refused(400, 20001, "language and types are required")
    for kind, shape in definition["types"].items():
        if not shape:
            continue
        actions, items = shape.get("actions") or [], shape.get("items") or []
        if kind == "twilio/quick-reply" and not 1 <= len(actions) <= 3:
            raise Refused(400, 20001, "twilio/quick-reply: 1 to 3 actions")
        if kind == "twilio/list-picker" and not (
            1 <= len(items) <= 10 and 0 < len(shape.get("button") or "") <= 20
        ):
            raise Refused(
                400, 20001, "twilio/list-picker: 1 to 10 items and a button of at most 20 characters"
            )
