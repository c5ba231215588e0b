"""A Chinese case: 600 customers in the Yangtze delta, 14 reps, a quarter with Spring Festival."""

from __future__ import annotations

import csv
from pathlib import Path

from making.chance import Chance
from making.east_china_progress import make_progress
from making.territories import assign, km_between

Row = dict[str, object]
GAZETTEER = Path(__file__).parents[1] / "gazetteer" / "yangtze_delta.csv"
COUNT = 600

# id, name, team, role, home, skills, tiers, hours a week, starts, ramp weeks, how much of a fair load now
REPS = [
    ("SH01", "王建国", "上海", "客户经理", "上海", "外贸;医药", "", None, None, None, 1.35),
    ("SH02", "李雯", "上海", "客户经理", "浦东", "半导体:3;外贸", "", None, None, None, 1.15),
    ("SH03", "张晓东", "上海", "拓展经理", "闵行", "开拓:2;医药", "B;C;潜客", None, None, None, 0.75),
    ("SH04", "陈思远", "上海", "客户经理", "嘉定", "医药", "", 32, None, None, 0.9),
    ("JS01", "刘海燕", "苏南", "客户经理", "苏州", "外贸", "", None, None, None, 1.3),
    ("JS02", "赵一鸣", "苏南", "客户经理", "无锡", "半导体:3", "", None, None, None, 1.0),
    ("JS03", "孙丽娜", "苏南", "拓展经理", "常州", "开拓:2", "B;C;潜客", None, None, None, 0.7),
    ("JS04", "周伟", "苏北", "客户经理", "南京", "医药;外贸", "", None, None, None, 1.2),
    ("JS05", "吴敏", "苏北", "客户经理", "南通", "", "", None, None, None, 0.8),
    ("ZJ01", "郑浩然", "浙江", "客户经理", "杭州", "医药;外贸", "", None, None, None, 1.25),
    ("ZJ02", "冯雪梅", "浙江", "客户经理", "宁波", "外贸", "", None, None, None, 0.85),
    ("ZJ03", "许文强", "浙江", "拓展经理", "绍兴", "开拓:3;医药", "B;C;潜客", None, None, None, 0.6),
    ("ZJ04", "何佳怡", "浙江", "客户经理", "义乌", "", "", None, "2027-01-18", 10, 0.0),  # new
    ("AH01", "马志远", "安徽", "拓展经理", "合肥", "开拓", "B;C;潜客", None, None, None, 0.9),
]
INDUSTRIES = ["汽车零部件", "电子", "机械", "纺织", "化工", "食品", "光伏", "物流", "生物医药", "半导体"]
WEIGHTS = [15, 14, 14, 9, 8, 8, 6, 6, 8, 12]
FIRST = "恒华瑞鑫宏东天中联嘉盛德博凯泰金永新"
SECOND = "远达丰源泰信科兴通润和诚利隆昌"
ENDINGS = ["有限公司", "有限公司", "股份有限公司", "科技有限公司"]
TIERS = {"A": 16.0, "B": 7.2, "C": 2.0, "潜客": 4.5}  # hours; the same as scenario.toml's cadences
POTENTIAL = {"A": 260, "B": 90, "C": 25, "潜客": 60}  # median, 10,000 yuan
SEGMENTS = {"A": "战略", "B": "重点", "C": "普通", "潜客": "新客"}
KINDS = {"拜访": 2.0, "续约": 3.0, "安装调试": 8.0, "培训": 4.0, "投标": 6.0, "回款": 1.5}
AFTER = {"培训": "安装调试", "回款": "续约", "投标": "拜访"}  # which work comes first


def make_tables() -> dict[str, list[Row]]:
    chance = Chance(20270104)
    with GAZETTEER.open(encoding="utf-8") as file:
        cities = {row["city"]: row for row in csv.DictReader(file)}
    reps = [make_rep(rep, cities, chance) for rep in REPS]
    customers = make_customers(cities, chance)
    form_chains(customers, chance)
    assign_owners(customers, reps, chance)
    rivals = make_rivals(customers, chance)
    taken = {row["customer_a"] for row in rivals} | {row["customer_b"] for row in rivals}
    locks = make_locks(customers, taken, chance)
    taken |= {row["customer_id"] for row in locks}
    return {
        "reps": reps,
        "customers": customers,
        "tasks": make_tasks(customers, chance),
        "absences": [
            {"rep_id": "JS05", "starts": "2027-02-22", "ends": "2027-04-30"},  # on leave
            {"rep_id": "SH01", "starts": "2027-01-25", "ends": "2027-01-29"},
            {"rep_id": "ZJ01", "starts": "2027-03-15", "ends": "2027-03-19"},
        ],
        "locks": locks,
        "pairs": make_pairs(customers, taken, chance),
        "apart": rivals,
        "progress": make_progress(customers),
    }


def near(city: dict[str, str], km: float, chance: Chance) -> tuple[float, float]:
    lat = float(city["lat"]) + chance.normal() * km / 111.2
    return round(lat, 4), round(float(city["lon"]) + chance.normal() * km / 95.0, 4)


def make_rep(rep: tuple[object, ...], cities: dict[str, dict[str, str]], chance: Chance) -> Row:
    rep_id, name, team, role, home, skills, tiers, hours, starts, ramp, _ = rep
    lat, lon = near(cities[str(home)], 3.0, chance)
    row = {
        "rep_id": rep_id,
        "name": name,
        "team": team,
        "role": role,
        "lat": lat,
        "lon": lon,
        "skills": skills,
    }
    return row | {"tiers": tiers, "hours_per_week": hours, "starts": starts, "ramp_weeks": ramp}


def make_customers(cities: dict[str, dict[str, str]], chance: Chance) -> list[Row]:
    names, rows = list(cities), []
    # Sales follow industry rather than people: the largest cities get less than their share of inhabitants.
    weights = [float(cities[name]["population"]) ** 0.6 for name in names]
    used: set[str] = set()
    ranks = chance.shuffle(range(COUNT))
    for at, rank in enumerate(ranks):
        tier = "A" if rank < 54 else "B" if rank < 216 else "C" if rank < 540 else "潜客"
        home = chance.pick_by(names, weights)
        industry = chance.pick_by(INDUSTRIES, WEIGHTS)
        if industry == "半导体" and home not in ("上海", "浦东", "无锡", "苏州", "嘉定", "昆山", "南京"):
            industry = "机械"
        name = ""
        while not name or name in used:
            who = chance.pick(FIRST) + chance.pick(SECOND)
            name = f"{home}{who}{industry}{chance.pick(ENDINGS)}"
        used.add(name)
        lat, lon = near(cities[home], 9.0, chance)
        potential = chance.lognormal(POTENTIAL[tier], 0.55)
        requires = {"半导体": "半导体:2", "生物医药": "医药"}.get(industry, "")
        rows.append(
            {
                "customer_id": f"K{at + 1:04d}",
                "name": name,
                "tier": tier,
                "hours": round(TIERS[tier] * chance.between(0.7, 1.5), 1) if chance.happens(0.15) else "",
                "lat": lat,
                "lon": lon,
                "potential": round(potential, 1),
                "revenue": round(potential * chance.between(0.1, 0.7), 1) if tier != "潜客" else 0,
                "owner": "",
                "relationship": "",
                "requires": "开拓" if tier == "潜客" else requires if chance.happens(0.85) else "",
                "prefers": "外贸" if chance.happens(0.12) else "",
                "group": "",
                "industry": industry,
                "segment": SEGMENTS[tier],
                "region": cities[home]["province"],
            }
        )
    return rows


def form_chains(customers: list[Row], chance: Chance) -> None:
    """Twelve groups of two or three plants of one company, tier B or C, near each other."""
    open_to = [row for row in customers if row["tier"] in ("B", "C") and not row["requires"]]
    for number in range(12):
        head = chance.pick([row for row in open_to if not row["group"]])
        others = sorted(
            (row for row in open_to if not row["group"] and row is not head), key=lambda r: distance(head, r)
        )
        for row in [head, *others[: chance.whole(1, 2)]]:
            row["group"] = f"集团{number + 1:02d}"


def distance(one: Row, other: Row) -> float:
    return km_between(
        (float(str(one["lat"])), float(str(one["lon"]))), (float(str(other["lat"])), float(str(other["lon"])))
    )


def able(customer: Row, rep: tuple[object, ...]) -> bool:
    skills = {part.split(":")[0] for part in str(rep[5]).split(";")}
    needs = str(customer["requires"]).split(":")[0]
    permitted = not rep[6] or str(customer["tier"]) in str(rep[6]).split(";")
    return permitted and (customer["tier"] != "A" or rep[3] == "客户经理") and (not needs or needs in skills)


def assign_owners(customers: list[Row], reps: list[Row], chance: Chance) -> None:
    points = [(float(str(c["lat"])), float(str(c["lon"]))) for c in customers]
    homes = [(float(str(r["lat"])), float(str(r["lon"]))) for r in reps]
    hours = [float(str(c["hours"] or TIERS[str(c["tier"])])) for c in customers]
    wanted = [float(str(rep[-1])) * float(str(rep[7] or 40)) for rep in REPS]
    owner = assign(points, hours, homes, wanted, lambda i, r: able(customers[i], REPS[r]), chance)
    chains = {str(c["group"]): owner[i] for i, c in enumerate(customers) if c["group"]}
    for i, row in enumerate(customers):
        if chance.happens(0.65 if row["tier"] == "潜客" else 0.015):
            continue  # nobody's so far
        row["owner"] = REPS[chains.get(str(row["group"]), owner[i])][0]
        row["relationship"] = round(min(1.0, max(0.0, 0.55 + 0.25 * chance.normal())), 2)


def make_rivals(customers: list[Row], chance: Chance) -> list[Row]:
    """Five pairs of key customers of one industry that live near each other."""
    rows: list[Row] = []
    open_to = [row for row in customers if row["tier"] in ("A", "B") and not row["group"]]
    for _ in range(5):
        one = chance.pick(open_to)
        rest = [
            r
            for r in open_to
            if r is not one and r["industry"] == one["industry"] and r["requires"] == one["requires"]
        ]
        other = min(rest, key=lambda r: distance(one, r))
        rows.append({"customer_a": one["customer_id"], "customer_b": other["customer_id"]})
        open_to = [r for r in open_to if r is not one and r is not other]
    return rows


def make_locks(customers: list[Row], taken: set[object], chance: Chance) -> list[Row]:
    open_to = [r for r in customers if r["owner"] and not r["group"] and r["customer_id"] not in taken]
    keys = chance.shuffle([r for r in open_to if r["tier"] == "A"])
    reasons = ["合同指定负责人", "总经理承诺", "项目交付中"]
    rows: list[Row] = [
        {
            "customer_id": r["customer_id"],
            "rep_id": r["owner"],
            "kind": "keep",
            "reason": reasons[at % 3],
            "until": "",
        }
        for at, r in enumerate(keys[:6])
    ]
    for row in rows[:2]:
        row["until"] = "2027-06-30"
    other = next(r for r in open_to if r["tier"] == "C" and r["owner"] == "SH01")
    rows.append(
        {
            "customer_id": other["customer_id"],
            "rep_id": "SH01",
            "kind": "forbid",
            "reason": "客户要求更换",
            "until": "",
        }
    )
    near_yiwu = next(r for r in open_to if r["tier"] == "B" and r["owner"] == "ZJ01" and not r["requires"])
    forced = {
        "customer_id": near_yiwu["customer_id"],
        "rep_id": "ZJ04",
        "kind": "force",
        "reason": "新人交接",
        "until": "",
    }
    return [*rows, forced]


def make_pairs(customers: list[Row], taken: set[object], chance: Chance) -> list[Row]:
    rows: list[Row] = []
    for row in chance.shuffle([r for r in customers if r["tier"] == "B" and r["customer_id"] not in taken])[
        :8
    ]:
        rep = chance.pick([rep for rep in REPS if able(row, rep) and rep[0] != row["owner"]])
        rows.append(
            {
                "customer_id": row["customer_id"],
                "rep_id": rep[0],
                "hours": "",
                "travel_hours": "",
                "cost": "",
                "allowed": "",
            }
        )
        rows[-1] |= [{"cost": -3.0}, {"hours": 6.5}, {"travel_hours": 4.0}, {"allowed": "false"}][
            len(rows) % 4
        ]
    return rows


def day(number: int) -> str:
    """The date so many days after Monday, 4 January 2027, within the quarter."""
    for month, first in ((4, 87), (3, 56), (2, 28)):
        if number >= first:
            return f"2027-{month:02d}-{number - first + 1:02d}"
    return f"2027-01-{number + 4:02d}"


def make_tasks(customers: list[Row], chance: Chance) -> list[Row]:
    """About 80 tasks for customers with an owner; some wait for another."""
    rows: list[Row] = []
    for customer in chance.shuffle([c for c in customers if c["owner"]])[:62]:
        kind = chance.pick(list(KINDS))
        due = chance.whole(20, 89)
        chain = [AFTER[kind], kind] if kind in AFTER and chance.happens(0.6) else [kind]
        for step in chain:
            rows.append(
                {
                    "task_id": f"T{len(rows) + 1:03d}",
                    "customer_id": customer["customer_id"],
                    "kind": step,
                    "hours": KINDS[step],
                    "earliest": day(max(0, due - chance.whole(20, 45))),
                    "due": day(due if step == kind else max(14, due - 14)),
                    "priority": chance.pick([1, 1, 1, 2, 3]),
                    "requires": customer["requires"] if step in ("安装调试", "投标") else "",
                    "doer": "",
                    "after": f"T{len(rows):03d}" if step != chain[0] else "",
                    "status": "open",
                }
            )
    # Bids in electronics need one of the two specialists, whoever owns the customer.
    industry = {customer["customer_id"]: customer["industry"] for customer in customers}
    for row in rows:
        if row["kind"] == "投标" and industry[row["customer_id"]] == "电子":
            row["requires"] = "半导体:3"
    return rows
