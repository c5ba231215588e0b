"use strict";
// Builds the page from its data, section by section.

function drawHeader() {
  document.title = `${data.name} · ${words.overline}`;
  page.append(
    make("header", {},
      make("p.overline", {}, words.overline),
      make("h1", {}, data.name),
      data.description ? make("p.description", {}, data.description) : null,
      make("div.verdict", {},
        make(data.keepsAll ? "span.pill" : "span.pill.bad", {}, data.statusWord),
        make("div", {}, make("p", {}, make("strong", {}, data.verdict)), make("p", {}, data.certificate)))));
  if (!data.brokenCount) return;
  const rest = data.brokenCount - data.broken.length;
  page.append(make("div.broken", { role: "alert" },
    make("h2", {}, words.broken_title),
    make("ul", {}, data.broken.map((sentence) => make("li", {}, sentence)),
      rest > 0 ? make("li", {}, fill(words.broken_more, { n: count(rest) })) : null)));
}

function drawTiles() {
  const f = data.figures;
  const tiles = make("div.tiles");
  /** One headline: its value, what it was, and a remark. better: -1 less is better, 1 more is, 0 neither. */
  const tile = (label, value, unit, [before, after], show, better, ...remarks) => {
    const was = make("div.sub");
    if (before !== null && before !== undefined) {
      const gain = (after - before) * better;
      was.append(fill(words.was, { n: show(before) }));
      if (before && better && unit === words.hours) was.append(" · ", make(gain < 0 ? "span.bad" : "span.good", {}, signed(after / before - 1)));
    }
    tiles.append(make("div.tile", {}, make("div.label", {}, label),
      make("div.value", {}, value, unit ? make("small", {}, unit) : null),
      was.childNodes.length ? was : null,
      remarks.filter(Boolean).map((remark) => make("div.sub", {}, remark))));
  };
  const signed = (share) => (share > 0 ? "+" : share < 0 ? "−" : "±") + format(1, "percent")(Math.abs(share));
  const range = (k) => `${percent(f.least_utilization[k])}–${percent(f.most_utilization[k])}`;
  const none = [null, null];
  const bound = data.bound === null ? words.no_bound
    : data.gap === null ? null : fill(words.objective_note, { n: hours(data.bound), gap: fine(data.gap) });
  tile(words.objective, hours(data.objective), words.hours, f.objective_hours, hours, -1, bound);
  tile(words.unserved, count(f.unserved[1]), "", f.unserved, count, -1, fill(words.unserved_note, { n: count(f.customers) }));
  if (data.hasBefore) {
    tile(words.moved, count(f.moved), "", none, count, 0,
      fill(words.moved_note, { share: format(1, "percent")(f.moved_share), n: hours(f.handover_hours) }),
      f.newly_served ? fill(words.newly_note, { n: count(f.newly_served) }) : null);
  }
  if (data.map || f.travel_hours[1]) tile(words.travel, hours(f.travel_hours[1]), words.hours, f.travel_hours, hours, -1);
  if (f.least_utilization[1] !== null) {
    const was = f.least_utilization[0] === null ? null : fill(words.was, { n: range(0) });
    tile(words.utilization, range(1), "", none, count, 0, was,
      fill(words.utilization_note, { n: count(f.overloaded[1]), all: count(f.reps) }));
  }
  for (const b of f.balances) {
    tile(fill(words.inside, { name: `${b.measure} ±${percent(b.tolerance)}` }), count(b.inside[1]), fill(words.inside_note, { all: count(f.reps) }), b.inside, count, 1);
  }
  page.append(tiles);
}

function drawTerms() {
  if (!data.terms.length) return;
  const colour = (k) => `var(--t${k % 8})`;
  const total = (side) => data.terms.reduce((sum, term) => sum + Math.max(0, term[side] ?? 0), 0);
  const most = Math.max(total("before"), total("after")) || 1;
  const stacks = make("div", { "aria-hidden": "true" });
  for (const [side, label] of [["before", words.present], ["after", words.planned]]) {
    if (side === "before" && !data.hasBefore) continue;
    const bar = make("div.bar");
    data.terms.forEach((term, k) => {
      const share = Math.max(0, term[side]) / most;
      if (share) bar.append(styled(make("span", { title: `${term.label}: ${hours(term[side])} ${words.hours}` }), { width: `${share * 100}%`, background: colour(k) }));
    });
    stacks.append(make("div.stack", {}, make("span", {}, label), bar));
  }
  const row = (label, before, after, mark) => make(mark ? "tr" : "tr.total", {},
    make("td", {}, mark, label),
    data.hasBefore ? make("td.number", {}, hours(before)) : null, make("td.number", {}, hours(after)));
  const sum = (side) => data.terms.reduce((all, term) => all + (term[side] ?? 0), 0);
  const table = make("table", {},
    make("thead", {}, make("tr", {}, make("th", { scope: "col" }, words.term),
      data.hasBefore ? make("th.number", { scope: "col" }, `${words.present}, ${words.hours}`) : null,
      make("th.number", { scope: "col" }, `${words.planned}, ${words.hours}`))),
    make("tbody", {},
      data.terms.map((term, k) => row(term.label, term.before, term.after, styled(make("span.swatch"), { background: colour(k) }))),
      row(words.total, sum("before"), sum("after"), null)));
  section("terms", words.terms, make("p.note", {}, words.terms_note), make("div.terms", {}, stacks, table));
}

/** The limits whose next step is worth most. */
function drawLimits() {
  if (!data.limits.length) return;
  section("limits", words.limits, make("p.note", {}, fill(words.limits_note, { file: "result.json" })),
    styled(make("div.scroll", {}, make("table", {},
      make("thead", {}, make("tr", {}, make("th", { scope: "col" }, words.limit), make("th.number", { scope: "col" }, `${words.saves}, ${words.hours}`))),
      make("tbody", {}, data.limits.map(([sentence, saved]) => make("tr", {}, make("td", {}, sentence), make("td.number", {}, format(2)(saved))))))), { maxWidth: "44rem" }));
}

function drawReps() {
  const shown = 60;
  const reach = data.bands.map((band) => {
    const shares = [...band.shareAfter, ...band.shareBefore, ...band.high].filter((s) => s !== null);
    return Math.min(Math.max(1.25, ...shares) * 1.04, 2.5);  // one runaway must not flatten the others
  });
  const gauge = (band, k, r) => {
    const now = band.shareAfter[r], then = band.shareBefore[r];
    if (now === null) return make("div.figures", {}, hours(band.after[r]));
    const at = (share) => `${Math.min(100, Math.max(0, (share / reach[k]) * 100))}%`;
    const low = band.low ? band.low[r] : 0, high = band.high[r];
    const outside = now < low - 1e-9 || now > high + 1e-9;
    const bar = make("div.track", { role: "img", "aria-label": `${band.label}: ${percent(now)}, ${fill(words.was, { n: percent(then) })}`,
      title: `${words.planned}: ${hours(band.after[r])} · ${words.present}: ${hours(band.before[r])} · 100 % = ${hours(band.goal[r])}` },
      styled(make(band.low ? "span.band" : "span.band.open"), { left: at(low), width: at(high - low) }),
      styled(make("span.goal"), { left: at(1) }),
      styled(make(outside ? "span.now.outside" : "span.now"), { width: at(now) }),
      data.hasBefore ? styled(make("span.then"), { width: at(then) }) : null);
    return make("div.gauge", {}, bar, make("div.figures", {},
      make(outside ? "span.bad" : "span", {}, (k ? format(1, "percent") : percent)(now)), data.hasBefore ? make("small", {}, fill(words.was, { n: percent(then) })) : null));
  };
  const all = data.reps.id.length, body = make("tbody"), heads = [];
  let order = data.reps.id.map((_, r) => r), limit = shown, sorted = { k: -2, down: true };
  const row = (r) => make("tr", {},
    make("td.who", { title: data.reps.id[r] }, make("div", {}, data.reps.name[r] || data.reps.id[r],
      data.reps.name[r] ? make("small", {}, ` ${data.reps.id[r]}`) : null)),
    make("td.count.number", {}, count(data.reps.after[r]), data.hasBefore ? make("small", {}, ` ${fill(words.was, { n: count(data.reps.before[r]) })}`) : null),
    data.bands.map((band, k) => make("td", {}, gauge(band, k, r))));
  const more = make("button.button.more", { type: "button", onclick: () => { limit = all; redraw(); } }, fill(words.show_all, { n: count(all) }));
  const redraw = () => { body.replaceChildren(...order.slice(0, limit).map(row)); more.hidden = all <= limit; };
  const sortBy = (k) => {
    sorted = { k, down: sorted.k === k ? !sorted.down : true };
    const value = k < 0 ? data.reps.after : data.bands[k].shareAfter, turn = sorted.down ? -1 : 1;
    order.sort((a, b) => ((value[a] ?? 0) - (value[b] ?? 0)) * turn || a - b);
    heads.forEach((head, j) => (j - 1 === k ? head.setAttribute("aria-sort", sorted.down ? "descending" : "ascending") : head.removeAttribute("aria-sort")));
    redraw();
  };
  heads.push(make("th.count.number", { scope: "col" }, make("button", { type: "button", onclick: () => sortBy(-1) }, words.customers)));
  data.bands.forEach((band, k) => heads.push(make("th", { scope: "col" }, make("button", { type: "button", onclick: () => sortBy(k) }, band.label))));
  redraw();
  section("reps", words.by_rep, make("p.note", {}, words.by_rep_note),
    make("div.scroll", {}, make("table.reps", {}, make("thead", {}, make("tr", {}, make("th.who", { scope: "col" }, words.rep), heads)), body)), more);
}

/** A table that sorts by its headers and filters by a box; a hundred rows at a time. */
function drawTable(name) {
  const table = data.tables[name], step = 100;
  const rows = table.cells.length ? table.cells[0].length : 0;
  const numeric = (column) => column.kind === "number" || column.kind === "share";
  const shows = table.columns.map((column) => (column.kind === "share" ? format(1, "percent") : numeric(column) ? format(Math.min(column.decimals, 2)) : null));
  const isSentence = (column) => ["reason", "sentence"].includes(column.key);
  const isRep = (column) => column.key.endsWith("rep_id") || column.key === "owner_id";
  const text = (column, k, i) => {
    const value = table.cells[k][i];
    if (numeric(column)) return value === null ? "" : shows[k](value);
    if (isRep(column) && repIndex.has(value)) return data.reps.name[repIndex.get(value)] ? `${data.reps.name[repIndex.get(value)]} (${value})` : value;
    return value;
  };
  let haystack = null, order = [...Array(rows).keys()], shown = step, sort = { k: -1, down: false };
  const body = make("tbody"), info = make("span", { role: "status" }), heads = [];
  const more = make("button.button.more", { type: "button", onclick: () => { shown += step; redraw(); } });
  const cell = (column, k, i) => {
    const td = make(`td.${numeric(column) ? "number" : isSentence(column) ? "sentence" : column.kind}`);
    const value = text(column, k, i);
    if (isRep(column) && value) {
      const colour = data.reps.colour[repIndex.get(table.cells[k][i])];
      td.append(make("span.person", {}, styled(make("span.swatch"), { background: colour || "transparent" }), make("span", {}, value)));
    } else if (column.key === "customer_id" && customerIndex.has(value)) td.append(make("button.link", { type: "button", onclick: () => showCustomer(customerIndex.get(value)) }, value));
    else td.append(value);
    return td;
  };
  const redraw = () => {
    body.replaceChildren(...order.slice(0, shown).map((i) => make("tr", {}, table.columns.map((column, k) => cell(column, k, i)))));
    if (!order.length) body.append(make("tr", {}, make("td", { colspan: table.columns.length }, words.nothing)));
    info.textContent = order.length === rows ? (rows === 1 ? words.row : fill(words.rows, { n: count(rows) })) : fill(words.rows_of, { n: count(order.length), all: count(rows) });
    more.hidden = order.length <= shown;
    more.textContent = fill(words.show_more, { n: count(Math.min(step, order.length - shown)) });
  };
  const refresh = (query) => {
    haystack ??= [...Array(rows).keys()].map((i) => table.columns.map((column, k) => text(column, k, i)).join("\n").toLowerCase());
    order = [...Array(rows).keys()].filter((i) => haystack[i].includes(query.trim().toLowerCase()));
    if (sort.k >= 0) {
      const cells = table.cells[sort.k], turn = sort.down ? -1 : 1, collator = new Intl.Collator(data.lang, { numeric: true });
      const empty = (value) => value === null || value === "";
      order.sort((a, b) => (empty(cells[a]) - empty(cells[b])) ||
        (numeric(table.columns[sort.k]) ? (cells[a] - cells[b]) * turn : collator.compare(cells[a], cells[b]) * turn) || a - b);
    }
    shown = step;
    redraw();
  };
  const box = make("input", { type: "search", placeholder: words.filter, "aria-label": words.filter, oninput: () => refresh(box.value) });
  const sortBy = (k) => {
    sort = { k, down: sort.k === k ? !sort.down : numeric(table.columns[k]) };
    heads.forEach((head, j) => (j === k ? head.setAttribute("aria-sort", sort.down ? "descending" : "ascending") : head.removeAttribute("aria-sort")));
    refresh(box.value);
  };
  table.columns.forEach((column, k) => heads.push(make(numeric(column) ? "th.number" : "th", { scope: "col" },
    make("button", { type: "button", onclick: () => sortBy(k) }, column.label))));
  redraw();
  const file = { violations: "result.json", slip_groups: "slips.csv" }[name] ?? `${name}.csv`;
  return [
    rows < table.count ? make("p.note", {}, fill(words.rows_cut, { n: count(rows), all: count(table.count), file })) : null,
    make("div.bar-row", {}, rows > 8 ? box : null, info),
    make("div.scroll", {}, make("table", {}, make("thead", {}, make("tr", {}, heads)), body)), more];
}

function drawTables() {
  for (const [name, title, none] of [
    ["moves", words.moves, words.moves_none], ["unserved", words.unserved_title, words.unserved_none],
    ["violations", words.violations, words.violations_none], ["findings", words.findings, words.findings_none]]) {
    if (name === "moves" && !data.hasBefore) continue;
    section(name, title, data.tables[name].count ? drawTable(name) : make("p.note", {}, none));
  }
}

function drawFigures() {
  const show = { count, hours, share: format(1, "percent") };
  const rows = [...data.headlines, ...data.change].filter((line) => line.after !== null);
  const table = make("table", {},
    make("thead", {}, make("tr", {}, make("th", { scope: "col" }, words.figure),
      data.hasBefore ? make("th.number", { scope: "col" }, words.present) : null, make("th.number", { scope: "col" }, words.planned))),
    make("tbody", {}, rows.map((line) => make("tr", {}, make("td", {}, line.label),
      data.hasBefore ? make("td.number", {}, show[line.style](line.before)) : null, make("td.number", {}, (line.style === "share" && line.after < 0.01 ? fine : show[line.style])(line.after))))));
  page.append(make("details", {}, make("summary", {}, words.headlines), make("div.scroll", {}, table)),
    make("details", {}, make("summary", {}, words.territories), drawTable("territories")));
}

function drawFooter() {
  page.append(make("footer", {}, data.origin.map(([label, text]) => make("p", {}, `${label}: ${text}`)), make("p", {}, words.offline)));
}

drawHeader();
drawTiles();
drawTerms();
drawLedger();
drawReps();
drawLimits();
drawWhy();
drawMap();
drawWeeks();
drawTables();
drawFigures();
drawFooter();
