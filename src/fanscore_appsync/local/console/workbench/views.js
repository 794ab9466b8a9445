/** The views of the workbench: each with its section of the page and its way there. */

import { byId, h } from "../dom.js";
import { eventsState, openEventsView, showEvents, takeEventsState } from "./events_view.js";
import { fansState, openFansView, showFanOnce, takeFansState } from "./fans_view.js";

/** Put the views into the page, and return them as the console holds views. */
export function openViews(about, moved) {
  document.head.append(h("link", { rel: "stylesheet", href: "workbench/workbench.css" }));
  const fans = addView("fans", "Fans", "Who is this fan?");
  openFansView(fans, about, (how) => moved("fans", how));
  const events = addView("events", "Events", "What was published, and what became of it?");
  openEventsView(events, about, (how) => moved("events", how));
  return {
    fans: { title: "Fans", state: fansState, take: takeFansState, shown: showFanOnce },
    events: { title: "Events", state: eventsState, take: takeEventsState, shown: showEvents },
  };
}

function addView(name, title, heading) {
  const link = h("a", { id: `to-${name}`, href: `#${name}` }, title);
  document.querySelector("nav[aria-label=Views]").append(link);
  const section = h(
    "section",
    { id: `${name}-view`, "aria-labelledby": `${name}-h`, hidden: true },
    h("h1", { id: `${name}-h` }, heading),
  );
  byId("main").append(section);
  return section;
}
