/** The view of the policy lab: a policy with sliders, and what it does at once. */

import { byId, h } from "../dom.js";
import { tellErrors, tellNoAnswer } from "../problems.js";
import { FANS } from "../samples.js";
import { check, findingsOf, livePolicies, sampleFindings } from "./calls.js";
import { policyControls } from "./controls.js";
import { readFindings, readPolicy } from "./decide.js";
import { VERSION, draftOf, edited, isDecidable, isSame, partsOf, textOf } from "./draft.js";
import { scoresOf } from "./figures.js";
import { openFiles } from "./files.js";
import { keepHistogramWide, showResults } from "./results.js";

const QUIET_MS = 500;
const CHECK_MS = 120;

const choice = byId("lab-live");
const version = byId("lab-version");
const fan = byId("lab-fan");
const event = byId("lab-event");
const status = byId("lab-status");

/** What the gateway said once: signals, live policies, the sample. */
let known = null;
/** The live policy that is compared with: its event, its draft, and what it decides. */
let live = null;
let draft = null;
/** The draft as it was when a person was last done with a value, and those before it. */
let settled = null;
const past = [];
let controls = null;
let policy = null;
/** What the loader refuses the draft for, if it does. */
let mistake = null;
let shownFan = null;
/** Which fan was looked up last, and for which event. */
let askedFor = null;
let wantedEvent = "";
let asking = new AbortController();
let checking = new AbortController();
const timers = {};
let frame = 0;
let moved = () => {};
let files = null;

/**
 * Put the view to work; `said` is called when the address must say something else.
 * @param {{sample: boolean}} about what this gateway has
 */
export function openLabView(said, about) {
  moved = said;
  if (about.sample) fan.value = FANS[0].id;
  byId("lab-form").addEventListener("submit", (submitted) => submitted.preventDefault());
  byId("lab-fan-form").addEventListener("submit", (submitted) => {
    submitted.preventDefault();
    moved();
    lookUp();
  });
  choice.addEventListener("change", () => {
    chooseLive(known.policies[choice.selectedIndex]);
    moved();
  });
  byId("lab-undo").addEventListener("click", undo);
  byId("lab-reset").addEventListener("click", () => {
    if (!isSame(draft, live.draft)) replace(live.draft);
  });
  version.addEventListener("input", () => change(VERSION, version.value, false));
  version.addEventListener("change", () => change(VERSION, version.value, true));
  files = openFiles(byId("lab-view"), {
    event: () => live.event,
    text: () => textOf(draft),
    take: (parts) => replace(draftOf(parts)),
    markVersion,
  });
  keepHistogramWide();
}

/** Return what the view shows, as parameters of an address. */
export function labState() {
  const state = { fan: fan.value.trim(), event: event.value.trim() };
  const chosen = live?.event ?? wantedEvent;
  return new URLSearchParams(chosen ? { ...state, policy: chosen } : state);
}

/** Take over what an address says. */
export function takeLabState(parameters) {
  fan.value = parameters.get("fan") ?? fan.value;
  event.value = parameters.get("event") ?? event.value;
  wantedEvent = parameters.get("policy") ?? "";
}

/** Load what the lab needs, unless it is there. */
export async function showLabOnce() {
  if (known) {
    const wanted = chosenEntry();
    if (wanted.event !== live.event) chooseLive(wanted);
    if (askedFor !== wantedFan()) lookUp();
    return;
  }
  byId("lab-problems").replaceChildren();
  try {
    const [{ signals, policies }, sample] = await Promise.all([livePolicies(), sampleFindings()]);
    known = { signals, policies, sample, crowd: sample.map(readFindings) };
  } catch (error) {
    byId("lab-problems").replaceChildren(tellNoAnswer("h2", error, showLabOnce));
    return;
  }
  choice.replaceChildren(...known.policies.map((each) => h("option", {}, titleOf(each))));
  byId("lab-room").hidden = false;
  byId("lab-unknown").textContent = unknownSignals();
  chooseLive(chosenEntry());
  lookUp();
}

function chosenEntry() {
  return known.policies.find((each) => each.event === (wantedEvent || null)) ?? known.policies[0];
}

function titleOf({ event: of, policy: parts }) {
  return `${of === null ? "Default" : `Event ${of}`} – ${parts.version}`;
}

function unknownSignals() {
  const own = known.signals.filter(({ name }) => !known.sample.some((each) => each.signals[name]));
  if (!own.length) return "";
  const names = own.map((signal) => signal.name).join(", ");
  return `Nothing is made up of ${names}: these fans count as not asked.`;
}

function chooseLive(entry) {
  const own = draftOf(entry.policy);
  const read = readPolicy(entry.policy, known.signals);
  live = { event: entry.event, draft: own, policy: read, scores: scoresOf(read, known.crowd) };
  choice.selectedIndex = known.policies.indexOf(entry);
  wantedEvent = entry.event ?? "";
  if (draft) replace(own);
  else take(own);
}

/** Take another draft, of whatever shape, and keep the one before. */
function replace(next) {
  // What is still being typed belongs to the draft before; a browser says so as its input goes.
  if (byId("lab-controls").contains(document.activeElement)) document.activeElement.blur();
  if (textOf(next) !== textOf(draft)) past.push(draft);
  take(next);
}

function undo() {
  if (textOf(draft) === textOf(settled)) {
    if (past.length) take(past.pop());
  } else {
    take(settled);
  }
}

function take(next) {
  const isShaped = draft && JSON.stringify(draft.signals) === JSON.stringify(next.signals);
  draft = next;
  settled = next;
  if (!isShaped || !controls) {
    controls = policyControls(next, known.signals, known.sample, change);
    byId("lab-controls").replaceChildren(...controls.elements);
  }
  version.value = next.values[VERSION];
  decideAnew();
  draw();
}

function change(where, text, isDone) {
  draft = edited(draft, where, text);
  if (isDone && textOf(draft) !== textOf(settled)) {
    past.push(settled);
    settled = draft;
  }
  decideAnew();
  frame ||= requestAnimationFrame(draw);
}

function decideAnew() {
  files.forget();
  checking.abort();
  if (isDecidable(draft)) policy = readPolicy(partsOf(draft), known.signals);
  later("check", CHECK_MS, checkDraft);
}

async function checkDraft() {
  checking.abort();
  checking = new AbortController();
  const { signal } = checking;
  try {
    const { mistake: found = null, policy: parts } = await check(textOf(draft), signal);
    if (signal.aborted) return;
    mistake = found;
    mark();
    if (parts && !isDecidable(draft)) {
      policy = readPolicy(parts, known.signals);
      draw();
    }
  } catch (error) {
    if (signal.aborted) return;
    byId("lab-problems").replaceChildren(tellNoAnswer("h2", error, checkDraft));
  }
}

function mark() {
  const isOfVersion = mistake?.where === VERSION;
  markVersion(isOfVersion ? mistake : null);
  const isMarked = controls.mark(isOfVersion ? null : mistake) || isOfVersion;
  byId("lab-problems").replaceChildren(
    ...(mistake && !isMarked ? tellErrors("h2", [{ message: told(mistake) }]) : []),
  );
  byId("lab-stale").hidden = !mistake || isDecidable(draft);
  if (mistake) status.textContent = `Not a policy: ${told(mistake)}.`;
}

function markVersion(problem) {
  const line = byId("lab-version-mistake");
  line.hidden = problem === null;
  line.textContent = problem ? told(problem) : "";
  if (problem) version.setAttribute("aria-invalid", "true");
  else version.removeAttribute("aria-invalid");
}

function told({ where, problem }) {
  return `${where}: ${problem}`;
}

function draw() {
  cancelAnimationFrame(frame);
  frame = 0;
  controls.show(draft, live.draft);
  const isUndoable = past.length > 0 || textOf(draft) !== textOf(settled);
  allow(byId("lab-undo"), isUndoable);
  allow(byId("lab-reset"), !isSame(draft, live.draft));
  const summary = showResults(live, policy, known, shownFan);
  later("tell", QUIET_MS, () => {
    if (!mistake) status.textContent = summary;
  });
}

/** Show whether a button does anything. It keeps the focus, which a disabled one would lose. */
function allow(button, is) {
  button.setAttribute("aria-disabled", String(!is));
}

function wantedFan() {
  return JSON.stringify([fan.value.trim(), event.value.trim()]);
}

async function lookUp() {
  askedFor = wantedFan();
  asking.abort();
  asking = new AbortController();
  const { signal } = asking;
  const [id, of] = [fan.value.trim(), event.value.trim() || null];
  const problems = byId("lab-fan-problems");
  try {
    const { findings, error } = await findingsOf(id, of, signal);
    if (signal.aborted) return;
    shownFan = findings ? { id, findings, read: readFindings(findings) } : null;
    problems.replaceChildren(...(error ? tellErrors("h3", [error]) : []));
  } catch (error) {
    if (signal.aborted) return;
    shownFan = null;
    problems.replaceChildren(tellNoAnswer("h3", error, lookUp));
  }
  draw();
}

function later(name, delay, what) {
  clearTimeout(timers[name]);
  timers[name] = setTimeout(what, delay);
}
