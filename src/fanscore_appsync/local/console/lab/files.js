/** What leaves the lab and comes into it: an exported policy, an imported one, and the diff. */

import { NoAnswer } from "../api.js";
import { byId, h } from "../dom.js";
import { tellErrors, tellNoAnswer } from "../problems.js";
import { check, diff, reportAddress } from "./calls.js";
import { diffTable } from "./diff_picture.js";
import { VERSION } from "./draft.js";

const MOST_BYTES = 200_000;

const problems = byId("lab-file-problems");
const said = byId("lab-file-told");
const version = byId("lab-version");
const found = byId("lab-diff-found");

/**
 * Put the buttons to work.
 *
 * @param {HTMLElement} view on which a file may be dropped
 * @param {object} lab `event` and `text` of the policies that are compared, `take` for parts that
 *   were imported, and `markVersion` for a mistake in the version
 */
export function openFiles(view, lab) {
  const picker = byId("lab-file");
  byId("lab-export").addEventListener("click", () => tried(() => save(lab)));
  byId("lab-diff").addEventListener("click", () => tried(() => showDiff(lab)));
  byId("lab-import").addEventListener("click", () => picker.click());
  picker.addEventListener("change", () => {
    const [file] = picker.files;
    if (file) tried(() => load(file, lab));
    picker.value = "";
  });
  view.addEventListener("dragover", (dragged) => dragged.preventDefault());
  view.addEventListener("drop", (dropped) => {
    dropped.preventDefault();
    const [file] = dropped.dataTransfer.files;
    if (file) tried(() => load(file, lab));
  });
  return {
    /** Forget what was said of a draft that has changed since. */
    forget: () => {
      problems.replaceChildren();
      found.replaceChildren();
      said.textContent = "";
    },
  };
}

async function tried(what) {
  problems.replaceChildren();
  said.textContent = "";
  try {
    await what();
  } catch (error) {
    problems.replaceChildren(tellNoAnswer("h3", error));
  }
}

async function save(lab) {
  const read = await check(lab.text());
  const mistake = read.mistake ?? taken(read);
  if (mistake) return refuseDraft(mistake, lab, "Not exported");
  const name = `${read.policy.version.replace(/[^\w.-]+/g, "_")}.json`;
  const address = URL.createObjectURL(new Blob([`${read.text}\n`], { type: "application/json" }));
  h("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
  said.textContent = `Exported as ${name}; digest ${read.digest}.`;
  return undefined;
}

async function load(file, lab) {
  const read = await check(await textOf(file));
  if (read.mistake) return refuse(read.mistake, `${file.name} is not imported`);
  lab.take(read.policy);
  said.textContent = `Imported ${file.name}.`;
  return undefined;
}

async function showDiff(lab) {
  const [event, text] = [lab.event(), lab.text()];
  const { mistake, report } = await diff(event, text);
  if (mistake) return refuseDraft(mistake, lab, "No diff");
  const address = reportAddress(event, text);
  found.replaceChildren(
    diffTable(report),
    h(
      "p",
      {},
      h("a", { href: address, target: "_blank", rel: "noopener" }, "Open the full report"),
      h("span", { class: "quiet" }, " in a tab of its own"),
    ),
  );
  said.textContent = "The core has compared both policies on the made-up fans.";
  return undefined;
}

function taken(read) {
  return read.taken ? { where: VERSION, problem: read.taken } : null;
}

function refuse(mistake, what) {
  const message = `${what}: ${mistake.where}: ${mistake.problem}`;
  problems.replaceChildren(...tellErrors("h3", [{ message }]));
}

function refuseDraft(mistake, lab, what) {
  refuse(mistake, what);
  if (mistake.where !== VERSION) return;
  lab.markVersion(mistake);
  version.focus();
  version.select();
}

async function textOf(file) {
  const expected = "Choose the JSON document of a score policy.";
  if (file.size > MOST_BYTES) {
    throw new NoAnswer(`${file.name} is not imported: it is too long for a policy.`, expected);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
  } catch {
    throw new NoAnswer(`${file.name} is not imported: it is not UTF-8.`, expected);
  }
}
