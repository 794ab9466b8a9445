/** A field that finds fans by how their ids begin: a combobox with a list, used by keyboard too. */

import { h } from "../dom.js";
import { count } from "../words.js";
import { look } from "./calls.js";

const PAUSE_MS = 120;
const MOST = 20;

/**
 * Make the field.
 *
 * @param {(fan: string) => void} chosen is called with the fan that a person chose or typed
 * @returns {{element: HTMLElement, input: HTMLInputElement}}
 */
export function fanSearch(chosen) {
  const input = h("input", {
    id: "fans-fan",
    role: "combobox",
    "aria-expanded": "false",
    "aria-controls": "fans-found",
    "aria-autocomplete": "list",
    "aria-describedby": "fans-hint",
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    maxlength: "128",
  });
  const list = h("ul", { id: "fans-found", role: "listbox", "aria-label": "Fans", hidden: true });
  const told = h("p", { id: "fans-told", class: "quiet", role: "status" });
  const element = h(
    "div",
    { class: "field finder" },
    h("label", { for: "fans-fan" }, "Find a fan ", hint()),
    h("div", { class: "finder-field" }, input, list),
    told,
  );
  const search = { input, list, told, chosen, fans: [], active: -1, timer: 0, asking: null };
  input.addEventListener("input", () => lookSoon(search));
  input.addEventListener("keydown", (pressed) => keyPressed(search, pressed));
  input.addEventListener("blur", () => close(search));
  // Before the field loses the focus, which closes the list.
  list.addEventListener("mousedown", (pressed) => {
    pressed.preventDefault();
    const at = [...list.children].indexOf(pressed.target.closest("li"));
    if (at >= 0) choose(search, search.fans[at]);
  });
  return { element, input };
}

function hint() {
  return h("span", { id: "fans-hint", class: "quiet" }, "how the globalUserId begins");
}

function lookSoon(search) {
  clearTimeout(search.timer);
  search.asking?.abort();
  search.timer = setTimeout(() => find(search), PAUSE_MS);
}

async function find(search) {
  const prefix = search.input.value;
  search.asking = new AbortController();
  const { signal } = search.asking;
  if (!prefix) return show(search, [], "");
  try {
    const { fans } = await look("fans", { prefix }, signal);
    return show(search, fans, sentence(fans, prefix));
  } catch (error) {
    return signal.aborted ? undefined : show(search, [], error.message);
  }
}

function sentence(fans, prefix) {
  if (!fans.length) return `Nothing is stored of a fan whose id begins with “${prefix}”.`;
  if (fans.length === MOST) return `The first ${MOST} fans. Type more to narrow it down.`;
  return `${count(fans.length, "fan")}. Arrow keys choose, Enter opens.`;
}

function show(search, fans, told) {
  search.fans = fans;
  search.told.textContent = told;
  search.list.replaceChildren(
    ...fans.map((fan, at) => h("li", { id: `fans-found-${at}`, role: "option" }, fan)),
  );
  activate(search, -1);
  open(search, fans.length > 0 && document.activeElement === search.input);
}

function keyPressed(search, pressed) {
  const { key, isComposing } = pressed;
  if (isComposing) return;
  if (key === "ArrowDown" || key === "ArrowUp") {
    pressed.preventDefault();
    if (search.fans.length) move(search, key === "ArrowDown" ? 1 : -1);
  } else if (key === "Enter") {
    pressed.preventDefault();
    const typed = search.input.value.trim();
    choose(search, search.fans[search.active] ?? typed);
  } else if (key === "Escape") {
    close(search);
  }
}

function move(search, by) {
  open(search, true);
  const places = search.fans.length + 1; // and one for what is typed
  activate(search, ((search.active + 1 + by + places) % places) - 1);
}

function activate(search, at) {
  search.active = at;
  for (const [position, option] of [...search.list.children].entries()) {
    option.setAttribute("aria-selected", String(position === at));
    if (position === at) option.scrollIntoView({ block: "nearest" });
  }
  if (at >= 0) search.input.setAttribute("aria-activedescendant", `fans-found-${at}`);
  else search.input.removeAttribute("aria-activedescendant");
}

function choose(search, fan) {
  clearTimeout(search.timer);
  search.asking?.abort();
  if (!fan) return;
  search.input.value = fan;
  show(search, [], "");
  search.chosen(fan);
}

function open(search, is) {
  search.list.hidden = !is;
  search.input.setAttribute("aria-expanded", String(is));
}

function close(search) {
  activate(search, -1);
  open(search, false);
}
