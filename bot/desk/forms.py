"""Reading what was entered."""

from starlette.datastructures import FormData

from bot.desk.refusals import NotFound

LONGEST = 4000
"""Characters of any text that somebody writes at the desk."""


def field(form: FormData, name: str, *, strip: bool = True) -> str:
    """One field as text, "" where it is missing. NUL, which PostgreSQL cannot store, is left out."""
    value = form.get(name, "")
    text = value.replace("\0", "") if isinstance(value, str) else ""
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\r\n", "\n")
    return text.strip() if strip else text


def fields(form: FormData, name: str) -> list[str]:
    """Every value of a field that may be there several times, in order, each once."""
    return list(dict.fromkeys(value for value in form.getlist(name) if isinstance(value, str) and value))


def row_id(written: str) -> int:
    """The id in an address.

    Raises:
        NotFound: it can be nobody's.
    """
    if not (written.isascii() and written.isdecimal() and len(written) <= 18):
        raise NotFound(written)
    return int(written)
