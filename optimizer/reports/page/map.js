"use strict";
// The map: points and outlines on a canvas, in Mercator's projection, with a graticule and a scale since there are no tiles.

const SHAPES = 4; // circle, square, triangle, diamond: colour is never the only mark of a rep

function tracePoint(path, shape, x, y, r) {
  if (shape === 1) path.rect(x - r * 0.9, y - r * 0.9, r * 1.8, r * 1.8);
  else if (shape === 2) { path.moveTo(x, y - r * 1.2); path.lineTo(x + r * 1.1, y + r * 0.8); path.lineTo(x - r * 1.1, y + r * 0.8); path.closePath(); }
  else if (shape === 3) { path.moveTo(x, y - r * 1.25); path.lineTo(x + r * 1.25, y); path.lineTo(x, y + r * 1.25); path.lineTo(x - r * 1.25, y); path.closePath(); }
  else { path.moveTo(x + r, y); path.arc(x, y, r, 0, 2 * Math.PI); }
}

function drawMap() {
  if (!data.map) { section("map", words.map, make("p.note", {}, words.map_none)); return; }
  const m = data.map, n = m.lon.length, customers = data.customers, reps = data.reps.id.length, radian = Math.PI / 180;
  const mercator = (lat) => Math.log(Math.tan(Math.PI / 4 + (Math.max(-85, Math.min(85, lat)) * radian) / 2));
  const X = Float64Array.from(m.lon, (lon) => lon * radian), Y = Float64Array.from(m.lat, (lat) => -mercator(lat));
  const least = (values) => values.reduce((a, b) => Math.min(a, b), Infinity), most = (values) => values.reduce((a, b) => Math.max(a, b), -Infinity);
  const extent = { west: least(X), east: most(X), north: least(Y), south: most(Y) };
  const middle = (extent.west + extent.east) / 2;
  const homes = data.reps.home.map(([lon, lat]) => lon === null ? null
    : [[lon - 360, lon, lon + 360].map((l) => l * radian).reduce((a, b) => (Math.abs(b - middle) < Math.abs(a - middle) ? b : a)), -mercator(lat)]);
  const owners = { before: m.at.map((c) => customers.before[c]), after: m.at.map((c) => customers.after[c]) };
  const labels = { before: placeLabels("before"), after: placeLabels("after") };
  let side = "after", only = -1, movedOnly = false, view = null, hovered = -1;

  const canvas = make("canvas", { tabindex: 0, role: "img", "aria-label": words.map_label });
  const tip = make("div.tip", { hidden: "", "aria-hidden": "true" });  // the answer below says the same, aloud
  const pen = canvas.getContext("2d");
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const font = getComputedStyle(document.body).fontFamily;

  /** Where a rep's label stands: at the customer nearest to the middle of the territory. */
  function placeLabels(which) {
    const sum = Array.from({ length: reps }, () => [0, 0, 0]), best = Array.from({ length: reps }, () => [Infinity, null]);
    const owner = owners[which];
    for (let i = 0; i < n; i++) if (owner[i] >= 0) { const s = sum[owner[i]]; s[0] += X[i]; s[1] += Y[i]; s[2]++; }
    for (let i = 0; i < n; i++) {
      const r = owner[i];
      if (r < 0) continue;
      const d = (X[i] - sum[r][0] / sum[r][2]) ** 2 + (Y[i] - sum[r][1] / sum[r][2]) ** 2;
      if (d < best[r][0]) best[r] = [d, i];
    }
    return best.map(([, i]) => i);
  }

  const size = () => [canvas.clientWidth, canvas.clientHeight];
  function showAll() {
    const [w, h] = size(), pad = 44;
    const wide = Math.max(extent.east - extent.west, 1e-4), tall = Math.max(extent.south - extent.north, 1e-4);
    view = { x: middle, y: (extent.north + extent.south) / 2, k: Math.min((w - 2 * pad) / wide, (h - 2 * pad) / tall) };
    view.least = view.k / 3;
  }
  function zoom(by, px, py) {
    const [w, h] = size(), x = px ?? w / 2, y = py ?? h / 2;
    const k = Math.min(4e6, Math.max(view.least, view.k * by));
    view.x += (x - w / 2) * (1 / view.k - 1 / k);
    view.y += (y - h / 2) * (1 / view.k - 1 / k);
    view.k = k;
    ask();
  }
  const sx = (x) => (x - view.x) * view.k + size()[0] / 2, sy = (y) => (y - view.y) * view.k + size()[1] / 2;

  let waiting = false;
  function ask() { if (!waiting) { waiting = true; requestAnimationFrame(() => { waiting = false; draw(); }); } }

  function radius() { return Math.max(1.6, Math.min(6, 34 / Math.sqrt(Math.max(n, 30)) * 2 * Math.sqrt(view.k / (view.least * 3)))); }

  function draw() {
    const [w, h] = size(), dense = window.devicePixelRatio || 1;
    if (!w) return;
    if (canvas.width !== Math.round(w * dense) || canvas.height !== Math.round(h * dense)) { canvas.width = Math.round(w * dense); canvas.height = Math.round(h * dense); }
    pen.setTransform(dense, 0, 0, dense, 0, 0);
    pen.fillStyle = css("--sea");
    pen.fillRect(0, 0, w, h);
    drawGraticule(w, h);
    drawOutlines();
    drawPoints(w, h);
    drawHomes();
    drawLabels(w, h);
    drawScale(w, h);
  }

  function drawGraticule(w, h) {
    const span = (w / view.k) / radian;
    const step = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30].find((s) => span / s < 9) ?? 45;
    const digits = step < 0.1 ? 2 : step < 1 ? 1 : 0;
    pen.strokeStyle = css("--line"); pen.fillStyle = css("--faint"); pen.lineWidth = 1; pen.font = `11px ${font}`;
    pen.textAlign = "left"; pen.textBaseline = "top";
    const west = (view.x - w / 2 / view.k) / radian, east = (view.x + w / 2 / view.k) / radian;
    for (let lon = Math.ceil(west / step) * step; lon <= east; lon += step) {
      const x = Math.round(sx(lon * radian)) + 0.5, real = ((((lon + 180) % 360) + 360) % 360) - 180;
      pen.beginPath(); pen.moveTo(x, 0); pen.lineTo(x, h); pen.stroke();
      pen.fillText(`${Math.abs(real).toFixed(digits)}°${real < 0 ? "W" : "E"}`, x + 4, 5);
    }
    const latitude = (y) => (2 * Math.atan(Math.exp(-y)) - Math.PI / 2) / radian;
    const south = latitude(view.y + h / 2 / view.k), north = latitude(view.y - h / 2 / view.k);
    for (let lat = Math.ceil(Math.max(-80, south) / step) * step; lat <= Math.min(80, north); lat += step) {
      const y = Math.round(sy(-mercator(lat))) + 0.5;
      pen.beginPath(); pen.moveTo(0, y); pen.lineTo(w, y); pen.stroke();
      pen.fillText(`${Math.abs(lat).toFixed(digits)}°${lat < 0 ? "S" : "N"}`, 6, y + 4);
    }
  }

  function drawOutlines() {
    m.outlines[side].forEach((rings, r) => {
      if (only >= 0 && only !== r) return;
      for (const ring of rings) {
        pen.beginPath();
        for (let i = 0; i < ring.length; i += 2) pen.lineTo(sx(ring[i] * radian), sy(-mercator(ring[i + 1])));
        pen.closePath();
        pen.fillStyle = pen.strokeStyle = data.reps.colour[r];
        pen.globalAlpha = only === r ? 0.2 : 0.1; pen.fill();
        pen.globalAlpha = only === r ? 0.9 : 0.55; pen.lineWidth = 1.4; pen.stroke();
      }
    });
    pen.globalAlpha = 1;
  }

  const drawn = (i) => !movedOnly || (owners.before[i] >= 0 && owners.before[i] !== owners.after[i]);

  function drawPoints(w, h) {
    const r = radius(), owner = owners[side], paths = Array.from({ length: reps + 1 }, () => null);
    for (let i = 0; i < n; i++) {
      if (!drawn(i)) continue;
      const x = sx(X[i]), y = sy(Y[i]);
      if (x < -r || y < -r || x > w + r || y > h + r) continue;
      const k = owner[i] < 0 ? reps : owner[i];
      tracePoint((paths[k] ??= new Path2D()), k === reps || r < 3 ? 0 : k % SHAPES, x, y, r);
    }
    paths.forEach((path, k) => {
      if (!path) return;
      pen.globalAlpha = only >= 0 && only !== k ? 0.1 : 0.92;
      if (k === reps) { pen.strokeStyle = css("--ink"); pen.lineWidth = 1.6; pen.stroke(path); return; }
      pen.fillStyle = data.reps.colour[k]; pen.fill(path);
      if (r > 2.6) { pen.strokeStyle = css("--halo"); pen.lineWidth = 0.8; pen.stroke(path); }
    });
    pen.globalAlpha = 1;
    if (hovered >= 0) { pen.beginPath(); pen.arc(sx(X[hovered]), sy(Y[hovered]), r + 4, 0, 2 * Math.PI); pen.strokeStyle = css("--ink"); pen.lineWidth = 2; pen.stroke(); }
  }

  function drawHome(brush, x, y, s, colour) {
    brush.beginPath();
    brush.moveTo(x - s, y + s); brush.lineTo(x - s, y - s / 6); brush.lineTo(x, y - s * 1.3); brush.lineTo(x + s, y - s / 6); brush.lineTo(x + s, y + s); brush.closePath();
    brush.fillStyle = css("--card"); brush.fill();
    brush.strokeStyle = colour; brush.lineWidth = s * 0.4; brush.stroke();
  }
  function drawHomes() {
    homes.forEach((home, r) => {
      if (home && (only === r || (only < 0 && reps <= 150))) drawHome(pen, sx(home[0]), sy(home[1]), 6, data.reps.colour[r]);
    });
  }

  function drawLabels(w, h) {
    pen.font = `600 12px ${font}`; pen.textAlign = "center"; pen.textBaseline = "middle"; pen.lineJoin = "round";
    const taken = [];
    labels[side].forEach((i, r) => {
      if (i === null || (only >= 0 && only !== r)) return;
      const text = repName(r), half = pen.measureText(text).width / 2 + 3, x = sx(X[i]), y = sy(Y[i]) - radius() - 10;
      if (x < 0 || y < 0 || x > w || y > h) return;
      if (taken.some(([a, b, c]) => Math.abs(a - x) < c + half && Math.abs(b - y) < 16)) return;
      taken.push([x, y, half]);
      pen.strokeStyle = css("--halo"); pen.lineWidth = 4; pen.strokeText(text, x, y);
      pen.fillStyle = css("--ink"); pen.fillText(text, x, y);
    });
  }

  function drawScale(w, h) {
    const lat = 2 * Math.atan(Math.exp(-view.y)) - Math.PI / 2, perPixel = (6371.0088 * Math.cos(lat)) / view.k;
    const room = perPixel * 130, power = 10 ** Math.floor(Math.log10(room));
    const km = [5, 2, 1].find((s) => s * power <= room) * power, length = km / perPixel;
    const x = 16, y = h - 18;
    pen.strokeStyle = css("--ink"); pen.fillStyle = css("--ink"); pen.lineWidth = 1.5; pen.font = `12px ${font}`; pen.textAlign = "left"; pen.textBaseline = "bottom";
    pen.beginPath(); pen.moveTo(x, y - 5); pen.lineTo(x, y); pen.lineTo(x + length, y); pen.lineTo(x + length, y - 5); pen.stroke();
    pen.fillText(km >= 1 ? `${count(km)} km` : `${count(km * 1000)} m`, x + 6, y - 3);
  }

  function find(px, py) {
    let best = -1, near = (radius() + 5) ** 2;
    for (let i = 0; i < n; i++) {
      if (!drawn(i) || (only >= 0 && owners[side][i] !== only)) continue;
      const d = (sx(X[i]) - px) ** 2 + (sy(Y[i]) - py) ** 2;
      if (d < near) { near = d; best = i; }
    }
    return best;
  }
  function point(event) { const box = canvas.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; }
  function hover(event) {
    const [px, py] = point(event);
    tell(find(px, py), px, py);
  }
  /** The customer in words, beside the place; none for -1. */
  function tell(i, px, py) {
    if (i !== hovered) { hovered = i; ask(); }
    tip.hidden = i < 0;
    if (i < 0) return;
    tip.replaceChildren(...tellCustomer(m.at[i]));
    const [w, h] = size();
    styled(tip, { left: `${Math.max(4, Math.min(px + 14, w - tip.offsetWidth - 8))}px`, top: `${Math.max(4, Math.min(py + 14, h - tip.offsetHeight - 8))}px` });
  }

  /** Ring a customer by its place among all, in the middle; the map stays as it is where it is not drawn. */
  spot = (customer) => {
    const i = m.at.indexOf(customer);
    tip.hidden = true;
    hovered = i;
    if (i >= 0) {
      Object.assign(view, { x: X[i], y: Y[i], k: Math.max(view.k, view.least * 60) });
      if (!drawn(i)) { movedOnly = false; moved.checked = false; }
      if (only >= 0 && owners[side][i] !== only) { only = -1; fillLegend(); }
    }
    ask();
  };

  const held = new Map();
  let pinch = 0, dragged = false;
  canvas.addEventListener("click", (event) => { const i = find(...point(event)); if (i >= 0 && !dragged) showCustomer(m.at[i], false); });
  canvas.addEventListener("pointerdown", (event) => { canvas.setPointerCapture(event.pointerId); held.set(event.pointerId, point(event)); dragged = false; canvas.classList.add("dragging"); pinch = 0; });
  canvas.addEventListener("pointermove", (event) => {
    if (!held.has(event.pointerId)) { hover(event); return; }
    const [px, py] = point(event), [ox, oy] = held.get(event.pointerId);
    held.set(event.pointerId, [px, py]);
    dragged ||= Math.hypot(px - ox, py - oy) > 2;
    if (held.size === 1) { view.x -= (px - ox) / view.k; view.y -= (py - oy) / view.k; ask(); return; }
    const [[ax, ay], [bx, by]] = [...held.values()], apart = Math.hypot(ax - bx, ay - by);
    if (pinch) zoom(apart / pinch, (ax + bx) / 2, (ay + by) / 2);
    pinch = apart;
  });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, (event) => { held.delete(event.pointerId); pinch = 0; if (!held.size) canvas.classList.remove("dragging"); });
  canvas.addEventListener("pointerleave", () => { hovered = -1; tip.hidden = true; ask(); });
  canvas.addEventListener("wheel", (event) => { event.preventDefault(); zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0016)), ...point(event)); }, { passive: false });
  canvas.addEventListener("keydown", (event) => {
    const shift = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (shift) { view.x += (shift[0] * 60) / view.k; view.y += (shift[1] * 60) / view.k; ask(); }
    else if (event.key === "+" || event.key === "=") zoom(1.4);
    else if (event.key === "-") zoom(1 / 1.4);
    else if (event.key === "0") { showAll(); ask(); }
    else return;
    event.preventDefault();
  });

  const modes = [["after", words.planned], ["before", words.present]].map(([which, label]) =>
    make("button.button", { type: "button", "aria-pressed": which === side, onclick: () => { side = which; modes.forEach((b) => b.setAttribute("aria-pressed", b.textContent === label)); fillLegend(); ask(); } }, label));
  const moved = make("input", { type: "checkbox", onchange: () => { movedOnly = moved.checked; ask(); } });
  const button = (text, label, act) => make("button.button", { type: "button", title: label, "aria-label": label, onclick: act }, text);

  const legend = make("div.legend");
  function mark(paint) {
    const box = make("canvas.mark", { width: 28, height: 28, "aria-hidden": "true" });
    paint(box.getContext("2d"));
    return box;
  }
  function markRep(r) {
    return mark((brush) => {
      const path = new Path2D();
      tracePoint(path, r % SHAPES, 14, 14, 9);
      brush.fillStyle = data.reps.colour[r];
      brush.fill(path);
    });
  }
  const markHome = () => mark((brush) => drawHome(brush, 14, 15, 9, css("--soft")));
  const markNobody = () => mark((brush) => { brush.arc(14, 14, 8, 0, 2 * Math.PI); brush.strokeStyle = css("--ink"); brush.lineWidth = 3.2; brush.stroke(); });
  function fillLegend() {
    legend.replaceChildren(make("p.note", {}, words.legend_note), ...data.reps.id.map((id, r) =>
      make("button", { type: "button", "aria-pressed": only === r, title: id, onclick: () => { only = only === r ? -1 : r; fillLegend(); legend.querySelectorAll("button")[r].focus(); ask(); } },
        markRep(r), make("span.name", {}, repName(r)), make("span.count", {}, count(data.reps[side][r])))),
    make("div.key", {}, homes.some(Boolean) ? make("span", {}, markHome(), words.home) : null,
      owners[side].includes(-1) ? make("span", {}, markNobody(), words.no_owner) : null));
  }
  fillLegend();

  section("map", words.map,
    n < m.known ? make("p.note", {}, fill(m.outlined < m.known ? words.map_sample_outlines : words.map_sample, { n: count(n), all: count(m.known), outlined: count(m.outlined) })) : null,
    m.missing ? make("p.note", {}, fill(words.map_missing, { n: count(m.missing) })) : null,
    make("div.map-tools", {},
      data.hasBefore ? make("div.switch", { role: "group", "aria-label": words.map_mode }, modes) : null,
      data.hasBefore ? make("label", {}, moved, words.moved_only) : null),
    make("div.map", {}, make("div.canvas", {}, canvas, make("div.zoom", {},
      button("+", words.zoom_in, () => zoom(1.5)), button("−", words.zoom_out, () => zoom(1 / 1.5)), button("⤢", words.zoom_all, () => { showAll(); ask(); })), tip), legend));
  showAll();
  draw();
  let width = size()[0];
  new ResizeObserver(() => { if (size()[0] !== width) { width = size()[0]; showAll(); } ask(); }).observe(canvas);
  for (const media of ["(prefers-color-scheme: dark)", "print"]) matchMedia(media).addEventListener("change", draw);
  addEventListener("beforeprint", draw);
  addEventListener("afterprint", draw);
}
