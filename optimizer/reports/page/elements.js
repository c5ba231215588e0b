"use strict";
// What every script of the page draws with: its data, numbers in the reader's way, elements. Texts of the records go in through
// textContent, never as markup.

const data = JSON.parse(document.getElementById("data").textContent);
const words = data.words;
const page = document.getElementById("page");
const format = (decimals, style = "decimal") => {
  const f = new Intl.NumberFormat(data.lang, { style, minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  return (n) => (n === null || n === undefined ? "" : f.format(n));
};
const count = format(0), hours = format(1), percent = format(0, "percent"), fine = format(2, "percent");
const fill = (text, gaps) => text.replace(/\{(\w+)\}/g, (whole, name) => (name in gaps ? gaps[name] : whole));

/** An element: tag.class.class, its attributes (on... are listeners), and its children or texts. */
function make(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name);
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value !== null && value !== undefined) element.setAttribute(key, value);
  }
  for (const child of children.flat()) if (child !== null && child !== undefined) element.append(child);
  return element;
}
const styled = (element, style) => Object.assign(element.style, style) && element;
const section = (id, title, ...children) => page.appendChild(make("section", { id }, make("h2", {}, title), ...children));
const repName = (r) => (r < 0 ? words.no_owner : data.reps.name[r] || data.reps.id[r]);
const repIndex = new Map(data.reps.id.map((id, r) => [id, r]));
