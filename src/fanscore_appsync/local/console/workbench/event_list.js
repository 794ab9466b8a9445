/** Events and dead letters as lists, with what can be done about each. */

import { h } from "../dom.js";
import { jsonText } from "../json_text.js";
import { count } from "../words.js";
import { standing } from "./delivery_words.js";
import { moment } from "./moments.js";

/** Draw an event with its deliveries; `told` is what came of the last act on it. */
export function drawEvent(event, { retry, replay }, told) {
  const hasDead = event.deliveries.some(({ state }) => state === "DEAD");
  const id = `event-${event.id}`;
  return h(
    "li",
    { class: "card event", id, tabindex: "-1" },
    h(
      "div",
      { class: "event-head" },
      h("h2", {}, event.type ?? "An event without a type"),
      h("p", { class: "quiet" }, moment(event.at)),
    ),
    h("p", { class: "event-facts" }, whose(event.fan), h("code", {}, event.id)),
    h("ul", { class: "deliveries", "aria-label": "Deliveries" }, event.deliveries.map(drawDelivery)),
    told ? h("p", { class: "event-told" }, told) : null,
    h(
      "div",
      { class: "send" },
      hasDead ? button(`retry-${event.id}`, "Retry dead letters", () => retry(event.id)) : null,
      button(`replay-${event.id}`, "Replay…", () => replay(event)),
    ),
    h(
      "details",
      {},
      h("summary", {}, "The event as it is delivered"),
      h("pre", { class: "code" }, jsonText(event.document)),
    ),
  );
}

/** Draw all dead letters; those whose event is gone stand nowhere else. */
export function drawDead({ dead, deadCount }, { retry }, told) {
  return h(
    "section",
    { class: "card dead", "aria-labelledby": "dead-h" },
    h("h2", { id: "dead-h" }, `${count(deadCount, "dead letter")}, oldest first`),
    h("ul", {}, dead.map((letter) => drawLetter(letter, retry, told.get(letter.id)))),
    deadCount > dead.length
      ? h("p", { class: "quiet" }, `Only the first ${dead.length} are shown.`)
      : null,
  );
}

function drawLetter({ id, consumer, attempts, at, reason }, retry, told) {
  return h(
    "li",
    { class: "letter" },
    h(
      "div",
      {},
      h("p", {}, h("b", {}, consumer), " ", h("code", {}, id)),
      h("p", { class: "quiet" }, `${count(attempts, "attempt")}, given up `, moment(at)),
      h("p", {}, told ?? reason),
    ),
    button(`letter-${consumer}-${id}`, "Retry", () => retry(id), `Retry ${consumer} for ${id}`),
  );
}

function drawDelivery(delivery) {
  const { word, tone, more } = standing(delivery);
  return h(
    "li",
    { class: tone },
    h("span", { class: "consumer" }, delivery.consumer),
    " ",
    h("span", { class: "fate" }, word),
    more ? h("span", { class: "quiet" }, ` ${more}. `) : null,
    delivery.state === "PENDING" && delivery.attempts
      ? h("span", { class: "quiet" }, "Due ", moment(delivery.at), ".")
      : null,
  );
}

function whose(fan) {
  if (!fan) return h("span", { class: "quiet" }, "of nobody ");
  return [h("a", { href: `#fans?${new URLSearchParams({ fan })}` }, fan), " "];
}

function button(id, text, onclick, label = null) {
  return h("button", { id, class: "secondary", type: "button", onclick, "aria-label": label }, text);
}
