/** What is stored of a fan, as tables: one line an item, and the item itself below it. */

import { h } from "../dom.js";
import { jsonText } from "../json_text.js";
import { idText, moment, shown, unescaped } from "./moments.js";

const RECORDS = {
  demand: {
    title: "Demand records",
    none: "The fan has registered for no sale.",
    columns: {
      Event: (item, fan) => toEvent(fan, item.eventId),
      Sale: (item) => idText(item.saleId),
      State: (item) => (isDeleted(item) ? "deleted" : "saved"),
      Requested: (item) => moment(item.requestedAt),
      Changed: (item) => moment(item.updatedAt),
    },
  },
  entries: {
    title: "Entries",
    none: "The fan has entered no campaign.",
    columns: {
      Campaign: (item) => idText(item.campaignId),
      State: (item) => (isDeleted(item) ? "withdrawn" : "entered"),
      Requested: (item) => moment(item.requestedAt),
      Changed: (item) => moment(item.updatedAt),
    },
  },
  liveness: {
    title: "Liveness sessions",
    none: "No liveness check was started.",
    columns: {
      Session: (item) => idText(lastPart(item)),
      Status: (item) => shown(item.status),
      Confidence: (item) => shown(item.confidence),
      Started: (item) => moment(item.createdAt),
      Expires: (item) => moment(item.expiresAt),
    },
  },
  receipts: {
    title: "Receipts",
    none: "None are stored: receipts are off, or no decision was made since they are on.",
    columns: {
      Decided: (item) => moment(receiptOf(item).decidedAt ?? lastPart(item)),
      Event: (item, fan) => toEvent(fan, receiptOf(item).eventId),
      Score: (item) => shown(receiptOf(item).decision?.score ?? receiptOf(item).error),
      Policy: (item) => shown(receiptOf(item).policyVersion),
      Leaf: (item) => idText(item.leaf),
    },
  },
};

const SOURCES = {
  identity: "Identity record",
  account: "Score of the account",
  verdicts: "Verdicts of the bot model",
};

/** Draw the records of a fan: a card for each kind, also for one without any. */
export function drawRecords(fan, stored) {
  return Object.entries(RECORDS).map(([kind, { title, none, columns }]) => {
    const { items, hasMore } = stored[kind];
    const id = `fan-${kind}-h`;
    return h(
      "section",
      { class: "card", "aria-labelledby": id },
      h("h2", { id }, title),
      items.length ? drawTable(fan, id, columns, items) : h("p", { class: "quiet" }, none),
      hasMore ? h("p", { class: "quiet" }, `Only the first ${items.length} are shown.`) : null,
    );
  });
}

/** Draw the items that a score is made of, each as it is stored. */
export function drawSources(stored) {
  const ownTables = Object.keys(stored).filter((kind) => !(kind in RECORDS || kind in SOURCES));
  const titles = { ...SOURCES, ...Object.fromEntries(ownTables.map((name) => [name, name])) };
  const found = Object.entries(titles).flatMap(([kind, title]) =>
    stored[kind].items.map((item) => storedItem(title, item)),
  );
  return h(
    "section",
    { class: "card", "aria-labelledby": "fan-sources-h" },
    h("h2", { id: "fan-sources-h" }, "Stored of the fan and the account"),
    found.length
      ? found
      : h("p", { class: "quiet" }, "Nothing else is stored."),
  );
}

function drawTable(fan, labelledby, columns, items) {
  const names = Object.keys(columns);
  return h(
    "table",
    { class: "records", role: "table", "aria-labelledby": labelledby },
    h(
      "thead",
      { role: "rowgroup" },
      h(
        "tr",
        { role: "row" },
        names.map((name) => h("th", { scope: "col", role: "columnheader" }, name)),
        h("th", { scope: "col", role: "columnheader" }, "Item"),
      ),
    ),
    h(
      "tbody",
      { role: "rowgroup" },
      items.map((item) => drawLine(fan, columns, item)),
    ),
  );
}

// The roles stand for the elements where a narrow page lays them out as blocks.
function drawLine(fan, columns, item) {
  const cells = Object.entries(columns).map(([name, write]) =>
    h("td", { role: "cell", "data-column": name }, isDocument(item) ? write(item, fan) : shown(null)),
  );
  return h(
    "tr",
    { role: "row" },
    cells,
    h("td", { role: "cell", class: "whole" }, storedItem("As stored", item)),
  );
}

function storedItem(title, item) {
  return h(
    "details",
    {},
    h("summary", {}, title),
    item
      ? h("pre", { class: "code" }, jsonText(item))
      : h("p", { class: "quiet" }, "The item is no JSON object, so its table counts as unavailable."),
  );
}

function toEvent(fan, event) {
  if (!event) return shown(null);
  return h("a", { href: `#fans?${new URLSearchParams({ fan, event })}` }, h("code", {}, event));
}

/** Whether an item is one: not `null` for what is none, nor the text of one that cannot be shown. */
function isDocument(item) {
  return typeof item === "object" && item !== null;
}

function isDeleted(item) {
  return item.ttl !== undefined || (item.deletedAt !== undefined && !item.stamps?.record);
}

function lastPart(item) {
  return unescaped(String(item.SK).split("#").at(-1));
}

function receiptOf(item) {
  const document = typeof item.document === "string" ? parsed(item.document) : item.document;
  return isDocument(document) ? document : item;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
