"""Tables in and out in bulk: a frame becomes rows, and rows a frame, 100,000 in well under two seconds.

Into PostgreSQL rows go by COPY, written as CSV in one stroke; into SQLite by the driver itself. Neither passes a
row through Python code of ours.
"""

from __future__ import annotations

import io
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv
from sqlalchemy import Connection, Date, Select, Table

from optimizer.store.moments import Moment, Text
from optimizer.store.refusals import Unfit


def insert_frame(connection: Connection, table: Table, frame: pd.DataFrame, **same: Any) -> None:
    """Add the rows of a frame to a table; ``same``: columns that hold one value in every row.

    Columns of the frame are columns of the table, texts and numbers as they are, days and moments as ISO texts,
    missing values None, NaN or NA. Unfit when a text holds what no database keeps.
    """
    for name in frame.columns:
        if isinstance(table.c[name].type, Text):
            _check_texts(frame[name])
    arrow = pa.Table.from_pandas(frame, preserve_index=False)
    for name, value in same.items():
        arrow = arrow.append_column(name, pa.repeat(pa.scalar(value), len(frame)))
    insert_arrow(connection, table.name, arrow)


def insert_arrow(connection: Connection, table: str, rows: pa.Table) -> None:
    """Add rows to the table of this name; days and moments among them become the texts that both databases read."""
    for place, field in enumerate(rows.schema):
        if pa.types.is_timestamp(field.type):
            texts = pc.strftime(rows.column(place), format="%Y-%m-%d %H:%M:%S")  # with microseconds
        elif pa.types.is_date(field.type):
            texts = pc.cast(rows.column(place), pa.string())
        else:
            continue
        rows = rows.set_column(place, field.name, texts)
    if rows.num_rows == 0:
        return
    names = ", ".join(f'"{name}"' for name in rows.column_names)
    driver: Any = connection.connection.driver_connection
    postgresql = connection.dialect.name == "postgresql"
    if postgresql and not any(pa.types.is_binary(field.type) for field in rows.schema):
        text = io.BytesIO()
        # Texts in quotes, missing values without: PostgreSQL so tells "" from missing.
        csv.write_csv(rows, text, csv.WriteOptions(include_header=False, quoting_style="needed"))
        with (
            driver.cursor() as cursor,
            cursor.copy(f'COPY "{table}" ({names}) FROM STDIN (FORMAT csv)') as copy,
        ):
            copy.write(text.getbuffer())
        return
    gaps = ", ".join(["%s" if postgresql else "?"] * len(rows.column_names))
    cursor = driver.cursor()
    try:
        cursor.executemany(
            f'INSERT INTO "{table}" ({names}) VALUES ({gaps})',
            zip(*(_plain(column) for column in rows.columns), strict=True),
        )
    finally:
        cursor.close()


def fetch_frame(connection: Connection, query: Select[Any]) -> pd.DataFrame:
    """The rows of a query as a frame: texts as ``str`` (missing: NA), numbers as they are, days as datetime64."""
    result = connection.execute(query)
    rows = result.fetchall()
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(result.keys())
    kinds = [column.type for column in query.selected_columns]
    return pd.DataFrame(
        {name: _series(kind, cells) for name, kind, cells in zip(result.keys(), kinds, columns, strict=True)}
    )


def _series(kind: object, cells: tuple[Any, ...]) -> pd.Series[Any]:
    if isinstance(kind, Text):
        return pd.Series(cells, dtype="str")
    if isinstance(kind, Date):
        return pd.Series(pd.to_datetime(pd.Series(cells, dtype="object"))).astype("datetime64[s]")
    if isinstance(kind, Moment):
        return pd.Series(pd.to_datetime(pd.Series(cells, dtype="object"), utc=True))
    return pd.Series(cells) if None not in cells else pd.Series(cells, dtype="float64")


def _plain(column: pa.ChunkedArray) -> list[Any]:
    if column.null_count and not pa.types.is_string(column.type):  # numpy would make NaN of them
        values: list[Any] = column.to_pylist()
    else:
        values = column.to_numpy().tolist()
    return values


def _check_texts(column: pd.Series[Any]) -> None:
    values = column.dropna()
    if isinstance(values.dtype, pd.StringDtype):
        bad = values.str.contains("\x00", regex=False)
    else:  # half letter pairs stand in plain objects only
        bad = values.astype(object).map(_is_bad)
    if bad.any():
        raise Unfit("bad_text", text=ascii(str(values[bad.to_numpy(dtype=bool)].iloc[0])[:40]))


def _is_bad(value: object) -> bool:
    return isinstance(value, str) and (
        "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value)
    )
