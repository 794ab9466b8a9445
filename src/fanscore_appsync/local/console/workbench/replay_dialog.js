/** Asks before an event is delivered again: to whom, and whether what sends is meant. */

import { h } from "../dom.js";

/**
 * Ask a person.
 *
 * @param {{id: string, type: string | null}} event
 * @param {{name: string, sends: boolean}[]} consumers
 * @returns {Promise<{consumers: string[], alsoSend: boolean} | null>} `null` if it is not meant
 */
export function askForReplay(event, consumers) {
  return new Promise((resolve) => {
    const dialog = drawDialog(event, consumers);
    const form = dialog.querySelector("form");
    let wish = null;
    form.addEventListener("change", () => showWarning(form, consumers));
    form.addEventListener("submit", (submitted) => {
      submitted.preventDefault();
      const chosen = chosenOf(form);
      if (!chosen.length) return showMistake(form);
      wish = { consumers: chosen, alsoSend: sendsAny(chosen, consumers) };
      return dialog.close();
    });
    dialog.querySelector(".secondary").addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(wish);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

function drawDialog(event, consumers) {
  return h(
    "dialog",
    { "aria-labelledby": "replay-h" },
    h(
      "form",
      { autocomplete: "off" },
      h("h2", { id: "replay-h" }, "Deliver this event again?"),
      h("p", {}, h("code", {}, event.id), event.type ? ` · ${event.type}` : null),
      h(
        "fieldset",
        {},
        h("legend", {}, "To whom"),
        h("div", { class: "choices" }, consumers.map(choice)),
      ),
      h("p", { class: "replay-warning", role: "status", hidden: true }, WARNING),
      h("p", { class: "replay-mistake", role: "alert" }),
      h(
        "div",
        { class: "send" },
        h("button", { class: "primary", type: "submit" }, "Deliver again"),
        h("button", { class: "secondary", type: "button" }, "Cancel"),
      ),
    ),
  );
}

const WARNING =
  "notification and sync reach people and systems outside. What they send cannot be taken back.";

function choice({ name, sends }) {
  return h(
    "label",
    {},
    h("input", { type: "checkbox", name: "consumer", value: name, checked: !sends }),
    ` ${name}`,
  );
}

function chosenOf(form) {
  return [...form.querySelectorAll("input:checked")].map((each) => each.value);
}

function sendsAny(chosen, consumers) {
  return consumers.some(({ name, sends }) => sends && chosen.includes(name));
}

function showWarning(form, consumers) {
  form.querySelector(".replay-warning").hidden = !sendsAny(chosenOf(form), consumers);
  form.querySelector(".replay-mistake").textContent = "";
}

function showMistake(form) {
  form.querySelector(".replay-mistake").textContent = "Choose at least one consumer.";
}
