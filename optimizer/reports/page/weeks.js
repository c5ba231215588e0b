"use strict";
// Tasks into weeks: the heat of every rep's weeks, who does what and when, and what does not fit.

function drawWeeks() {
  const w = data.weeks;
  if (!w) return;
  const a = w.agenda, weeks = w.names.length, person = (r) => (r < 0 ? words.no_owner : repName(r));
  const head = (k) => make("th.week", { scope: "col", title: w.starts[k] ? `${w.names[k]} · ${w.starts[k]}` : w.names[k] },
    w.names[k].replace(/^\d+-/, ""), w.starts[k] ? make("small", {}, w.starts[k].slice(5)) : null);
  const heads = () => w.names.map((_, k) => head(k));
  const tile = (label, value, unit, ...subs) => make("div.tile", {}, make("div.label", {}, label),
    make("div.value", {}, value, unit ? make("small", {}, unit) : null), subs.filter(Boolean).map((sub) => make("div.sub", {}, sub)));

  const tiles = make("div.tiles.even", {},
    tile(words.schedule_cost, hours(w.objective), words.hours),
    tile(words.tasks, count(w.tasks), "", fill(words.tasks_done, { n: hours(w.hours), all: count(weeks) })),
    tile(words.tasks_late, count(w.late), "", words.tasks_late_note),
    tile(words.tasks_slip, count(w.slipping), "", words.tasks_slip_note),
    w.deviation === null ? null : tile(words.evenness, format(2)(w.deviation), words.weeks_unit, words.evenness_note, fill(words.uneven_note, { n: count(w.uneven), all: count(w.spread) })));

  // The heat of the weeks.
  const shown = 60, body = make("tbody");
  const heat = (r, k) => {
    const there = w.available[r][k], load = w.load[r][k];
    const told = `${person(r)}, ${w.names[k]}: ${hours(load)} / ${hours(there)} ${words.hours}`;
    if (!there) return make(load ? "td.heat.over" : "td.heat.none", { title: told }, load ? hours(load) : "");
    const share = load / there;
    const cell = make(share > 1.00005 ? "td.heat.over" : share > 0.6 ? "td.heat.full" : "td.heat", { title: told }, percent(share));
    if (share <= 1.00005) cell.style.setProperty("--heat", `${Math.round(share * 85)}%`);
    return cell;
  };
  const heatRow = (r) => make("tr", {}, make("th.who", { scope: "row" },
    r < a.reps ? make("button", { type: "button", onclick: () => choose(r) }, person(r)) : person(r)), w.names.map((_, k) => heat(r, k)));
  const reps = w.load.length;
  body.append(...w.load.slice(0, shown).map((_, r) => heatRow(r)));
  const more = make("button.button.more", { type: "button", onclick: () => {
    body.append(...w.load.slice(shown).map((_, r) => heatRow(r + shown)));
    more.hidden = true;
  } }, fill(words.show_all, { n: count(reps) }));
  more.hidden = reps <= shown;
  const scale = make("div.heat-key", {}, words.less, ...[0.2, 0.4, 0.6, 0.8, 1].map((share) => {
    const step = make("span.heat", {});
    step.style.setProperty("--heat", `${share * 85}%`);
    return step;
  }), "100 %", make("span.heat.over"), words.more, make("span.heat.none"), words.no_hours);
  section("weeks", words.weeks,
    make("div.verdict", {}, make(w.keepsAll ? "span.pill" : "span.pill.bad", {}, w.statusWord), make("div", {}, make("p", {}, make("strong", {}, w.verdict)), make("p", {}, w.certificate))),
    tiles, make("p.note", {}, words.weeks_note),
    reps < data.reps.id.length ? make("p.note", {}, fill(words.weeks_cut, { n: count(reps), all: count(data.reps.id.length), file: "load.csv" })) : null,
    scale, make("div.scroll", {}, make("table.weeks", {}, make("thead", {}, make("tr", {}, make("th.who", { scope: "col" }, words.rep), heads())), body)), more);

  // Who does what, and when: rows customers, columns weeks.
  let rep = 0, side = "doer";
  const colour = (kind) => `var(--t${kind % 8})`;
  const grid = make("tbody"), none = make("p.note", {}, words.nothing_here);
  const picker = make("select", { "aria-label": words.rep, onchange: () => choose(Number(picker.value), false) },
    data.reps.id.slice(0, a.reps).map((id, r) => make("option", { value: r }, data.reps.name[r] ? `${data.reps.name[r]} (${id})` : id)));
  const modes = [["doer", words.agenda_does], ["owner", words.agenda_owns]].map(([key, label]) =>
    make("button.button", { type: "button", "aria-pressed": String(key === side), onclick: () => {
      side = key;
      modes.forEach((mode, k) => mode.setAttribute("aria-pressed", String(["doer", "owner"][k] === side)));
      redraw();
    } }, label));
  const box = (i) => {
    const told = [a.id[i], `${a.kinds[a.kind[i]]} ${format(2)(a.hours[i])} ${words.hours}`,
      `${words.does}: ${a.doer[i] < 0 ? words.no_owner : person(a.doer[i])}`, `${words.owns}: ${person(a.owner[i])}`,
      a.due[i] ? fill(words.due_on, { day: a.due[i] }) : null, a.late[i] ? (a.late[i] === 1 ? words.late_by_one : fill(words.late_by, { n: count(a.late[i]) })) : null];
    const classes = ["span.box", a.doer[i] !== a.owner[i] && a.owner[i] >= 0 ? "lent" : "", a.late[i] ? "late" : "", a.week[i] < 0 ? "slips" : ""];
    const element = make(classes.filter(Boolean).join("."), { title: told.filter(Boolean).join("\n") }, a.hours[i] < 0.05 ? "<0.1" : String(Math.round(a.hours[i] * 10) / 10));
    element.style.setProperty("--kind", colour(a.kind[i]));
    return element;
  };
  const redraw = () => {
    const rows = new Map();
    for (let i = 0; i < a.id.length; i++) {
      if (a[side][i] !== rep) continue;
      if (!rows.has(a.customer[i])) rows.set(a.customer[i], Array.from({ length: weeks + 1 }, () => []));
      rows.get(a.customer[i])[a.week[i] < 0 ? weeks : a.week[i]].push(i);
    }
    const slips = [...rows.values()].some((cells) => cells[weeks].length);
    slipHead.hidden = !slips;
    grid.replaceChildren(...[...rows].sort(([one], [other]) => one - other).map(([c, cells]) => {
      const others = [...new Set(cells.flat().map((i) => a[side === "doer" ? "owner" : "doer"][i]))].filter((r) => r !== rep && r >= 0);
      const label = a.customerNames[c] || a.customers[c] || words.no_customer;
      return make("tr", {}, make("th.who", { scope: "row", title: a.customers[c] }, make("div", {}, label),
        others.length ? make("small", {}, `${side === "doer" ? words.owns : words.does}: ${others.map(person).join(words.comma)}`) : null),
        cells.slice(0, slips ? weeks + 1 : weeks).map((tasks) => make("td", {}, tasks.map(box))));
    }));
    none.hidden = rows.size > 0;
    table.hidden = rows.size === 0;
  };
  const slipHead = make("th.week", { scope: "col" }, words.not_done);
  const table = make("div.scroll", {}, make("table.agenda", {}, make("thead", {}, make("tr", {}, make("th.who", { scope: "col" }, words.customer), heads(), slipHead)), grid));
  const choose = (r, jump = true) => {
    rep = r;
    picker.value = String(r);
    redraw();
    if (jump) document.getElementById("agenda")?.scrollIntoView();
  };
  const key = make("div.heat-key", {}, a.kinds.map((kind, k) => {
    const mark = make("span.box");
    mark.style.setProperty("--kind", colour(k));
    return make("span.kind", {}, mark, kind || "·");
  }));
  if (a.id.length) {
    section("agenda", words.agenda, make("p.note", {}, words.agenda_note),
      a.reps < data.reps.id.length ? make("p.note", {}, fill(words.agenda_cut, { n: count(a.reps), all: count(data.reps.id.length), file: "tasks.csv" })) : null,
      make("div.map-tools", {}, picker, make("div.switch", { role: "group", "aria-label": words.agenda_mode }, modes), key), table, none);
    redraw();
  }
  section("slips", words.slips_title, data.tables.slip_groups.count ? drawTable("slip_groups") : make("p.note", {}, words.slips_none),
    data.tables.slips.count ? make("details", {}, make("summary", {}, words.all_slips), drawTable("slips")) : null,
    data.tables.tasks.count ? make("details", {}, make("summary", {}, words.all_tasks), drawTable("tasks")) : null);
}
