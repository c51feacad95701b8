"""The shelf: forms that were left before their end, kept for a week so that nobody has to tell everything twice."""

from datetime import datetime, timedelta

from bot.dialogue.state import Dialogue, Form, Shelved

KEPT = timedelta(days=7)
"""For how long a form that was left may be taken up again."""
MOST = 3
"""Forms on the shelf: one more, and the oldest is thrown away."""


def tidy(dialogue: Dialogue, now: datetime) -> None:
    """Throw away what has lain for too long."""
    dialogue.shelf[:] = [kept for kept in dialogue.shelf if kept.until > now]


def put(dialogue: Dialogue, form: Form, now: datetime) -> bool:
    """Put a form onto the shelf if it is worth it: something was told for it. It takes the place of one like it."""
    begun = form.open is None or not form.open.optional
    told = [key for key in form.answers if not key.startswith("do:")]
    if not (form.resumable and begun and told):
        return False
    form.open = None
    form.given.pop("changes", None)
    others = [kept for kept in dialogue.shelf if kept.form.intent != form.intent]
    dialogue.shelf[:] = [*others, Shelved(form=form, until=now + KEPT)][-MOST:]
    return True


def set_aside(dialogue: Dialogue, now: datetime) -> list[Form]:
    """Leave all forms: those that are worth it go onto the shelf, and are given back."""
    left = [form for form in dialogue.forms if put(dialogue, form, now)]
    dialogue.forms.clear()
    return left


def like(dialogue: Dialogue, intent: str) -> Form | None:
    """The form of that intent that lies there."""
    return next((kept.form for kept in dialogue.shelf if kept.form.intent == intent), None)


def take(dialogue: Dialogue, serial: int) -> Form | None:
    """Take a form off the shelf, by its number."""
    found = next((kept.form for kept in dialogue.shelf if kept.form.serial == serial), None)
    dialogue.shelf[:] = [kept for kept in dialogue.shelf if kept.form is not found]
    return found


def next_end(dialogue: Dialogue) -> datetime | None:
    """When the next form has lain for too long."""
    return min((kept.until for kept in dialogue.shelf), default=None)
