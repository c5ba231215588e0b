"""What happened in the first two weeks of the East China quarter: visits made, and news written by hand."""

from __future__ import annotations

from making.chance import Chance

Row = dict[str, object]
COLUMNS = (
    "event_id", "at", "kind", "task_id", "customer_id", "rep_id", "hours", "due", "amount", "opportunity_id", "stage",
    "name", "tier", "lat", "lon", "region", "potential", "requires", "satisfaction", "role", "team", "skills", "starts",
    "ends", "hours_per_week", "ramp_weeks", "lock", "until", "reason",
)  # fmt: skip
VISITS = {"A": 8, "B": 4, "C": 2, "潜客": 3}
HOURS = {"A": 2.0, "B": 1.8, "C": 1.0, "潜客": 1.5}
DONE = 0.92 * 2 / 13  # of all visits of the quarter, by the end of the second week

NEWS: list[Row] = [
    {"at": "2027-01-07", "kind": "customer_won", "customer_id": "N001", "name": "昆山新达电子有限公司", "tier": "B",
     "lat": 31.3842, "lon": 120.9701, "region": "江苏", "potential": 96.0, "reason": "展会签约"},
    {"at": "2027-01-08", "kind": "customer_lost", "customer_id": "K0033", "reason": "南通工厂关闭"},
    {"at": "2027-01-08", "kind": "task_hours", "task_id": "T002", "hours": 3.0, "reason": "舟山安装未完"},
    {"at": "2027-01-11", "kind": "rep_hours", "rep_id": "SH04", "hours_per_week": 40, "reason": "恢复全职"},
    {"at": "2027-01-11", "kind": "rep_absent", "rep_id": "JS04", "starts": "2027-01-11", "ends": "2027-01-13",
     "reason": "病假"},
    {"at": "2027-01-11", "kind": "opportunity_stage", "customer_id": "K0335", "opportunity_id": "OP-7",
     "stage": "意向"},
    {"at": "2027-01-12", "kind": "revenue_booked", "customer_id": "K0416", "amount": 42.5},
    {"at": "2027-01-12", "kind": "customer_retiered", "customer_id": "K0010", "tier": "A", "reason": "闵行扩产"},
    {"at": "2027-01-12", "kind": "customer_place", "customer_id": "K0020", "lat": 31.4012, "lon": 120.4688,
     "region": "江苏", "reason": "迁至无锡新区"},
    {"at": "2027-01-13", "kind": "customer_won", "customer_id": "N002", "name": "嘉兴润达食品有限公司", "tier": "潜客",
     "lat": 30.7611, "lon": 120.7423, "region": "浙江", "potential": 58.0, "requires": "开拓"},
    {"at": "2027-01-13", "kind": "customer_satisfaction", "customer_id": "K0416", "satisfaction": 0.2,
     "reason": "苏州投诉交期"},
    {"at": "2027-01-14", "kind": "opportunity_stage", "customer_id": "K0335", "opportunity_id": "OP-7",
     "stage": "方案"},
    {"at": "2027-01-14", "kind": "rep_leaves", "rep_id": "SH02", "ends": "2027-02-19", "reason": "李雯辞职"},
    {"at": "2027-01-14", "kind": "task_late", "task_id": "T003", "due": "2027-02-26", "reason": "等安装"},
    {"at": "2027-01-15", "kind": "rep_joins", "rep_id": "SH05", "name": "沈佳", "team": "上海", "role": "客户经理",
     "lat": 31.2304, "lon": 121.4737, "skills": "半导体:2", "starts": "2027-02-22", "ramp_weeks": 6},
    {"at": "2027-01-15", "kind": "skill_gained", "rep_id": "ZJ01", "skills": "半导体:2", "reason": "通过认证"},
    {"at": "2027-01-15", "kind": "customer_potential", "customer_id": "K0006", "potential": 140.0,
     "reason": "宁波新产线"},
    {"at": "2027-01-15", "kind": "lock_added", "customer_id": "K0005", "lock": "keep", "until": "2027-03-31",
     "reason": "常州续约谈判"},
]  # fmt: skip


def make_progress(customers: list[Row]) -> list[Row]:
    """Events in order of their days. Who made a visit is left open: whoever the plan says."""
    chance = Chance(20270118)
    rows = [dict(row) for row in NEWS]
    for customer in customers:
        tier, who = str(customer["tier"]), customer["customer_id"]
        made = sum(chance.happens(DONE) for _ in range(VISITS[tier]))
        for visit in range(1, made + 1):
            day = 4 + 7 * chance.whole(0, 1) + chance.whole(0, 4)
            hours = round(HOURS[tier] * chance.between(0.8, 1.3), 1)
            if not (who == "K0033" and day > 8):
                rows.append(
                    {
                        "at": f"2027-01-{day:02d}",
                        "kind": "task_done",
                        "task_id": f"{who}:2027-01-04:{visit}",
                        "hours": hours,
                    }
                )
    rows.sort(key=lambda row: str(row["at"]))
    return [
        dict.fromkeys(COLUMNS, "") | row | {"event_id": f"E{k:04d}"} for k, row in enumerate(rows, start=1)
    ]
