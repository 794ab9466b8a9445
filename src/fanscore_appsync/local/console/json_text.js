/** JSON as coloured text. */

import { h } from "./dom.js";

const TOKEN =
  /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const MOST_COLOURED = 200_000;

/** Return the parts of a document as indented JSON, its tokens marked by kind. */
export function jsonText(document) {
  const text = JSON.stringify(document, null, 2);
  if (text.length > MOST_COLOURED) return [text];
  const parts = [];
  let at = 0;
  for (const match of text.matchAll(TOKEN)) {
    parts.push(text.slice(at, match.index), mark(match));
    at = match.index + match[0].length;
  }
  return [...parts, text.slice(at)];
}

function mark([token, string, colon]) {
  if (colon) return h("span", { class: "json-name" }, token);
  return h("span", { class: string ? "json-string" : "json-literal" }, token);
}
