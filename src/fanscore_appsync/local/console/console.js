/** The console: views, each of which an address can hold, so that it can be shared. */

import { byId } from "./dom.js";
import { labState, openLabView, showLabOnce, takeLabState } from "./lab/view.js";
import { openQueryView, queryState, takeQueryState } from "./query_view.js";
import { openScoreView, scoreState, showScoreOnce, takeScoreState } from "./score_view.js";
import { openWorkbench } from "./workbench.js";

const LAB = { title: "Policy lab", state: labState, take: takeLabState, shown: showLabOnce };
const { about, views } = await openWorkbench((name, how) => move(name, how));
const VIEWS = {
  score: { title: "Score", state: scoreState, take: takeScoreState, shown: showScoreOnce },
  query: { title: "Query", state: queryState, take: takeQueryState, shown: () => {} },
  ...(about.local ? { lab: LAB } : {}),
  ...views,
};

openScoreView(() => move("score", "push"), about);
openQueryView((how) => move("query", how), about);
if (about.local) openLabView(() => move("lab", "replace"), about);
byId("to-lab").hidden = !about.local;
byId("skip").addEventListener("click", (clicked) => {
  clicked.preventDefault();
  byId("main").focus();
});
addEventListener("popstate", open);
open();
byId("main").removeAttribute("aria-busy");

function open() {
  const [name, parameters] = readAddress();
  VIEWS[name].take(parameters);
  move(name, "replace");
  for (const each of Object.keys(VIEWS)) byId(`${each}-view`).hidden = each !== name;
  document.title = `${VIEWS[name].title} · fanscore console`;
  VIEWS[name].shown();
}

function readAddress() {
  const [name, parameters] = location.hash.slice(1).split(/\?(.*)/s);
  return [Object.hasOwn(VIEWS, name) ? name : "score", new URLSearchParams(parameters)];
}

function move(name, how) {
  const address = addressOf(name);
  if (location.hash !== address) history[`${how}State`](null, "", address);
  for (const each of Object.keys(VIEWS)) {
    const link = byId(`to-${each}`);
    link.href = addressOf(each);
    if (each === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

function addressOf(name) {
  return `#${name}?${VIEWS[name].state()}`;
}
