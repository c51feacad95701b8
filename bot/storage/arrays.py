"""Many rows given to one statement, as an array for each column: one round trip, however many there are."""

from collections.abc import Iterable, Sequence

from sqlalchemy import ARRAY, TableValuedAlias, bindparam, func
from sqlalchemy.orm import InstrumentedAttribute


def given(**columns: InstrumentedAttribute[object]) -> TableValuedAlias:
    """A table of what the caller gives, in its order (column `place`).

    Args:
        columns: by name, the column of a table whose type it has. `arrays` gives their values.
    """
    bound = [
        bindparam(f"given_{name}", type_=ARRAY(column.type, dimensions=1)) for name, column in columns.items()
    ]
    rows = func.unnest(*bound).table_valued(*columns, with_ordinality="place", name="given")
    return rows.render_derived()


def arrays(**columns: Iterable[object]) -> dict[str, object]:
    """The values of a statement with `given`, column by column.

    Each has a name of its own (``given_address``), since one that is called like a column would be set in every UPDATE
    of the statement.
    """
    return {f"given_{name}": list(values) for name, values in columns.items()}


def arrays_of(names: Sequence[str], rows: Sequence[object]) -> dict[str, object]:
    """The same, from the attributes of objects."""
    return arrays(**{name: [getattr(row, name) for row in rows] for name in names})
