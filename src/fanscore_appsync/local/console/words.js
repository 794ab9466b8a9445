/** What codes mean, in words: reasons of a score, fates of a step, errors. */

/** Reason codes: a short title, and more where the answer's own message says too little. */
export const REASONS = {
  IDENTITY_SCORE: { title: "Identity score" },
  ACCOUNT_SCORE: { title: "Account score" },
  NO_HISTORY: {
    title: "No history",
    more: "So the fan starts where the policy says, and is not rejected for being new.",
  },
  ARM_LOW_RISK: { title: "ARM: low risk" },
  ARM_MEDIUM_RISK: { title: "ARM: medium risk" },
  ARM_HIGH_RISK: { title: "ARM: high risk" },
  ARM_NO_SCORE: { title: "ARM: no score" },
  ARM_UNAVAILABLE: {
    title: "ARM: no answer",
    more: "The policy says what counts instead. Once arm_scoring answers, the score may change.",
  },
  ARM_NOT_ASKED: { title: "ARM: not asked" },
  EVENT_NO_DEMAND: { title: "Event: no demand" },
  EVENT_DEMAND: { title: "Event: demand" },
  EVENT_STRONG_DEMAND: { title: "Event: strong demand" },
  EVENT_NOT_ASKED: { title: "Event: not asked", more: "No event was given." },
  EVENT_UNAVAILABLE: {
    title: "Event: no answer",
    more: "The policy says what counts instead. Once demand_table answers, the score may change.",
  },
  MODEL_LIKELY_HUMAN: { title: "Model: likely human" },
  MODEL_UNSURE: { title: "Model: unsure" },
  MODEL_LIKELY_BOT: { title: "Model: likely bot" },
  MODEL_NOT_ASKED: { title: "Model: not asked", more: "It has not finished a run yet." },
  MODEL_NO_VERDICT: { title: "Model: no verdict" },
  MODEL_UNAVAILABLE: {
    title: "Model: no answer",
    more: "The policy says what counts instead. Once fan_identity_table answers, the score may change.",
  },
  CLAMPED: { title: "Clamped", more: "This brings the sum back to the nearest end of that range." },
};

/** Signals of a score, by the name that `degraded` gives them. */
export const SIGNALS = {
  arm: "ARM risk scoring",
  event: "demand for the event",
  model: "the bot model",
};

/** Fates of a step: a colour's name, and how the step ended. */
export const FATES = {
  ran: { tone: "ran", means: "did its work" },
  failed: { tone: "failed", means: "the run ended with its error" },
  degraded: { tone: "degraded", means: "no answer came, and the run went on without it" },
  "returned early": { tone: "early", means: "nothing was left to ask, and the run went on" },
  ended: { tone: "early", means: "the result was known, so no later step was needed" },
  dropped: { tone: "dropped", means: "begun, then given up because of an earlier step" },
  "not reached": { tone: "dropped", means: "never begun, because of an earlier step" },
};

const ERRORS = {
  INVALID_INPUT: "Change the input at the place that the message names.",
  INVALID_ID: "Check what was typed for a blank or another character that ids do not have.",
  NOT_LOGGED_IN: "This is for fans: choose a fan as the caller.",
  NOT_OWNER: "Fans may only ask for what is their own: call as that fan.",
  NOT_ALLOWED: "This kind of caller may not ask for this: choose another caller.",
  NOT_ELIGIBLE: "The fan may not enter this campaign.",
  NOT_FOUND: "Nothing is stored under this id. Check its spelling.",
  CONFLICT: "Others wrote at the same time. Read again, then send it once more.",
  RATE_LIMITED: "Too many calls with this key. Wait a moment.",
  INTERNAL: "Something unforeseen. The log of the gateway has the details.",
  UNAVAILABLE: "A system that the answer needs did not answer. Try again later.",
  DEADLINE_EXCEEDED: "The time ran out. Try again later.",
  Unauthorized: "The schema does not allow this caller here: choose another caller.",
  UnauthorizedException: "The gateway does not accept these credentials: choose another caller.",
  MalformedHttpRequestException: "The gateway could not read the request.",
};

/** Return a reason's title, also for a code of a policy of one's own. */
export function reasonTitle(code) {
  return REASONS[code]?.title ?? sentence(code);
}

/** Say what to do about a GraphQL error, or null. */
export function errorHelp(error) {
  return ERRORS[error.errorInfo?.code] ?? ERRORS[error.errorType] ?? null;
}

/** Write points with a sign. */
export function signed(points) {
  if (!points) return "0";
  return points > 0 ? `+${points}` : `\u2212${-points}`;
}

/** Write a number, with a true minus. */
export function plain(number) {
  return `${number}`.replace("-", "\u2212");
}

/** Write milliseconds as short as they allow. */
export function ms(time) {
  if (time < 0.05) return "<0.1 ms";
  return `${time < 100 ? time.toFixed(1) : Math.round(time).toLocaleString("en")} ms`;
}

/** Count a noun. */
export function count(number, noun) {
  return number === 1 ? `1 ${noun}` : `${number} ${noun}s`;
}

/** Join words as in a sentence. */
export function and(words) {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

function sentence(code) {
  const words = code.toLowerCase().replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
