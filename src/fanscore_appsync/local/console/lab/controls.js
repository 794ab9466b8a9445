/** The controls of a policy: a slider and a number for each of its values. */

import { h } from "../dom.js";
import { reasonTitle } from "../words.js";
import { HIGH, LOW, NO_HISTORY, bandPath, unavailableOf } from "./draft.js";
import { boundLimits, pointLimits, rangeLimits, startLimits } from "./limits.js";

/**
 * Make the controls of a draft.
 *
 * @param {object} draft the draft
 * @param {{name: string, valueName: string, asked: string}[]} signals in the order of a policy
 * @param {object[]} findings of the sample, which say how far a bound may reasonably go
 * @param {(where: string, text: string, isDone: boolean) => void} changed is called as a value
 *   changes, and once more when the person is done with it
 * @returns {{elements: Node[], show: Function, mark: Function}}
 */
export function policyControls(draft, signals, findings, changed) {
  const rows = new Map();
  const row = (where, label, about, limits) => {
    const made = valueRow(where, label, about, limits, changed);
    rows.set(where, made);
    return made.element;
  };
  const shapes = new Map(draft.signals.map((each) => [each.name, each.codes]));
  const elements = [
    group("Every fan", null, [
      row(LOW, "Least score", "", rangeLimits(draft)),
      row(HIGH, "Greatest score", "", rangeLimits(draft)),
      row(NO_HISTORY, "Start without history", "", startLimits(draft)),
    ]),
    ...signals.map((signal) => {
      const { name } = signal;
      const points = pointLimits(draft);
      return group(signal.valueName, name, [
        ...shapes.get(name).map((code, index, { length }) => {
          const title = reasonTitle(code);
          const below = bandPath(name, index, "below");
          const bound =
            index < length - 1
              ? row(below, "Below", title, boundLimits(draft, name, findings))
              : h("p", { class: "lab-open quiet" }, length === 1 ? "any value" : "and above");
          return band(title, code, [
            bound,
            row(bandPath(name, index, "points"), "Points", title, points),
          ]);
        }),
        band("No answer", `${name.toUpperCase()}_UNAVAILABLE`, [
          h("p", { class: "lab-open quiet" }, `${signal.asked} gave none`),
          row(unavailableOf(name), "Points", `no answer of ${name}`, points),
        ]),
      ]);
    }),
  ];
  return {
    elements,
    /** Show the values of a draft of the same shape, and which differ from the live ones. */
    show: (shown, live) => {
      for (const [where, each] of rows) each.show(shown.values[where], live.values[where]);
    },
    /** Mark the input that a mistake is at, and whether there is one. */
    mark: (mistake) => {
      const isPart = (where) => mistake.where !== "policy" && where.startsWith(mistake.where);
      const found = mistake && [...rows.keys()].find(isPart);
      for (const [where, each] of rows) each.mark(where === found ? mistake : null);
      return Boolean(found);
    },
  };
}

function group(title, name, children) {
  const legend = h("legend", {}, title, name ? [" ", h("code", {}, name)] : null);
  return h("fieldset", { class: "lab-group" }, legend, children);
}

function band(title, code, controls) {
  const head = h("p", { class: "lab-band-name" }, h("b", {}, title), " ", h("code", {}, code));
  return h("div", { class: "lab-band" }, head, controls);
}

function valueRow(where, label, about, limits, changed) {
  const id = `lab-${where.replace(/^policy\./, "").replace(/[^a-z0-9_]+/gi, "-")}`;
  const name = about ? `${label}: ${about}` : label;
  const problem = h("p", { class: "lab-mistake", id: `${id}-mistake`, hidden: true });
  const was = h("span", { class: "lab-was", id: `${id}-was` });
  const slider = h("input", {
    type: "range",
    id: `${id}-slider`,
    min: limits.least,
    max: limits.most,
    step: limits.step,
    "aria-label": `${name}, slider`,
  });
  const number = h("input", {
    type: "number",
    id,
    step: limits.step,
    inputmode: "decimal",
    "aria-label": name,
    "aria-describedby": `${id}-was ${id}-mistake`,
  });
  for (const [event, isDone] of [
    ["input", false],
    ["change", true],
  ]) {
    slider.addEventListener(event, () => {
      number.value = slider.value;
      changed(where, slider.value, isDone);
    });
    number.addEventListener(event, () => {
      slide(slider, number.value);
      changed(where, number.value, isDone);
    });
  }
  const element = h(
    "div",
    { class: "lab-value" },
    h("span", { class: "lab-label", "aria-hidden": "true" }, label),
    slider,
    number,
    was,
    problem,
  );
  return {
    element,
    show: (text, live) => {
      if (document.activeElement !== number || number.value !== text) number.value = text;
      slide(slider, text);
      const isChanged = live !== undefined && live !== text;
      was.textContent = isChanged ? `live: ${live}` : "";
      element.classList.toggle("changed", isChanged);
    },
    mark: (mistake) => {
      problem.hidden = mistake === null;
      problem.textContent = mistake ? `${mistake.where}: ${mistake.problem}` : "";
      if (mistake) number.setAttribute("aria-invalid", "true");
      else number.removeAttribute("aria-invalid");
    },
  };
}

/** Put a slider where a number is, and make room for one that lies beyond its ends. */
function slide(slider, text) {
  const value = Number(text);
  if (text === "" || !Number.isFinite(value)) return;
  if (value < Number(slider.min)) slider.min = text;
  if (value > Number(slider.max)) slider.max = text;
  slider.value = text;
}
