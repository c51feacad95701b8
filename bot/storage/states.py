"""The state of a row, in the words that its partial indexes know."""

from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, literal
from sqlalchemy.orm import InstrumentedAttribute


def in_state(column: InstrumentedAttribute[Any], state: StrEnum) -> ColumnElement[bool]:
    """Whether `column` is `state`, written into the statement: a partial index does not serve ``state = $1``.

    Args:
        column: of a table, or of an alias of one.
    """
    return column == literal(state, column.type, literal_execute=True)
