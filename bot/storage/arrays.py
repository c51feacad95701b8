"""Many rows given to one statement, as an array for each column: one round trip, however many there are."""

from sqlalchemy import ARRAY, TableValuedAlias, bindparam, func
from sqlalchemy.orm import InstrumentedAttribute


def given(**columns: InstrumentedAttribute[object]) -> TableValuedAlias:
    """A table of what the caller gives, in its order (column `place`).

    Args:
        columns: by name, the column of a table whose type it has. The values of ``address`` are given as
            ``given_address``: a name of their own, since one that is called like a column would be set in every
            UPDATE of the statement.
    """
    arrays = [
        bindparam(f"given_{name}", type_=ARRAY(column.type, dimensions=1)) for name, column in columns.items()
    ]
    rows = func.unnest(*arrays).table_valued(*columns, with_ordinality="place", name="given")
    return rows.render_derived()
