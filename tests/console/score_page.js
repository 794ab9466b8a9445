/** What a person sees in the view of a score. */

/** Open the view of a score. */
export async function openScore(browser, gateway, { fan, event }, options) {
  const page = await browser.open(
    `${gateway.url}#score?${new URLSearchParams({ fan, event })}`,
    options,
  );
  await page.locator("#score-result[aria-busy=false]").waitFor({ state: "attached" });
  return page;
}

/** The field for the fan's id. */
export const fanField = (page) => page.getByRole("combobox", { name: "Fan", exact: true });

/** The field for the event's id. */
export const eventField = (page) =>
  page.getByRole("combobox", { name: "Event optional", exact: true });

/** Wait until the number of the score is the one expected. */
export async function shownScore(page, number) {
  await page.locator("#score-number").getByText(number, { exact: true }).waitFor();
}

/** Give the lines of the table of reasons: title, code, words, points and sum. */
export async function reasonsSeen(page) {
  return page
    .locator("#score-reasons tr")
    .evaluateAll((lines) =>
      lines.map((line) =>
        [".reason-title", "code", ".meaning", "td:nth-of-type(1)", "td:nth-of-type(2)"].map(
          (part) => line.querySelector(part).innerText,
        ),
      ),
    );
}

/** Give the bars of the picture, where they stand measured on its own axis. */
export async function chartSeen(page) {
  const { ticks, rows } = await page.locator("#score-chart svg").evaluate((picture) => ({
    ticks: [...picture.querySelectorAll(".tick")].map((tick) => [
      tick.textContent,
      Number(tick.getAttribute("x")),
    ]),
    rows: [...picture.querySelectorAll(".row")].map((row) => {
      const bar = row.querySelector("rect")?.getBBox();
      const dot = row.querySelector("circle")?.getAttribute("cx");
      return {
        label: row.querySelector(".label").textContent,
        text: row.querySelector(".value").textContent,
        ends: bar ? [bar.x, bar.x + bar.width] : [Number(dot), Number(dot)],
      };
    }),
  }));
  const onAxis = axis(ticks.map(([text, x]) => [number(text), x]));
  return rows.map(({ label, text, ends }) => {
    const bar = { label, points: number(text), ends: ends.map(onAxis) };
    return label === "Score" ? bar : { ...bar, text };
  });
}

/** Give the steps of the run and what became of each. */
export async function stepsSeen(page) {
  return page
    .locator("#score-run li")
    .evaluateAll((steps) =>
      steps.map((step) => [
        step.querySelector(".name").innerText,
        step.querySelector(".fate").innerText,
      ]),
    );
}

function number(text) {
  return Number(text.replace("\u2212", "-"));
}

function axis(ticks) {
  const [[low, left], [high, right]] = [ticks[0], ticks.at(-1)];
  return (x) => {
    const points = Math.round(low + ((x - left) / (right - left)) * (high - low));
    return points + 0;
  };
}
