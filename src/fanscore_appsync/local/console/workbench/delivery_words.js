/** How a delivery stands, in words and a tone. */

/** Return the word, the tone and more of a delivery. */
export function standing({ state, attempts, reason }) {
  const more = [attempts ? tries(attempts) : null, reason].filter(Boolean).join(". ");
  if (state === "DONE") return { word: "delivered", tone: "ran", more: "" };
  if (state === "DEAD") return { word: "dead letter", tone: "failed", more };
  return attempts
    ? { word: "failed, due again", tone: "degraded", more }
    : { word: "waiting", tone: "early", more };
}

/** Say what came of a retry or a replay. */
export function outcomeSentence(count, undelivered, what) {
  if (!count) return `Nothing was ${what}: there is nothing left to be.`;
  const head = `${count === 1 ? "1 delivery" : `${count} deliveries`} ${what}`;
  if (!undelivered.length) return `${head}, all delivered.`;
  const names = undelivered.map(({ consumer, reason }) => (reason ? `${consumer} (${reason})` : consumer));
  return `${head}. Not delivered yet: ${names.join("; ")}.`;
}

function tries(attempts) {
  return attempts === 1 ? "1 attempt" : `${attempts} attempts`;
}
