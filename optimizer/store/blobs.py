"""Blobs: bytes kept once by their hash, a table among them as Parquet.

Nothing that is read back is believed unseen: bytes whose hash is not their name are refused.
"""

from __future__ import annotations

import hashlib
import io

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as parquet
from sqlalchemy import select

from optimizer.store.refusals import Missing, Unavailable
from optimizer.store.schema import blobs
from optimizer.store.transactions import View, Write


def save_bytes(write: Write, content: bytes) -> str:
    """Keep bytes, unless they are there already; returns their SHA-256, by which they are found."""
    hash = hashlib.sha256(content).hexdigest()
    query = select(blobs.c.hash).where(write.here(blobs), blobs.c.hash == hash)
    if write.connection.execute(query).one_or_none() is None:
        write.connection.execute(
            blobs.insert().values(workspace_id=write.workspace, hash=hash, content=content)
        )
    return hash


def load_bytes(view: View, hash: str) -> bytes:
    """The bytes of this hash. Unavailable when they are not what was kept."""
    row = view.find(blobs, hash=hash)
    if row is None:
        raise Missing("blob", hash)
    content = bytes(row.content)
    if hashlib.sha256(content).hexdigest() != hash:
        raise Unavailable("damaged", hash=hash)
    return content


def save_frame(write: Write, frame: pd.DataFrame) -> str:
    """Keep a table; every column comes back with its type."""
    packed = io.BytesIO()
    parquet.write_table(pa.Table.from_pandas(frame, preserve_index=False), packed, compression="zstd")
    return save_bytes(write, packed.getvalue())


def load_frame(view: View, hash: str) -> pd.DataFrame:
    """The table of this hash; truth values as plain objects, as the records have them."""
    frame: pd.DataFrame = parquet.ParquetFile(io.BytesIO(load_bytes(view, hash))).read().to_pandas()
    truths = frame.columns[[pd.api.types.is_bool_dtype(kind) for kind in frame.dtypes]]
    return frame.astype(dict.fromkeys(truths, object)) if len(truths) else frame
