/** The view of fans: find one, and see the score, its reasons, and all that is stored. */

import { NoAnswer } from "../api.js";
import { h } from "../dom.js";
import { tellNoAnswer } from "../problems.js";
import { FANS } from "../samples.js";
import { look } from "./calls.js";
import { drawExplanation } from "./fan_score.js";
import { fanSearch } from "./fan_search.js";
import { drawRecords, drawSources } from "./record_tables.js";

const view = { fan: "", event: "", shown: null, running: new AbortController() };

/** Put the view to work; `moved` is called when a person goes to another fan or event. */
export function openFansView(section, about, moved) {
  const search = fanSearch((fan) => go({ fan, event: "" }, moved));
  view.input = search.input;
  view.status = h("p", { class: "unseen", role: "status" });
  view.result = h("div", { class: "result", "aria-busy": "false" });
  section.append(
    h("div", { class: "card" }, search.element, about.sample ? sampleChips() : null),
    view.status,
    view.result,
  );
  view.moved = moved;
}

/** Return what the view shows, as parameters of an address. */
export function fansState() {
  return new URLSearchParams({ fan: view.fan, event: view.event });
}

/** Take over what an address says. */
export function takeFansState(parameters) {
  view.fan = parameters.get("fan") ?? view.fan;
  view.event = parameters.get("event") ?? "";
  view.input.value = view.fan;
}

/** Show the fan, unless it is the one shown last. */
export function showFanOnce() {
  if (view.shown !== String(fansState())) showFan();
}

function go({ fan, event }, moved) {
  Object.assign(view, { fan, event });
  moved("push");
  showFan();
}

function sampleChips() {
  return h(
    "div",
    { class: "samples" },
    h("p", { id: "fans-samples-h", class: "quiet" }, "From the sample data"),
    h("ul", { "aria-labelledby": "fans-samples-h" }, FANS.map((each) => h("li", {}, chip(each)))),
  );
}

function chip({ id, event, says }) {
  const address = `#fans?${new URLSearchParams({ fan: id, event })}`;
  return h("a", { class: "chip", href: address }, id, " ", h("span", { class: "quiet" }, says));
}

async function showFan() {
  view.shown = String(fansState());
  view.running.abort();
  view.running = new AbortController();
  const { signal } = view.running;
  const { fan } = view;
  const event = view.event || null;
  if (!fan) return showNone([h("p", { class: "quiet" }, "Find a fan to see what is known.")], "");
  view.result.setAttribute("aria-busy", "true");
  view.status.textContent = "Looking…";
  try {
    const [{ stored }, explanation] = await Promise.all([
      look("fan", { fan }, signal),
      look("explanation", { fan, event }, signal),
    ]);
    showNone(drawPage({ fan, event, stored, explanation }), told(fan, explanation));
  } catch (error) {
    if (signal.aborted) return undefined;
    view.shown = null;
    const message = error instanceof NoAnswer ? error.message : "Nothing could be shown.";
    showNone([tellNoAnswer("h2", error, showFan)], message);
  }
  return undefined;
}

function showNone(parts, sentence) {
  view.result.replaceChildren(...parts.flat(Infinity).filter(Boolean));
  view.result.setAttribute("aria-busy", "false");
  view.status.textContent = sentence;
}

function told(fan, { score, error }) {
  return score ? `${fan} scores ${score.score}.` : `No score for ${fan}: ${error?.message}`;
}

function drawPage({ fan, event, stored, explanation }) {
  return [
    drawHead(fan, event, stored),
    drawExplanation({ fan, event, explanation }),
    drawRecords(fan, stored),
    drawSources(stored),
  ];
}

function drawHead(fan, event, stored) {
  const isKnown = Object.values(stored).some(({ items }) => items.length);
  return h(
    "section",
    { class: "card fan-head", "aria-labelledby": "fan-h" },
    h("h2", { id: "fan-h" }, fan),
    isKnown
      ? null
      : h("p", { class: "quiet" }, "Nothing is stored of this fan: check the id, or the fan is new."),
    eventForm(fan, event, stored),
    h(
      "p",
      { class: "ways" },
      h("a", { href: `#events?${new URLSearchParams({ fan })}` }, "Events of this fan"),
      h("a", { href: queryAddress(fan, event) }, "Query as this fan"),
    ),
  );
}

function queryAddress(fan, event) {
  const variables = JSON.stringify({ fan, event }, null, 2);
  return `#query?${new URLSearchParams({ example: "score", variables, as: "fan", fan })}`;
}

function eventForm(fan, event, stored) {
  const known = new Set(stored.demand.items.map((item) => item?.eventId).filter(Boolean));
  const input = h("input", {
    id: "fan-event",
    list: "fan-events",
    value: event ?? "",
    maxlength: "128",
    spellcheck: "false",
    autocapitalize: "off",
  });
  return h(
    "form",
    {
      class: "fan-event",
      autocomplete: "off",
      onsubmit: (submitted) => {
        submitted.preventDefault();
        go({ fan, event: input.value.trim() }, view.moved);
      },
    },
    h(
      "div",
      { class: "field" },
      h("label", { for: "fan-event" }, "Score for event ", h("span", { class: "quiet" }, "optional")),
      input,
      h("datalist", { id: "fan-events" }, [...known].map((id) => h("option", { value: id }))),
    ),
    h("button", { class: "secondary", type: "submit" }, "Show score"),
  );
}
