/** What went wrong, in words that say what to do. */

import { NoAnswer } from "./api.js";
import { h } from "./dom.js";
import { errorHelp } from "./words.js";

/** Tell of a call that got no usable answer, under a heading; `again` tries once more. */
export function tellNoAnswer(heading, error, again) {
  const known = error instanceof NoAnswer;
  return h(
    "div",
    { class: "problem" },
    h(heading, {}, known ? error.message : "Something went wrong in the console."),
    h("p", {}, known ? error.help : `${error.name}: ${error.message}`),
    again ? h("button", { type: "button", class: "secondary", onclick: again }, "Try again") : null,
  );
}

/** Tell of the errors of an answer, each under a heading: what, where, and what to do. */
export function tellErrors(heading, errors) {
  return errors.map((error) =>
    h(
      "div",
      { class: "problem" },
      h(heading, {}, String(error.message ?? "An error without a message")),
      h(
        "p",
        { class: "marks" },
        marks(error).map((mark) => h("code", {}, mark)),
      ),
      errorHelp(error) ? h("p", {}, errorHelp(error)) : null,
    ),
  );
}

function marks(error) {
  const { code, ...info } = error.errorInfo ?? {};
  const others = Object.entries(info).map(
    ([name, value]) => `${name}: ${[value].flat().join(", ")}`,
  );
  const [place] = error.locations ?? [];
  return [
    error.errorType,
    code,
    error.path?.length ? `at ${error.path.join(".")}` : null,
    place ? `line ${place.line}, column ${place.column}` : null,
    ...others,
  ].filter(Boolean);
}
