/** The view of events: what was published, how each delivery stands, and delivering again. */

import { NoAnswer } from "../api.js";
import { byId, h } from "../dom.js";
import { tellNoAnswer } from "../problems.js";
import { act, look } from "./calls.js";
import { outcomeSentence } from "./delivery_words.js";
import { drawDead, drawEvent } from "./event_list.js";
import { askForReplay } from "./replay_dialog.js";

const RELOAD_MS = 700;
const RELOADS = 12;

const view = { fan: "", events: [], rest: null, told: new Map(), running: new AbortController() };

/** Put the view to work; `moved` is called when a person chooses whose events are shown. */
export function openEventsView(section, about, moved) {
  view.consumers = about.consumers;
  view.input = h("input", {
    id: "events-fan",
    maxlength: "128",
    spellcheck: "false",
    autocapitalize: "off",
  });
  view.status = h("p", { id: "events-status", class: "quiet", role: "status" });
  view.result = h("div", { class: "result", "aria-busy": "false" });
  section.append(filterForm(moved), view.status, view.result);
}

/** Return what the view shows, as parameters of an address. */
export function eventsState() {
  return new URLSearchParams(view.fan ? { fan: view.fan } : {});
}

/** Take over what an address says. */
export function takeEventsState(parameters) {
  view.fan = parameters.get("fan") ?? "";
  view.input.value = view.fan;
}

/** Show the events as they stand now. */
export async function showEvents() {
  view.running.abort();
  view.running = new AbortController();
  const { signal } = view.running;
  view.result.setAttribute("aria-busy", "true");
  try {
    const page = await look("events", { fan: view.fan || null }, signal);
    Object.assign(view, { events: page.events, rest: page.rest, dead: page });
    draw();
    view.status.textContent = sentence();
  } catch (error) {
    if (signal.aborted) return;
    const message = error instanceof NoAnswer ? error.message : "No events could be read.";
    view.result.replaceChildren(tellNoAnswer("h2", error, showEvents));
    view.status.textContent = message;
  }
  view.result.setAttribute("aria-busy", "false");
}

function filterForm(moved) {
  return h(
    "form",
    {
      class: "card ask events-ask",
      autocomplete: "off",
      onsubmit: (submitted) => {
        submitted.preventDefault();
        view.fan = view.input.value.trim();
        moved("push");
        showEvents();
      },
    },
    h(
      "div",
      { class: "field" },
      h("label", { for: "events-fan" }, "Only of fan ", h("span", { class: "quiet" }, "optional")),
      view.input,
    ),
    h("button", { class: "primary", type: "submit" }, "Show events"),
  );
}

function sentence() {
  const { events, rest, fan, dead } = view;
  const whose = fan ? ` of ${fan}` : "";
  if (!events.length) return `Nothing was published${whose} in the last 30 days.`;
  const count = `${events.length === 1 ? "1 event" : `${events.length} events`}${whose}, newest first`;
  const more = rest ? ", and there are older ones" : "";
  const buried = dead.deadCount === 1 ? "1 dead letter" : `${dead.deadCount} dead letters`;
  return `${count}${more}. ${dead.deadCount ? buried : "No dead letters"}.`;
}

function draw() {
  const focused = document.activeElement?.id;
  const acts = { retry, replay };
  const list = h(
    "ol",
    { class: "events", "aria-label": "Published events" },
    view.events.map((event) => drawEvent(event, acts, view.told.get(event.id))),
  );
  const hint = h(
    "p",
    { class: "card quiet" },
    "Enter a campaign as a fan, in the query view, and its event is shown here.",
  );
  view.result.replaceChildren(
    ...[
      view.dead.deadCount ? drawDead(view.dead, acts, view.told) : null,
      view.events.length ? list : hint,
      view.rest ? h("button", { class: "secondary", type: "button", onclick: showOlder }, "Show older") : null,
    ].filter(Boolean),
  );
  if (focused && document.activeElement === document.body) {
    (byId(focused) ?? byId(view.acted))?.focus();
  }
}

async function showOlder() {
  const { rest } = view;
  try {
    const given = { fan: view.fan || null, beforeAt: rest.at, beforeId: rest.id };
    const page = await look("events", given, view.running.signal);
    view.events = [...view.events, ...page.events];
    view.rest = page.rest;
    draw();
    view.status.textContent = sentence();
    view.result.querySelectorAll(".event")[view.events.length - page.events.length]?.focus();
  } catch (error) {
    if (!view.running.signal.aborted) view.status.textContent = error.message;
  }
}

async function retry(id) {
  await actAndShow(id, "sent again", () => act("retry", { event: id }));
}

async function replay(event) {
  const wish = await askForReplay(event, view.consumers);
  if (!wish) return;
  await actAndShow(event.id, "replayed", () => act("replay", { event: event.id, ...wish }));
}

/** Do something about an event, and show what came of it, also a little later. */
async function actAndShow(id, what, doIt) {
  view.acted = `event-${id}`;
  try {
    const { count, consumers, undelivered } = await doIt();
    for (let reloads = RELOADS; reloads >= 0; reloads -= 1) {
      await showEvents(); // newer than the answer
      const left = undeliveredOf(id, consumers) ?? undelivered;
      tell(id, outcomeSentence(count, left, what));
      if (!left.some(isUnderWay) || byId("events-view").hidden) break;
      await new Promise((resolve) => setTimeout(resolve, RELOAD_MS));
    }
  } catch (error) {
    tell(id, error instanceof NoAnswer ? error.message : String(error));
  }
}

function tell(id, text) {
  view.told.set(id, text);
  draw();
  view.status.textContent = text;
}

/** Return what is not delivered of an event to some consumers; `undefined` of one not shown. */
function undeliveredOf(id, consumers) {
  const event = view.events.find((each) => each.id === id);
  return event?.deliveries.filter(
    ({ consumer, state }) => state !== "DONE" && consumers.includes(consumer),
  );
}

// The threads of the bus may be faster than the request that made a delivery due.
function isUnderWay({ state, attempts }) {
  return state === "PENDING" && attempts <= 1;
}
