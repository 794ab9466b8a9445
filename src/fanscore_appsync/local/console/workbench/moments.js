/** Moments and other small things of a table's cell. */

import { h } from "../dom.js";

const SHOWN = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });

/** Write a moment as a person here reads it; what is no moment as it is, nothing as a dash. */
export function moment(text) {
  if (text === null || text === undefined) return dash();
  const date = new Date(text);
  if (typeof text !== "string" || Number.isNaN(date.getTime())) return String(text);
  return h("time", { datetime: text, title: text }, SHOWN.format(date));
}

/** Write a value; nothing as a dash. */
export function shown(value) {
  if (value === null || value === undefined || value === "") return dash();
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** Write an id as code; nothing as a dash. */
export function idText(id) {
  return id === null || id === undefined || id === "" ? dash() : h("code", {}, String(id));
}

/** Read an id from a part of a key, where “#”, “%” and, before another id, “-” are escaped. */
export function unescaped(text) {
  return text.replaceAll("%2D", "-").replaceAll("%23", "#").replaceAll("%25", "%");
}

function dash() {
  return h("span", { class: "quiet" }, "–");
}
