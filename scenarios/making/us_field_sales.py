"""A large American case: 5,000 customers of kitchen equipment around the 300 largest places, 60 reps."""

from __future__ import annotations

import csv
from pathlib import Path

from making.chance import Chance
from making.territories import assign, km_between

Row = dict[str, object]
GAZETTEER = Path(__file__).parents[1] / "gazetteer" / "us_places.csv"
CUSTOMERS, REPS = 5000, 60
REGIONS = {
    "West": "WA OR CA NV ID MT WY UT CO AZ NM",
    "Midwest": "ND SD NE KS MN IA MO WI IL MI IN OH",
    "South": "TX OK AR LA MS AL TN KY GA FL SC NC VA WV MD DE DC",
    "Northeast": "PA NJ NY CT RI MA VT NH ME",
}
TIERS = {"A": 12.0, "B": 4.0, "C": 1.2}  # hours; the same as scenario.toml's cadences
POTENTIAL = {"A": 180_000, "B": 55_000, "C": 14_000}
SEGMENTS = {"A": "enterprise", "B": "mid-market", "C": "small"}
INDUSTRIES = ["Restaurant", "Hotel", "School", "Hospital", "Grocery"]
SKILLS = ["refrigeration", "coffee", "healthcare", "spanish"]
NEEDS = {"Hospital": "healthcare", "Grocery": "refrigeration:2", "Hotel": "coffee"}
FIRST = (
    "Alex Bella Carlos Dana Eric Fay Gus Holly Ivan Jade Kyle Lena Mike Nora Oscar Pam Quinn Ruth Sam Tina"
)
LAST = (
    "Abel Bond Cruz Dean Ellis Ford Gray Hill Irwin James Kim Lee Moss Nash Ortiz Price Reed Shaw Tran West"
)
SIGNS = "Blue Golden Silver Red Green Old New Grand Little Sunny Twin Lucky Royal Happy Union Central"
THINGS = "Oak River Lantern Harbor Star Maple Eagle Garden Bridge Anchor Barrel Orchard Mill Fox Bell Crown"


def make_tables() -> dict[str, list[Row]]:
    chance = Chance(1776)
    with GAZETTEER.open(encoding="utf-8") as file:
        places = list(csv.DictReader(file))
    weights = [float(place["population"]) ** 0.85 for place in places]
    reps = make_reps(places, weights, chance)
    customers = [make_customer(at, chance.pick_by(places, weights), chance) for at in range(CUSTOMERS)]
    assign_owners(customers, reps, chance)
    taken: set[object] = set()
    tables = {"reps": reps, "customers": customers, "tasks": make_tasks(customers, chance)}
    tables["absences"] = [
        {"rep_id": f"R{number:02d}", "starts": f"2027-0{month}-01", "ends": f"2027-0{month}-{last}"}
        for number, month, last in ((7, 2, "12"), (19, 3, "05"), (33, 1, "29"), (48, 3, "31"))
    ]
    tables["locks"] = make_locks(customers, taken, chance)
    tables["pairs"] = make_pairs(customers, reps, taken, chance)
    tables["apart"] = make_rivals(customers, taken, chance)
    return tables


def region_of(state: str) -> str:
    return next(region for region, states in REGIONS.items() if state in states.split())


def near(place: dict[str, str], km: float, chance: Chance) -> tuple[float, float]:
    lat = float(place["lat"]) + chance.normal() * km / 111.2
    return round(lat, 4), round(float(place["lon"]) + chance.normal() * km / 88.0, 4)


def make_reps(places: list[dict[str, str]], weights: list[float], chance: Chance) -> list[Row]:
    """A rep for every sixtieth of the market, counted from place to place from west to east."""
    ordered = sorted(zip(places, weights, strict=True), key=lambda pair: float(pair[0]["lon"]))
    rows: list[Row] = []
    passed, step = 0.0, sum(weights) / REPS
    for place, weight in ordered:
        passed += weight
        while len(rows) < REPS and passed > (len(rows) + 0.5) * step:
            at = len(rows)
            lat, lon = near(place, 8.0, chance)
            skills = {SKILLS[at % 4]: chance.whole(2, 3)}
            if chance.happens(0.6):
                skills.setdefault(chance.pick(SKILLS), chance.whole(1, 3))
            rows.append(
                {
                    "rep_id": f"R{at + 1:02d}",
                    "name": f"{FIRST.split()[at * 7 % 20]} {LAST.split()[(at * 11 + at // 20) % 20]}",
                    "team": region_of(place["state"]),
                    "role": "hunter" if at % 6 == 4 else "farmer",
                    "lat": lat,
                    "lon": lon,
                    "skills": ";".join(f"{name}:{level}" for name, level in skills.items()),
                    "tiers": "B;C" if at % 6 == 4 else "",
                    "hours_per_week": 24 if at in (13, 41) else "",
                    "starts": "2027-01-11" if at in (22, 52) else "",
                    "ramp_weeks": 12 if at in (22, 52) else "",
                }
            )
    return rows


def make_customer(at: int, place: dict[str, str], chance: Chance) -> Row:
    tier = chance.pick_by(["A", "B", "C"], [8, 27, 65])
    industry = chance.pick_by(INDUSTRIES, [40, 18, 16, 12, 14])
    lat, lon = near(place, 12.0 if chance.happens(0.8) else 45.0, chance)
    potential = chance.lognormal(POTENTIAL[tier], 0.6)
    needs = NEEDS.get(industry, "spanish" if chance.happens(0.15) else "")
    return {
        "customer_id": f"C{at + 1:04d}",
        "name": f"{chance.pick(SIGNS.split())} {chance.pick(THINGS.split())} {industry}",
        "tier": tier,
        "hours": round(TIERS[tier] * chance.between(0.6, 1.6), 1) if chance.happens(0.2) else "",
        "lat": lat,
        "lon": lon,
        "potential": round(potential / 100) * 100,
        "revenue": round(potential * chance.between(0.05, 0.6) / 100) * 100,
        "owner": "",
        "relationship": "",
        "requires": needs if chance.happens(0.3) else "",
        "prefers": chance.pick(SKILLS) if chance.happens(0.1) else "",
        "group": "",
        "industry": industry,
        "segment": SEGMENTS[tier],
        "region": region_of(place["state"]),
        "place": f"{place['place']}, {place['state']}",
    }


def point(row: Row) -> tuple[float, float]:
    return float(str(row["lat"])), float(str(row["lon"]))


def able(customer: Row, rep: Row) -> bool:
    name, _, least = str(customer["requires"]).partition(":")
    held = dict(part.split(":") for part in str(rep["skills"]).split(";"))
    may = not rep["tiers"] or customer["tier"] in str(rep["tiers"]).split(";")
    return may and (not name or int(held.get(name, 0)) >= int(least or 1))


def assign_owners(customers: list[Row], reps: list[Row], chance: Chance) -> None:
    points, homes = [point(c) for c in customers], [point(r) for r in reps]
    hours = [float(str(c["hours"] or TIERS[str(c["tier"])])) for c in customers]
    wanted = [float(str(r["hours_per_week"] or 40)) * chance.between(0.7, 1.3) for r in reps]
    wanted = [0.4 * w if r["starts"] else w for w, r in zip(wanted, reps, strict=True)]
    owner = assign(points, hours, homes, wanted, lambda i, r: able(customers[i], reps[r]), chance)
    for i, row in enumerate(customers):
        if not chance.happens(0.03):
            row["owner"] = reps[owner[i]]["rep_id"]
            row["relationship"] = round(chance.random() ** 0.8, 2)
        else:
            row["revenue"] = 0
    form_chains(customers, chance)


def form_chains(customers: list[Row], chance: Chance) -> None:
    """Forty chains of two to five customers of one tier, place and owner without special needs."""
    by_place: dict[tuple[object, ...], list[Row]] = {}
    for row in customers:
        if row["owner"] and row["tier"] != "A" and not row["requires"]:
            by_place.setdefault((row["place"], row["owner"], row["tier"]), []).append(row)
    homes = chance.shuffle([rows for rows in by_place.values() if len(rows) >= 5])
    for number, rows in enumerate(homes[:40]):
        for row in rows[: chance.whole(2, 5)]:
            row["group"] = f"G{number + 1:02d}"


def take(
    customers: list[Row], taken: set[object], count: int, chance: Chance, tiers: str = "ABC"
) -> list[Row]:
    """Customers with an owner, outside chains, not spoken of before."""
    open_to = [c for c in customers if c["owner"] and not c["group"] and c["customer_id"] not in taken]
    found = chance.shuffle([c for c in open_to if str(c["tier"]) in tiers])[:count]
    taken.update(c["customer_id"] for c in found)
    return found


def make_locks(customers: list[Row], taken: set[object], chance: Chance) -> list[Row]:
    rows: list[Row] = []
    for kind, count, tiers, reason in (
        ("keep", 25, "A", "executive sponsor"),
        ("forbid", 5, "C", "customer asked for a change"),
    ):
        for row in take(customers, taken, count, chance, tiers):
            until = "2027-12-31" if chance.happens(0.4) else ""
            who = {"customer_id": row["customer_id"], "rep_id": row["owner"]}
            rows.append(who | {"kind": kind, "reason": reason, "until": until})
    return rows


def make_pairs(customers: list[Row], reps: list[Row], taken: set[object], chance: Chance) -> list[Row]:
    rows: list[Row] = []
    for row in take(customers, taken, 40, chance, "BC"):
        rep = min(
            (r for r in reps if able(row, r) and r["rep_id"] != row["owner"]),
            key=lambda r: km_between(point(row), point(r)),
        )
        said = chance.pick([{"cost": -1.5}, {"cost": -0.5}, {"hours": 2.0}, {"allowed": "false"}])
        blank = {
            "customer_id": row["customer_id"],
            "rep_id": rep["rep_id"],
            "hours": "",
            "cost": "",
            "allowed": "",
        }
        rows.append(blank | said)
    return rows


def make_rivals(customers: list[Row], taken: set[object], chance: Chance) -> list[Row]:
    rows: list[Row] = []
    for one in take(customers, taken, 20, chance, "AB"):
        same = [
            c
            for c in customers
            if c["place"] == one["place"] and c["customer_id"] not in taken and not c["group"] and c["owner"]
        ]
        if same:
            other = chance.pick(same)
            taken.add(other["customer_id"])
            rows.append({"customer_a": one["customer_id"], "customer_b": other["customer_id"]})
    return rows


def make_tasks(customers: list[Row], chance: Chance) -> list[Row]:
    kinds = {
        "visit": 1.5,
        "renewal": 2.0,
        "installation": 6.0,
        "training": 3.0,
        "audit": 2.5,
        "prospecting": 1.0,
    }
    rows: list[Row] = []
    for row in chance.shuffle([c for c in customers if c["owner"]])[:300]:
        kind = chance.pick(list(kinds))
        month = chance.whole(1, 3)
        rows.append(
            {
                "task_id": f"T{len(rows) + 1:03d}",
                "customer_id": row["customer_id"],
                "kind": kind,
                "hours": kinds[kind],
                "earliest": f"2027-{month:02d}-{chance.whole(4, 12):02d}",
                "due": f"2027-{month:02d}-{chance.whole(18, 28):02d}",
                "priority": chance.pick([1, 1, 1, 2, 3]),
                "status": "open",
            }
        )
    return rows
