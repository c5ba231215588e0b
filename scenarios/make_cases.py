"""Makes the tables of the cases here: `python scenarios/make_cases.py [FOLDER]` from the repository's root.

Everything is drawn with seeded chance from Python's own `random.random()`, whose stream is the same for every
version and platform, so the committed files come out byte for byte. Only the tables are made; scenario.toml,
README.md and expected.json are written by hand.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

from making import east_china_quarter, quickstart, us_field_sales

CASES = {
    "quickstart": quickstart.make_tables,
    "east_china_quarter": east_china_quarter.make_tables,
    "us_field_sales": us_field_sales.make_tables,
}


def main(folder: Path) -> None:
    for case, make_tables in CASES.items():
        (folder / case).mkdir(parents=True, exist_ok=True)
        for table, rows in make_tables().items():
            with (folder / case / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
                writer.writeheader()
                writer.writerows(rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
