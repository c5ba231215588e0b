"""Backups: everything the store holds, in one file that either kind of database can be made from.

The file is a zip of one Parquet table for each table of the database, and a manifest with the hash of each. It is
read at one moment, while others go on writing. It is restored into a database that is empty, in one transaction, in
the shape it had, and brought up to this release from there; so a backup outlives releases, and is the way from
SQLite to PostgreSQL too.
"""

from __future__ import annotations

import hashlib
import io
import json
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as parquet
from sqlalchemy import (
    Boolean,
    Connection,
    Date,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    func,
    select,
    text,
)

import optimizer
from optimizer.folders import new_file
from optimizer.store.audit import AuditCheck, verify_audit
from optimizer.store.bulk import insert_arrow
from optimizer.store.guards import lift_guards
from optimizer.store.migrating import find_revision, is_known, upgrade_within
from optimizer.store.moments import now
from optimizer.store.refusals import Unavailable, Unfit
from optimizer.store.schema import workspaces
from optimizer.store.settings import Place
from optimizer.store.store import Store, reach

FORMAT = 1
MANIFEST = "manifest.json"
_ROWS, _LARGE_ROWS = 50_000, 16  # written at once; of tables that hold bytes
_KINDS: tuple[tuple[type, pa.DataType], ...] = (
    (DateTime, pa.timestamp("us", tz="UTC")),
    (LargeBinary, pa.binary()),
    (Boolean, pa.bool_()),
    (Integer, pa.int64()),
    (Float, pa.float64()),
    (Date, pa.date32()),
)


@dataclass(frozen=True)
class Manifest:
    """What a backup holds: rows and SHA-256 of each table, and where the audit log of each workspace ends."""

    format: int
    release: str
    revision: str
    made_at: str
    tables: dict[str, dict[str, Any]]
    audit: dict[str, tuple[int, str]]

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(int(table["rows"]) for table in self.tables.values())


def write_backup(store: Store, file: str | Path) -> Manifest:
    """Write everything that is in the store at this moment into a new file. OutputError when it cannot be written.

    The store may be of an earlier release: its tables are taken as they are.
    """
    with new_file(Path(file)) as fresh, store.view() as connection:
        revision = find_revision(connection)
        if revision is None or not is_known(revision):
            raise Unavailable("newer" if revision else "no_store", place=str(store.place), found=revision)
        listed = _list_tables(connection)
        fresh.touch(mode=0o600)  # it holds what the database holds
        with zipfile.ZipFile(fresh, "w", zipfile.ZIP_STORED) as book:
            tables = {table.name: _write_table(connection, table, book) for table in listed}
            query = select(workspaces.c.id, workspaces.c.audit_number, workspaces.c.audit_hash)
            manifest = Manifest(
                FORMAT,
                optimizer.__version__,
                revision,
                now().isoformat(),
                tables,
                {id: (number, hash) for id, number, hash in connection.execute(query)},
            )
            book.writestr(MANIFEST, json.dumps(asdict(manifest), indent=1))
    return manifest


def restore_backup(place: Place, file: str | Path) -> Manifest:
    """Make an empty database hold what a backup holds, of this release; everything or nothing.

    Unfit when the file is damaged or of a later release; Unavailable when the database is not empty.
    """
    with _open(Path(file)) as (book, manifest), reach(place) as engine:
        with engine.begin() as connection:
            if not is_known(manifest.revision):
                raise Unfit("newer_backup", release=manifest.release)
            if find_revision(connection) not in (None, manifest.revision):
                raise Unavailable("not_empty", place=str(place))
            upgrade_within(connection, manifest.revision)
            shapes = MetaData()
            shapes.reflect(connection)
            _check_empty(connection, shapes, place)
            guards = lift_guards(connection)
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
            connection.execute(shapes.tables["workspaces"].delete())
            for name, said in manifest.tables.items():
                for rows in _read_table(book, name, said):
                    insert_arrow(connection, name, rows)
            _number_on(connection, shapes)
            for statement in guards:
                connection.exec_driver_sql(statement)
            upgrade_within(connection)
            _check_whole(connection, manifest)
        engine.dispose()
        return manifest


def verify_all(connection: Connection) -> list[AuditCheck]:
    """Verify the audit log of every workspace."""
    ids = connection.execute(select(workspaces.c.id).order_by(workspaces.c.id)).scalars().all()
    return [verify_audit(connection, id) for id in ids]


class _Hashed(io.RawIOBase):
    """Passes bytes on and hashes them on the way."""

    def __init__(self, file: Any) -> None:
        self.file, self.digest, self.size = file, hashlib.sha256(), 0

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        content = bytes(content)
        self.file.write(content)
        self.digest.update(content)
        self.size += len(content)
        return len(content)

    def tell(self) -> int:
        return self.size


def _list_tables(connection: Connection) -> list[Table]:
    """The tables that are there, those that others refer to first."""
    shapes = MetaData()
    shapes.reflect(connection)
    return [table for table in shapes.sorted_tables if table.name != "alembic_version"]


def _write_table(connection: Connection, table: Table, book: zipfile.ZipFile) -> dict[str, Any]:
    fields = [(column.name, _kind(column.type)) for column in table.columns]
    schema = pa.schema(fields)
    large = any(isinstance(column.type, LargeBinary) for column in table.columns)
    query = select(table).order_by(*table.primary_key.columns)
    size = _LARGE_ROWS if large else _ROWS
    rows = connection.execution_options(yield_per=size).execute(query)
    count = 0
    with book.open(f"{table.name}.parquet", "w", force_zip64=True) as member:
        hashed = _Hashed(member)
        with parquet.ParquetWriter(hashed, schema, compression="zstd") as writer:
            for some in rows.partitions():
                columns = [pa.array(c, f[1]) for c, f in zip(zip(*some, strict=True), fields, strict=True)]
                writer.write_table(pa.Table.from_arrays(columns, schema=schema))
                count += len(some)
    return {"rows": count, "sha256": hashed.digest.hexdigest()}


def _kind(type: object) -> pa.DataType:
    return next((arrow for kind, arrow in _KINDS if isinstance(type, kind)), pa.string())


class _open:
    """A backup file with its manifest. Unfit when it is none, or damaged."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __enter__(self) -> tuple[zipfile.ZipFile, Manifest]:
        try:
            self.book = zipfile.ZipFile(self.file)
            said = json.loads(self.book.read(MANIFEST))
            if said["format"] != FORMAT:
                raise Unfit("newer_backup", release=said["release"])
            return self.book, Manifest(**said)
        except (OSError, zipfile.BadZipFile, KeyError, ValueError, TypeError) as error:
            raise Unfit("bad_backup", file=str(self.file), error=str(error)) from error

    def __exit__(self, *_: object) -> None:
        self.book.close()


def _read_table(book: zipfile.ZipFile, name: str, said: dict[str, Any]) -> Iterator[pa.Table]:
    digest = hashlib.sha256()
    with tempfile.TemporaryFile() as file:
        try:
            with book.open(f"{name}.parquet") as member:
                while content := member.read(1 << 20):
                    digest.update(content)
                    file.write(content)
        except (KeyError, zipfile.BadZipFile, OSError) as error:
            raise Unfit("bad_backup", file=str(book.filename), error=str(error)) from error
        if digest.hexdigest() != said["sha256"]:
            raise Unfit("bad_backup", file=str(book.filename), error=name)
        yield from _groups(file)


def _groups(file: BinaryIO) -> Iterator[pa.Table]:
    file.seek(0)
    whole = parquet.ParquetFile(file)
    for group in range(whole.num_row_groups):
        yield whole.read_row_group(group)


def _check_empty(connection: Connection, shapes: MetaData, place: Place) -> None:
    for name, table in shapes.tables.items():
        allowed = 1 if name in ("workspaces", "alembic_version") else 0  # both are made with the tables
        if (connection.execute(select(func.count()).select_from(table)).scalar() or 0) > allowed:
            raise Unavailable("not_empty", place=str(place))


def _number_on(connection: Connection, shapes: MetaData) -> None:
    """Let PostgreSQL number new rows from where the restored ones end."""
    for table in shapes.tables.values() if connection.dialect.name == "postgresql" else ():
        for column in table.columns:
            if column.identity is not None:
                last = connection.execute(select(func.max(column))).scalar()
                if last is not None:
                    connection.execute(
                        text("SELECT setval(pg_get_serial_sequence(:table, :column), :last)"),
                        {"table": table.name, "column": column.name, "last": last},
                    )


def _check_whole(connection: Connection, manifest: Manifest) -> None:
    """What came in is what went out, and every audit log holds."""
    found = {check.workspace: (check.count, check.head) for check in verify_all(connection) if check.ok}
    said = {id: (int(number), str(head)) for id, (number, head) in manifest.audit.items()}
    if found != said:
        raise Unfit("broken_audit", workspaces=", ".join(sorted(said.keys() - found.keys()) or sorted(said)))
