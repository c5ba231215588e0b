"""Cases broken at random, as tables from outside are: what fuzz tests of reading and command line eat.

``break_case`` writes a small sound case into a folder and breaks it in up to six ways. Equal seeds write
equal bytes.
"""

from __future__ import annotations

import csv
import io
import random
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import xlsxwriter

from tests.reading.poison import MAPPINGS, POISON, SCENARIOS

Tables = dict[str, list[list[str]]]


def sound_tables(rng: random.Random) -> Tables:
    """A small case without a mistake: header and rows of text."""
    reps = [["rep_id", "name", "lat", "lon", "skills", "tiers", "starts", "quota"]]
    reps += [
        [
            f"R{k}",
            f"Rep {k}",
            f"{31 + k / 10:.2f}",
            f"{121 - k / 10:.2f}",
            "cardio:3;mandarin",
            "",
            "",
            "100000",
        ]
        for k in range(1, 4)
    ]
    customers = [
        [
            "customer_id",
            "name",
            "tier",
            "hours",
            "lat",
            "lon",
            "potential",
            "owner",
            "requires",
            "group",
            "employees",
        ]
    ]
    customers += [
        [
            f"C{k}",
            f"客户 {k}",
            rng.choice("ABC"),
            str(rng.randint(1, 20)),
            f"{31 + rng.random():.4f}",
            f"{120 + rng.random():.4f}",
            str(rng.randint(1, 9) * 1000),
            f"R{rng.randint(1, 3)}",
            rng.choice(["", "cardio:2"]),
            rng.choice(["", "", "G1"]),
            str(rng.randint(1, 500)),
        ]
        for k in range(1, rng.randint(3, 12))
    ]
    tasks = [["task_id", "customer_id", "hours", "earliest", "due", "after", "status"]]
    tasks += [
        ["T1", "C1", "2", "2026-01-05", "2026-01-30", "", "open"],
        ["T2", "C2", "1.5", "", "", "T1", ""],
    ]
    return {
        "reps": reps,
        "customers": customers,
        "tasks": tasks,
        "absences": [["rep_id", "starts", "ends"], ["R1", "2026-02-02", "2026-02-06"]],
        "locks": [
            ["customer_id", "rep_id", "kind", "until"],
            ["C1", "", "keep", ""],
            ["C2", "R3", "forbid", ""],
        ],
        "pairs": [
            ["customer_id", "rep_id", "travel_hours", "cost", "allowed"],
            ["C2", "R2", "3", "-1", "true"],
        ],
        "apart": [["customer_a", "customer_b"]],
    }


# --- ways to break the tables ---


def _poison_cells(rng: random.Random, tables: Tables) -> None:
    for _ in range(rng.randint(1, 6)):
        rows = tables[rng.choice([name for name in tables if len(tables[name]) > 1])]
        row = rng.choice(rows[1:])
        if row:
            row[rng.randrange(len(row))] = rng.choice(POISON)


def _poison_column(rng: random.Random, tables: Tables) -> None:
    rows = tables[rng.choice(list(tables))]
    if rows and rows[0]:
        k, poison = rng.randrange(len(rows[0])), rng.choice(POISON)
        for row in rows[1:]:
            if k < len(row):
                row[k] = poison


def _poison_header(rng: random.Random, tables: Tables) -> None:
    rows = tables[rng.choice(list(tables))]
    if rows and rows[0]:
        other = rng.choice(["name", "id", "ID", "客户编号", "负责人", "lat", "LNG", "纬度", "hours", *POISON])
        rows[0][rng.randrange(len(rows[0]))] = other


def _drop_column(rng: random.Random, tables: Tables) -> None:
    rows = tables[rng.choice(list(tables))]
    if rows and rows[0]:
        k = rng.randrange(len(rows[0]))
        for row in rows:
            del row[k : k + 1]


def _drop_table(rng: random.Random, tables: Tables) -> None:
    if len(tables) > 1:
        del tables[rng.choice(list(tables))]


def _drop_rows(rng: random.Random, tables: Tables) -> None:
    rows = tables[rng.choice(list(tables))]
    del rows[rng.choice([0, 1, 1]) :]


def _repeat_rows(rng: random.Random, tables: Tables) -> None:
    rows = tables[rng.choice(list(tables))]
    rows += [list(rng.choice(rows)) for _ in range(rng.randint(1, 4))] if rows else []


def _ragged(rng: random.Random, tables: Tables) -> None:
    rows = tables[rng.choice(list(tables))]
    if len(rows) > 1:
        row = rng.choice(rows[1:])
        if rng.random() < 0.5:
            row += [rng.choice(POISON) for _ in range(rng.randint(1, 3))]
        else:
            del row[rng.randint(0, len(row)) :]


def _swap_points(rng: random.Random, tables: Tables) -> None:
    for name in ("reps", "customers"):
        if name in tables and rng.random() < 0.6:
            header = tables[name][0] if tables[name] else []
            for k, cell in enumerate(header):
                header[k] = {"lat": "lon", "lon": "lat"}.get(cell, cell)


def _contradict(rng: random.Random, tables: Tables) -> None:
    if tables.get("locks"):
        kinds = ["keep", "force", "forbid"]
        for _ in range(rng.randint(1, 5)):
            pair = [f"C{rng.randint(1, 4)}", rng.choice(["", "R1", "R2"]), rng.choice(kinds), ""]
            tables["locks"].append((pair + [""] * 9)[: len(tables["locks"][0])])
    if tables.get("apart"):
        tables["apart"] += [
            [f"C{rng.randint(1, 5)}", f"C{rng.randint(1, 5)}"] for _ in range(rng.randint(0, 4))
        ]
    if tables.get("tasks"):
        for k in range(3, 3 + rng.randint(0, 3)):
            row = [f"T{k}", "C1", "1", "", "", f"T{rng.randint(1, 6)};T{k - 1}", ""]
            tables["tasks"].append(row[: len(tables["tasks"][0])])


TABLE_BREAKS: list[Callable[[random.Random, Tables], None]] = [
    _poison_cells,
    _poison_cells,
    _poison_cells,
    _poison_column,
    _poison_header,
    _drop_column,
    _drop_table,
    _drop_rows,
    _repeat_rows,
    _ragged,
    _swap_points,
    _contradict,
]


# --- ways to write them ---


def _csv_bytes(rng: random.Random, rows: list[list[str]], odd: bool) -> bytes:
    text = io.StringIO()
    delimiter = rng.choice(",,,,;\t")
    csv.writer(text, delimiter=delimiter, lineterminator=rng.choice(["\n", "\r\n"])).writerows(rows)
    encodings = (
        ["latin-1", "utf-16-le", "utf-16", "shift-jis"]
        if odd
        else ["utf-8", "utf-8-sig", "gb18030", "utf-16"]
    )
    encoding = rng.choice(encodings)
    return text.getvalue().encode(encoding, "replace")


def _break_bytes(rng: random.Random, data: bytes) -> bytes:
    """The bytes of a file as a bad disk, a bad tool or a bad guess leaves them."""
    way = rng.randrange(9)
    if way == 0:
        return b""
    if way == 1:
        return rng.randbytes(rng.randint(1, 2000))
    if way == 2:
        return data[: rng.randint(0, len(data))]
    if way == 3:
        at = rng.randint(0, len(data))
        return (
            data[:at] + rng.choice([b'"', b"\x00", b"\xff", b"\r", b"\n\n\n", b",,,,", b"\x1a"]) + data[at:]
        )
    if way == 4:
        return (
            rng.choice([b"PK\x03\x04", b"\x89PNG\r\n", b"%PDF-1.7", b"PAR1", b"\xff\xfe", b"\xef\xbb\xbf"])
            + data
        )
    if way == 5:
        return data * rng.randint(2, 3)
    if way == 6:
        return b"\n" * rng.randint(1, 5) + rng.choice([b"sep=;\n", b"# a comment, with commas\n", b""]) + data
    if way == 7:
        broken = bytearray(data)
        for _ in range(min(len(broken), rng.randint(1, 20))):
            broken[rng.randrange(len(broken))] = rng.randrange(256)
        return bytes(broken)
    return b'"' + data


def _workbook_bytes(rng: random.Random, tables: Tables) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_numbers": rng.random() < 0.7}) as book:
        for name, rows in tables.items():
            sheet = book.add_worksheet(name)
            for r, row in enumerate(rows):
                for c, cell in enumerate(row):
                    way = rng.random()
                    if way < 0.01:
                        sheet.write_formula(
                            r, c, rng.choice(["=1/0", "=A1", "=NOW()"]), None, rng.choice(["", 7, "#N/A"])
                        )
                    elif way < 0.02:
                        sheet.write_boolean(r, c, True)
                    elif cell.startswith(("=", "http", "internal:", "external:")):
                        sheet.write_string(r, c, cell)
                    else:
                        sheet.write(r, c, cell)
    return buffer.getvalue()


def _break_archive(rng: random.Random, data: bytes) -> bytes:
    """A workbook with one of its parts damaged."""
    source, buffer = zipfile.ZipFile(io.BytesIO(data)), io.BytesIO()
    parts = source.namelist()
    broken = rng.choice(parts)
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for part in parts:
            content = source.read(part)
            if part == broken:
                if rng.random() < 0.2:
                    continue
                content = _break_bytes(rng, content)
            target.writestr(part, content)
    return buffer.getvalue()


def break_case(seed: int, folder: Path) -> Path:
    """Write broken case number ``seed`` into an empty ``folder``; what to read: the folder or a workbook."""
    rng = random.Random(seed)
    tables = sound_tables(rng)
    for _ in range(rng.choice([0, 0, 1, 1, 2, 3])):
        if tables:
            rng.choice(TABLE_BREAKS)(rng, tables)
    source = folder
    if rng.random() < 0.2 and tables:
        source = folder / "case.xlsx"
        data = _workbook_bytes(rng, tables)
        if rng.random() < 0.5:
            data = rng.choice([_break_archive, _break_bytes])(rng, data)
        source.write_bytes(data)
    else:
        broken, odd = rng.choice([None] * 8 + [*tables]), rng.choice([None] * 20 + [*tables])
        for name, rows in tables.items():
            data = _csv_bytes(rng, rows, odd=name == odd)
            if name == broken:
                data = _break_bytes(rng, data)
            (folder / f"{rng.choice([name] * 9 + [name.upper()])}.csv").write_bytes(data)
        if rng.random() < 0.05:
            (folder / f"{rng.choice(list(tables))}.parquet").write_bytes(rng.randbytes(rng.randint(0, 200)))
    for name, contents in (("scenario.toml", SCENARIOS), ("mapping.toml", MAPPINGS)):
        if rng.random() < 0.2:
            data = rng.choice(contents).encode("utf-8", "surrogatepass")
            (folder / name).write_bytes(_break_bytes(rng, data) if rng.random() < 0.1 else data)
    return source


def break_file(rng: random.Random, name: str, rows: list[list[str]], folder: Path) -> Path:
    """Write one table into ``folder``, broken in up to three ways, as CSV or as a workbook; the file."""
    tables = {name: rows}
    ways = [way for way in TABLE_BREAKS if way not in (_drop_table, _swap_points, _contradict)]
    for _ in range(rng.randint(0, 3)):
        if len(rows) > 1 or rng.random() < 0.5:
            with suppress(IndexError):  # some ways need a row that another way took
                rng.choice(ways)(rng, tables)
    if rng.random() < 0.3:
        path, data = folder / f"{name}.xlsx", _workbook_bytes(rng, tables)
        if rng.random() < 0.5:
            data = rng.choice([_break_archive, _break_bytes])(rng, data)
    else:
        path, data = folder / f"{name}.csv", _csv_bytes(rng, rows, odd=rng.random() < 0.1)
        if rng.random() < 0.3:
            data = _break_bytes(rng, data)
    path.write_bytes(data)
    return path
