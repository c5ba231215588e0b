"use strict";
// Why a customer is where it is, in sentences, of whoever stands on the page: on the map or not.

let spot = () => {};  // rings a customer on the map, once there is one
const exact = (units) => format(3)(units / 1000);  // milli-hours as hours, nothing rounded away
const signedExact = (units) => `${units < 0 ? "−" : "+"}${exact(Math.abs(units))} ${words.hours}`;
const repInFull = (r) => (data.reps.name[r] ? `${data.reps.name[r]} (${data.reps.id[r]})` : repName(r));  // sentences name reps by id
const customerInFull = (i) => (data.customers.name[i] ? `${data.customers.name[i]} (${data.customers.id[i]})` : data.customers.id[i]);

const mates = new Map();  // customers of each group
for (const [i, group] of data.customers.group) mates.set(group, [...(mates.get(group) ?? []), i]);
const groupOf = new Map(data.customers.group), requires = new Map(data.customers.requires);
const placeOf = new Map(data.why.told.map((i, k) => [i, k]));
const locksOf = new Map();
for (const [i, ...lock] of data.customers.locks) locksOf.set(i, [...(locksOf.get(i) ?? []), lock]);
const customerIndex = new Map(data.customers.id.map((id, i) => [id, i]));
const decidedWith = (i) => (groupOf.has(i) ? mates.get(groupOf.get(i)) : [i]);

/** Amounts by term in words, to the whole: what is not named is summed as others. */
function tellParts(list, whole, show) {
  let rest = whole;
  const told = [];
  for (let k = 0; k < list.length; k += 2) { told.push(`${show(list[k + 1])} ${data.why.terms[list[k]]}`); rest -= list[k + 1]; }
  if (rest) told.push(`${show(rest)} ${words.why_others}`);
  return told.join(words.comma);
}
const addUp = (list) => list.reduce((sum, amount, k) => sum + (k % 2 ? amount : 0), 0);
const away = (km) => (km === null ? "" : fill(words.why_km, { km: format(1)(km) }));

/** A button that leads to the answer about a customer. */
const customerButton = (i) => make("button.link", { type: "button", onclick: () => showCustomer(i) }, customerInFull(i));

/** What one lock says, with its reason and how long it holds. */
function tellLock(i, self, [forces, rep, reason, until]) {
  const details = [reason, until ? fill(words.why_until, { day: until }) : words.why_no_end].filter(Boolean).join("; ");
  return fill(forces ? words.why_lock : words.why_lock_out, { rep: repInFull(rep), details, customer: i === self ? "" : `${customerInFull(i)}: ` });
}

/** The line about another owner: who, and what stands in the way or would change. */
function tellOther(role, text, i, k) {
  const other = data.why[role], r = other.rep[k];
  const roles = [["nearest", words.why_also_nearest], ["before", words.why_also_before]].filter(([name]) => name !== role && data.why[name].rep[k] === r).map(([, word]) => word);
  const notes = [...roles, away(other.km[k])].filter(Boolean).join(words.comma);
  let what = other.change[k] === 0 && !other.parts[k].length ? words.why_same
    : fill(words.why_change, { hours: signedExact(other.change[k]), parts: tellParts(other.parts[k], other.change[k], signedExact) });
  if (other.barrier[k] >= 0) {
    const wanted = [...new Set(decidedWith(i).map((mate) => requires.get(mate)).filter(Boolean))].join("; ");
    const skill = data.why.skillBarrier === other.barrier[k] && wanted;
    what = data.why.barriers[other.barrier[k]] + (skill ? fill(words.why_skills, { wanted, has: data.reps.skills[r] || words.why_no_skills }) : "");
  }
  return fill(text, { rep: repInFull(r) + (notes ? ` (${notes})` : ""), what });
}

/** Why a customer is with its rep, a line each. */
function tellWhy(i) {
  const c = data.customers, k = placeOf.get(i), nobody = c.after[i] < 0, cost = addUp(c.costs[i]);
  const moves = moveReasons().get(c.id[i]);
  const lines = [nobody ? data.why.unserved[c.id[i]] ?? words.no_owner : moves ? fill(words.why_moves, { reason: moves }) : c.words[c.code[i]]];
  for (const mate of decidedWith(i)) for (const lock of locksOf.get(mate) ?? []) lines.push(tellLock(mate, i, lock));
  const others = decidedWith(i).filter((mate) => mate !== i);
  if (others.length) lines.push([fill(words.why_group, { n: count(others.length) }), ...others.flatMap((mate, at) => [at ? words.comma : " ", customerButton(mate)])]);
  if (c.costs[i].length) lines.push(fill(words.why_cost, { hours: exact(cost), parts: tellParts(c.costs[i], cost, exact) }));
  if (k === undefined) { lines.push(fill(words.why_not_weighed, { id: c.id[i] })); return lines; }
  const why = data.why, told = new Set();
  if (!nobody && why.best.rep[k] >= 0 && why.best.change[k] < 0) lines.push(why.missed.includes(k) ? words.why_missed : why.left);
  for (const [role, text] of [["best", why.all ? words.why_best : words.why_near], ["nearest", words.why_nearest], ["before", words.why_before]]) {
    const r = why[role].rep[k];
    if (r < 0 && role === "best" && !nobody) lines.push(why.all ? words.why_none : words.why_none_near);
    if (r < 0 || told.has(r)) continue;
    told.add(r);
    lines.push(tellOther(role, text, i, k));
  }
  return lines;
}

let movesTold = null;
/** The sentences of the table of moves, by customer. */
function moveReasons() {
  if (movesTold) return movesTold;
  const { columns, cells } = data.tables.moves, at = (key) => cells[columns.findIndex((column) => column.key === key)] ?? [];
  movesTold = new Map(at("customer_id").map((id, row) => [id, at("reason")[row]]));
  return movesTold;
}

/** Everything about a customer: who it is, who has it and had it, and why. */
function tellCustomer(i) {
  const c = data.customers, k = placeOf.get(i), r = c.after[i], km = k === undefined || r < 0 ? null : data.why.km[k];
  const close = km !== null && data.why.nearest.rep[k] < 0 ? words.why_is_nearest : "";
  const notes = [away(km), close].filter(Boolean).join(words.comma);
  return [make("div", {}, make("strong", {}, c.name[i] || c.id[i])),
    make("small", {}, [c.id[i], c.tiers[c.tier[i]], requires.has(i) ? fill(words.why_requires, { skills: requires.get(i) }) : ""].filter(Boolean).join(" · ")),
    make("div", {}, `${words.planned}: ${repInFull(r)}${notes ? ` (${notes})` : ""}`),
    c.before[i] !== r ? make("div", {}, `${words.present}: ${repInFull(c.before[i])}`) : "",
    make("div.why", {}, tellWhy(i).map((line) => make("p", {}, line)))];
}

const answer = make("div.answer", { role: "status" });
/** Answer why a customer is where it is, and ring it on the map. */
function showCustomer(i, move = true) {
  answer.replaceChildren(make("div.card", { tabindex: -1 }, tellCustomer(i)));
  spot(i);
  if (move) { document.getElementById("why").scrollIntoView({ block: "start" }); answer.firstChild.focus({ preventScroll: true }); }
}

/** The box that finds a customer by id or name, and the answer about it. */
function drawWhy() {
  const c = data.customers, most = 8;
  let hay = null;
  const seek = (text) => {
    const wanted = text.trim().toLowerCase();
    answer.replaceChildren();
    if (!wanted) return;
    hay ??= c.id.map((id, i) => [id.toLowerCase(), c.name[i].toLowerCase()]);
    const ranks = [([id]) => id === wanted, ([id, name]) => id.startsWith(wanted) || name.startsWith(wanted), ([, name]) => name.includes(wanted)];
    const found = [...new Set(ranks.flatMap((fits) => hay.flatMap((one, i) => (fits(one) ? [i] : []))))];
    if (!found.length) { answer.append(make("p.note", {}, c.id.length < c.all ? fill(words.seek_sample, { n: count(c.id.length), all: count(c.all) }) : words.nothing)); return; }
    showCustomer(found[0], false);
    const more = found.slice(1, most + 1);
    if (more.length) answer.append(make("p.note", {}, fill(words.seek_more, { n: count(found.length - 1) }), more.flatMap((i, at) => [at ? words.comma : " ", customerButton(i)])));
  };
  const box = make("input", { type: "search", placeholder: words.seek, "aria-label": words.seek, oninput: () => seek(box.value) });
  section("why", words.why_title, make("p.note", {}, words.why_note), make("div.bar-row", {}, box), answer);
}
