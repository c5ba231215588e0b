"""Other names of tables and columns, English and Chinese, that are understood without a mapping.

Case, blanks, underscores, hyphens and full-width letters make no difference.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection

from optimizer.reading.collecting import Findings
from optimizer.reading.columns import ALL_CONTRACTS
from optimizer.reading.tables import RawTable

TABLE_ALIASES = {
    "reps": "rep,sales reps,salesreps,salespeople,sales people,sales persons,sellers,representatives,"
    "销售代表,销售,销售人员,业务员,代表,人员",
    "customers": "customer,accounts,account,clients,client,stores,outlets,"
    "客户,客户表,客户列表,客户清单,门店,终端",
    "tasks": "task,activities,visits,任务,工作任务,拜访,拜访计划",
    "absences": "absence,leave,leaves,time off,vacations,holidays of reps,请假,缺勤,休假,离岗",
    "locks": "lock,pins,locked,锁定,指派,锁",
    "pairs": "pair,customer rep,配对,客户代表,客户与代表",
    "apart": "keep apart,conflicts,competitors,互斥,分开,竞品客户,冲突",
}

_REP = "rep,sales rep,salesrep,sales rep id,sales person,salesperson,sales person id,salesperson id,seller,"
_REP += "representative,employee id,销售代表编号,销售代表,代表编号,代表,"
_REP += "业务员编号,业务员,销售编号,销售人员编号,工号"
_CUSTOMER = "customer,customer no,customer number,customer code,account,account id,account no,account number,"
_CUSTOMER += (
    "client,client id,store id,outlet id,客户编号,客户编码,客户代码,客户号,客户id,客户,门店编号,终端编号"
)
_LAT = "latitude,纬度,y坐标"
_LON = "lng,long,longitude,经度,x坐标"
_STARTS = "start,start date,from,开始,开始日期,起始日期,自"
_ENDS = "end,end date,to,结束,结束日期,截止日期,至"
_REQUIRES = "required skills,needs,skills required,所需技能,要求技能,技能要求"

COLUMN_ALIASES: dict[str, dict[str, str]] = {
    "reps": {
        "rep_id": f"id,{_REP},编号",
        "name": "rep name,full name,sales rep name,姓名,代表姓名,销售代表姓名,业务员姓名,名称",
        "team": "sales team,团队,小组,部门",
        "role": "position,角色,岗位,职位",
        "lat": f"home lat,home latitude,{_LAT}",
        "lon": f"home lon,home lng,home longitude,{_LON}",
        "skills": "skill,技能,专长",
        "tiers": "tier,serves tiers,可服务等级,服务等级,等级",
        "hours_per_week": "weekly hours,hours a week,每周工时,周工时,每周小时",
        "starts": f"hired,hire date,入职日期,入职,{_STARTS}",
        "ends": f"leaves,last day,离职日期,离职,{_ENDS}",
        "ramp_weeks": "ramp,爬坡周数,爬坡期,上手周数",
        "max_customers": "maximum customers,customer limit,最多客户数,客户上限,最大客户数",
        "quota": "sales quota,target,配额,销售配额,指标,销售指标",
    },
    "customers": {
        "customer_id": f"id,{_CUSTOMER},编号",
        "name": "customer name,account name,client name,store name,客户名称,客户名,名称,门店名称",
        "tier": "class,grade,customer tier,account tier,等级,级别,客户等级,客户级别,分级",
        "hours": "service hours,selling hours,服务工时,工时,小时",
        "lat": _LAT,
        "lon": _LON,
        "potential": "sales potential,潜力,销售潜力,客户潜力",
        "revenue": "annual revenue,收入,营收,年收入,销售额,年销售额",
        "owner": f"owner id,account owner,current owner,present owner,assigned to,rep id,{_REP},"
        "负责人,现负责人,当前负责人,负责人编号,归属",
        "relationship": "relationship strength,关系,关系强度,客情,客户关系",
        "requires": _REQUIRES,
        "prefers": "preferred skills,偏好技能,优先技能",
        "group": "parent,parent account,集团,组,分组,客户组,母公司",
        "industry": "行业,所属行业",
        "segment": "细分,客户细分,细分市场",
        "region": "区域,大区,地区",
    },
    "tasks": {
        "task_id": "id,task,task no,任务编号,任务号,任务,编号",
        "customer_id": _CUSTOMER,
        "kind": "type,task type,任务类型,类型,类别",
        "hours": "duration,工时,小时,所需工时",
        "earliest": "not before,earliest date,最早日期,最早开始,最早",
        "due": "due date,deadline,截止日期,截止,到期日",
        "priority": "weight,优先级,优先权",
        "requires": _REQUIRES,
        "doer": f"assignee,执行人,rep id,{_REP}",
        "after": "depends on,dependencies,predecessors,前置任务,依赖",
        "status": "state,状态",
    },
    "absences": {"rep_id": _REP, "starts": _STARTS, "ends": _ENDS},
    "locks": {
        "customer_id": _CUSTOMER,
        "rep_id": f"owner,{_REP},负责人",
        "kind": "type,lock,类型,锁定类型",
        "reason": "why,note,原因,理由,备注",
        "until": "expires,valid until,有效期,截止日期,有效期至",
    },
    "pairs": {
        "customer_id": _CUSTOMER,
        "rep_id": f"owner,{_REP},负责人",
        "hours": "工时,小时",
        "travel_hours": "travel,差旅工时,路程小时,路上小时",
        "cost": "成本,费用,代价",
        "allowed": "permitted,允许,是否允许",
    },
    "apart": {
        "customer_a": "a,customer 1,account a,客户a,客户1,甲",
        "customer_b": "b,customer 2,account b,客户b,客户2,乙",
    },
    "assignments": {
        "customer_id": f"id,{_CUSTOMER},编号",
        "rep_id": f"owner,owner id,assigned to,new owner,planned owner,{_REP},负责人,新负责人",
    },
    "published": {
        "task_id": "id,task,task no,任务编号,任务号,任务,编号",
        "rep_id": f"doer,assignee,执行人,{_REP}",
        "week": "周,周次",
    },
    "places": {
        "place_id": "id,place,site,location,city,地点,地点编号,城市,编号",
        "name": "place name,site name,地点名称,名称",
        "lat": _LAT,
        "lon": _LON,
        "skills": "skill,技能,专长",
        "tiers": "tier,serves tiers,可服务等级,服务等级,等级",
        "role": "position,角色,岗位,职位",
        "hours_per_week": "weekly hours,hours a week,每周工时,周工时,每周小时",
        "most": "max,maximum,at most,最多,最多人数,上限",
    },
    "progress": {
        "event_id": "id,event,event no,事件编号,事件,编号,流水号",
        "at": "date,day,when,happened,日期,发生日期,时间",
        "kind": "event kind,type,event type,what,事件类型,类型,类别",
        "task_id": "task,task no,任务编号,任务号,任务",
        "customer_id": _CUSTOMER,
        "rep_id": f"owner,{_REP},负责人,执行人",
        "hours": "duration,hours used,工时,小时,用时",
        "visits": "number of visits,拜访次数,次数",
        "amount": "revenue booked,booked,金额,回款,成交金额",
        "stage": "opportunity stage,商机阶段,阶段",
        "opportunity_id": "opportunity,deal,商机编号,商机",
        "due": "due date,deadline,new due date,截止日期,新截止日期",
        "name": "名称,姓名,客户名称",
        "tier": "class,grade,等级,级别,客户等级",
        "potential": "sales potential,潜力,销售潜力",
        "revenue": "annual revenue,年收入,年销售额",
        "relationship": "关系,客情",
        "satisfaction": "feedback,满意度,反馈",
        "lat": _LAT,
        "lon": _LON,
        "requires": _REQUIRES,
        "group": "parent,集团,客户组",
        "region": "区域,大区,地区",
        "industry": "行业,所属行业",
        "segment": "细分,客户细分",
        "team": "团队,小组,部门",
        "role": "position,角色,岗位,职位",
        "skills": "skill,技能",
        "hours_per_week": "weekly hours,hours a week,每周工时,周工时",
        "ramp_weeks": "ramp,爬坡周数",
        "starts": _STARTS,
        "ends": f"last day,{_ENDS},离职日期,最后工作日",
        "lock": "lock kind,锁定类型,锁定",
        "reason": "why,note,原因,理由,备注",
        "until": "expires,valid until,有效期,有效期至",
        "quota": "sales quota,配额,指标",
    },
}

_LOCKS = {
    "保留": "keep", "保持": "keep", "stay": "keep",
    "指定": "force", "强制": "force", "must": "force",
    "禁止": "forbid", "不可": "forbid", "never": "forbid",
}  # fmt: skip
_EVENTS = {
    "任务完成": "task_done", "完成": "task_done", "task completed": "task_done",
    "任务延期": "task_late", "延期": "task_late", "任务逾期": "task_late",
    "任务取消": "task_skipped", "任务跳过": "task_skipped", "task cancelled": "task_skipped",
    "任务工时": "task_hours",
    "客户工时": "customer_hours", "拜访": "customer_hours", "visit": "customer_hours",
    "收入": "revenue_booked", "成交": "revenue_booked", "回款": "revenue_booked", "booking": "revenue_booked",
    "商机阶段": "opportunity_stage", "商机": "opportunity_stage",
    "新客户": "customer_won", "赢得客户": "customer_won", "新增客户": "customer_won",
    "客户流失": "customer_lost", "流失": "customer_lost",
    "客户改级": "customer_retiered", "等级变更": "customer_retiered",
    "潜力变更": "customer_potential",
    "客户搬迁": "customer_place", "搬迁": "customer_place", "customer moved": "customer_place",
    "满意度": "customer_satisfaction", "客户反馈": "customer_satisfaction",
    "入职": "rep_joins", "代表入职": "rep_joins", "离职": "rep_leaves", "代表离职": "rep_leaves",
    "请假": "rep_absent", "缺勤": "rep_absent", "工时变更": "rep_hours",
    "技能获得": "skill_gained", "获得技能": "skill_gained", "技能到期": "skill_expired",
    "加锁": "lock_added", "锁定": "lock_added", "解锁": "lock_lifted", "解除锁定": "lock_lifted",
}  # fmt: skip
VALUE_ALIASES: dict[str, dict[str, str]] = {
    "kind": _LOCKS | _EVENTS,
    "lock": _LOCKS,
    "status": {
        "未完成": "open", "待办": "open", "进行中": "open", "todo": "open", "pending": "open",
        "完成": "done", "已完成": "done", "closed": "done", "completed": "done",
        "取消": "cancelled", "已取消": "cancelled", "canceled": "cancelled",
    },
}  # fmt: skip


def plain(name: str) -> str:
    """A name without what does not matter in it."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(c for c in folded if not c.isspace() and c not in "_-.*#:()[]")


def find_table(name: str) -> str | None:
    """The table that a file or sheet of this name is."""
    return _TABLES.get(plain(name))


def find_column(table: str, name: str) -> str | None:
    """The column of the contract that a name means in this table."""
    found = _COLUMNS.get(table, {}).get(plain(name))
    return None if found is None else found[0]


def rename_columns(
    table: str, raw: RawTable, findings: Findings, keep: Collection[str] = (), taken: Collection[str] = ()
) -> RawTable:
    """The table with the contract's column names.

    Exact names win over aliases, earlier aliases over later ones; whatever loses keeps its own name, with a
    warning. ``keep`` are names that must stay as they are (measures of the scenario), ``taken`` columns that
    the mapping has settled already.
    """
    contract = set(ALL_CONTRACTS.get(table, ())) or set(COLUMN_ALIASES[table])
    renamed: dict[str, str] = {}
    free = [c for c in raw.frame.columns if c not in contract and c not in keep and c not in taken]
    present = set(raw.frame.columns) & contract
    by_rank = sorted(
        (c for c in free if plain(c) in _COLUMNS[table]), key=lambda c: _COLUMNS[table][plain(c)][1]
    )
    for column in by_rank:
        meant, _ = _COLUMNS[table][plain(column)]
        if meant not in present:
            renamed[column] = meant
            present.add(meant)
        elif meant not in taken:
            winner = next((c for c, m in renamed.items() if m == meant), meant)
            findings.add("alias_collision", "warning", table, None, column, None, meant=meant, winner=winner)
    if not renamed:
        return raw
    frame = raw.frame.rename(columns=renamed)
    return RawTable(raw.name, raw.origin, frame, raw.rows, raw.comma_decimals)


def _index(aliases: dict[str, str]) -> dict[str, tuple[str, int]]:
    """Plain alias -> (name, rank); the name itself ranks first."""
    found: dict[str, tuple[str, int]] = {plain(name): (name, 0) for name in aliases}
    for name, listed in aliases.items():
        for rank, alias in enumerate(listed.split(","), start=1):
            found.setdefault(plain(alias), (name, rank))
    return found


_TABLES = {alias: name for alias, (name, _) in _index(TABLE_ALIASES).items()}
_COLUMNS = {table: _index(columns) for table, columns in COLUMN_ALIASES.items()}
