/** The view of a query: an editor, a caller, the response and what ran for it. */

import { NoAnswer, ask, developmentKey } from "./api.js";
import { drawRuns } from "./batch_picture.js";
import { byId, h } from "./dom.js";
import { jsonText } from "./json_text.js";
import { tellErrors, tellNoAnswer } from "./problems.js";
import { EXAMPLES, FANS } from "./samples.js";
import { count, ms } from "./words.js";

const form = byId("query-form");
const examples = byId("query-example");
const query = byId("query-text");
const variables = byId("query-variables");
const fan = byId("query-fan");
const key = byId("query-key");
const role = byId("query-role");
const status = byId("query-status");
const response = byId("query-response");
let running = new AbortController();

/**
 * Put the view to work.
 *
 * @param {(how: "push" | "replace") => void} moved is called when a person runs or changes the query
 * @param {{sample: boolean, local: boolean}} about what this gateway has
 */
export function openQueryView(moved, about) {
  byId("query-service-choice").hidden = !about.local;
  if (about.sample) fan.value = FANS[0].id;
  const offered = EXAMPLES.filter((each) => about.local || each.as !== "service");
  examples.append(...offered.map((each) => h("option", { value: each.id }, each.title)));
  examples.addEventListener("change", () => takeExample(examples.value));
  query.addEventListener("input", markExample);
  form.addEventListener("change", () => {
    showCaller();
    moved("replace");
  });
  form.addEventListener("submit", (submitted) => {
    submitted.preventDefault();
    moved("push");
    runQuery();
  });
  form.addEventListener("keydown", (pressed) => {
    if (pressed.key === "Enter" && (pressed.ctrlKey || pressed.metaKey)) form.requestSubmit();
  });
  takeExample(EXAMPLES[0].id);
}

/** Return what the view shows, as parameters of an address. An API key is never part of it. */
export function queryState() {
  const parameters = new URLSearchParams();
  const example = exampleShown();
  if (example) parameters.set("example", example.id);
  else parameters.set("query", query.value);
  if (variables.value !== variablesText(example)) parameters.set("variables", variables.value);
  parameters.set("as", callerKind());
  if (callerKind() === "fan") parameters.set("fan", fan.value.trim());
  if (callerKind() === "service") parameters.set("role", role.value.trim());
  return parameters;
}

/** Take over what an address says. It does not run: a link must not change anything. */
export function takeQueryState(parameters) {
  if (parameters.has("example")) takeExample(parameters.get("example"));
  if (parameters.has("query")) {
    query.value = parameters.get("query");
    variables.value = "";
  }
  variables.value = parameters.get("variables") ?? variables.value;
  fan.value = parameters.get("fan") ?? fan.value;
  role.value = parameters.get("role") ?? role.value;
  if (parameters.has("as")) chooseCaller(parameters.get("as"));
  markExample();
}

function takeExample(id) {
  const example = EXAMPLES.find((each) => each.id === id);
  if (!example) return;
  query.value = example.query;
  variables.value = variablesText(example);
  chooseCaller(example.as);
  markExample();
}

function variablesText(example) {
  return example?.variables ? JSON.stringify(example.variables, null, 2) : "";
}

function exampleShown() {
  return EXAMPLES.find((each) => each.query === query.value);
}

function markExample() {
  examples.value = exampleShown()?.id ?? "";
}

function callerKind() {
  return form.elements.caller.value;
}

function chooseCaller(kind) {
  const choice = [...form.elements.caller].find((each) => each.value === kind);
  if (choice && !choice.parentElement.hidden) choice.checked = true;
  showCaller();
}

function showCaller() {
  const kind = callerKind();
  byId("query-fan-field").hidden = kind !== "fan";
  byId("query-key-field").hidden = kind !== "key";
  byId("query-role-field").hidden = kind !== "service";
  byId("query-none-note").hidden = kind !== "none";
  fan.required = kind === "fan";
  key.required = kind === "key";
  role.required = kind === "service";
  if (kind === "key" && !key.value) fillKey();
}

async function fillKey() {
  const given = await developmentKey().catch(() => null);
  if (!key.value) key.value = given ?? "";
}

function caller() {
  const kind = callerKind();
  if (kind === "fan") return { kind, id: fan.value.trim() };
  if (kind === "service") return { kind, role: role.value.trim() };
  return kind === "key" ? { kind, key: key.value.trim() } : { kind };
}

async function runQuery() {
  running.abort();
  running = new AbortController();
  const { signal } = running;
  try {
    const request = { query: query.value, variables: parsedVariables() };
    busy(true);
    show(await ask(request, caller(), signal));
  } catch (error) {
    if (signal.aborted) return;
    fail(error);
  }
  busy(false);
}

function parsedVariables() {
  const text = variables.value.trim();
  let given = {};
  try {
    given = text ? JSON.parse(text) : {};
  } catch (error) {
    return refuseVariables(`The variables are not JSON: ${error.message}.`);
  }
  if (given === null || typeof given !== "object" || Array.isArray(given)) {
    return refuseVariables("The variables are not a JSON object.");
  }
  variables.removeAttribute("aria-invalid");
  return given;
}

function refuseVariables(told) {
  variables.setAttribute("aria-invalid", "true");
  variables.focus();
  throw new NoAnswer(told, "Nothing was sent.");
}

function busy(is) {
  byId("query-result").setAttribute("aria-busy", String(is));
  if (is) status.textContent = "Asking…";
}

function show({ body, status: code, tookMs, fields }) {
  const errors = Array.isArray(body.errors) ? body.errors : [];
  byId("query-problems").replaceChildren(...tellErrors("h3", errors));
  response.replaceChildren(...jsonText(body));
  response.hidden = false;
  byId("query-nothing").hidden = true;
  const told = errors.length ? count(errors.length, "error") : "no errors";
  status.textContent = `HTTP ${code}, ${told}, ${ms(tookMs)}`;
  showRuns(fields);
}

function showRuns(fields) {
  byId("query-run").hidden = !fields?.length;
  byId("query-run-pictures").replaceChildren(...drawRuns(fields ?? []));
}

function fail(error) {
  byId("query-problems").replaceChildren(tellNoAnswer("h3", error));
  response.hidden = true;
  byId("query-nothing").hidden = true;
  showRuns(null);
  status.textContent = error instanceof NoAnswer ? error.message : "No response.";
}
