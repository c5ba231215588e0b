"use strict";
// The objective by rep and term, and each rep's customers beneath it; whole milli-hours, so that every sum is exact.

function drawLedger() {
  const ledger = data.ledger, c = data.customers, reps = data.reps.id.length, nobody = reps, shown = 100, step = 50;
  const rowSum = (row) => row.reduce((sum, amount) => sum + amount, 0);
  const addRows = (a, b) => a.map((amount, k) => amount + b[k]);
  const blank = ledger.terms.map(() => 0);
  const totals = ledger.owned.map((row, r) => (r < reps ? addRows(row, ledger.limits[r]) : row));
  const whole = addRows(totals.reduce(addRows, blank), ledger.team);
  const used = ledger.terms.map((_, k) => k).filter((k) => ledger.team[k] || totals.some((row) => row[k]));
  if (!used.length) return;
  const cells = (row) => [rowSum(row), ...used.map((k) => row[k])].map((amount) => make("td.number", {}, amount ? exact(amount) : "·"));
  let owned = null;
  /** The customers of a rep, the dearest first. */
  const customersOf = (r) => {
    if (!owned) {
      owned = Array.from({ length: reps + 1 }, () => []);
      c.after.forEach((owner, i) => owned[owner < 0 ? nobody : owner].push(i));
    }
    const cost = new Map(owned[r].map((i) => [i, addUp(c.costs[i])]));
    return owned[r].sort((a, b) => cost.get(b) - cost.get(a) || a - b);
  };
  const costRow = (i) => { const row = [...blank]; for (let k = 0; k < c.costs[i].length; k += 2) row[c.costs[i][k]] += c.costs[i][k + 1]; return row; };
  const held = (r) => (r < reps ? data.reps.after[r] : c.all - rowSum(data.reps.after));

  /** A rep with what stands beneath it while it is open: its own limits, then its customers. */
  const part = (r) => {
    const body = make("tbody");
    let most = 0;
    const button = make("button.link", { type: "button", "aria-expanded": "false", onclick: () => { most = most ? 0 : step; redraw(); } }, r < reps ? repInFull(r) : words.no_owner);
    const head = make("tr", {}, make("th.who", { scope: "row" }, button), make("td.number", {}, count(held(r))), cells(totals[r]));
    const redraw = () => {
      button.setAttribute("aria-expanded", String(most > 0));
      const rows = [head];
      if (most) {
        if (r < reps && ledger.limits[r].some(Boolean)) rows.push(make("tr.inner", {}, make("th.who", { scope: "row" }, words.own_limits), make("td"), cells(ledger.limits[r])));
        const all = customersOf(r);
        rows.push(...all.slice(0, most).map((i) => make("tr.inner", {}, make("th.who", { scope: "row" }, customerButton(i)), make("td"), cells(costRow(i)))));
        if (all.length > most) rows.push(make("tr.inner", {}, make("td", { colspan: used.length + 3 }, make("button.button", { type: "button", onclick: () => { most += step; redraw(); button.focus(); } }, fill(words.show_more, { n: count(Math.min(step, all.length - most)) })))));
      }
      body.replaceChildren(...rows);
    };
    redraw();
    return body;
  };
  const order = [...totals.keys()].filter((r) => held(r) || totals[r].some(Boolean)).sort((a, b) => rowSum(totals[b]) - rowSum(totals[a]) || a - b);
  const table = make("table.ledger", {}), foot = make("tfoot", {},
    ledger.team.some(Boolean) ? make("tr", {}, make("th.who", { scope: "row" }, words.team_limits), make("td"), cells(ledger.team)) : null,
    make("tr.total", {}, make("th.who", { scope: "row" }, words.total), make("td.number", {}, count(c.all)), cells(whole)));
  table.append(make("thead", {}, make("tr", {}, make("th.who", { scope: "col" }, words.rep), make("th.number", { scope: "col" }, words.customers),
    make("th.number", { scope: "col" }, words.total), used.map((k) => make("th.number", { scope: "col" }, ledger.terms[k])))),
  ...order.slice(0, shown).map(part), foot);
  const more = make("button.button.more", { type: "button", onclick: () => { foot.before(...order.slice(shown).map(part)); more.hidden = true; } }, fill(words.show_all, { n: count(order.length) }));
  more.hidden = order.length <= shown;
  section("ledger", words.ledger, make("p.note", {}, words.ledger_note),
    c.id.length < c.all ? make("p.note", {}, fill(words.ledger_sample, { n: count(c.id.length), all: count(c.all) })) : null,
    make("div.scroll", {}, table), more);
}
