/** Calls of the gateway, and what can go wrong on the way. */

const PATIENCE_MS = 35_000;

/** The gateway gave no usable answer. Says so in `message`, and what to do in `help`. */
export class NoAnswer extends Error {
  constructor(message, help) {
    super(message);
    this.help = help;
  }
}

/**
 * Ask the gateway, and give its answer with the trace taken apart from it.
 *
 * @param {{query: string, variables: object}} request
 * @param {{kind: "fan", id: string} | {kind: "key", key: string} | {kind: "none"}
 *   | {kind: "service", role: string}} caller
 * @param {AbortSignal} signal ends the call when its answer is no longer wanted
 * @returns {Promise<{status: number, tookMs: number, body: object, fields: object[] | null}>}
 * @throws {NoAnswer}
 */
export async function ask(request, caller, signal) {
  const credentials = await credentialsOf(caller, signal);
  const begin = performance.now();
  const response = await post(
    caller.kind === "service" ? "dev/workbench/graphql" : "graphql",
    request,
    { ...credentials, "x-fanscore-trace": "1" },
    signal,
  );
  const tookMs = performance.now() - begin;
  return { status: response.status, tookMs, ...withoutTrace(response.document) };
}

/** Return the API key of a gateway for developers, or `null` where it gives none away. */
export async function developmentKey() {
  const response = await fetched("dev/api-key", { headers: { accept: "application/json" } });
  return parsed(response.text)?.apiKey ?? null;
}

async function credentialsOf(caller, signal) {
  if (caller.kind === "key") return { "x-api-key": headerText(caller.key, "An API key") };
  if (caller.kind === "none") return {};
  if (caller.kind === "service") {
    return { "x-fanscore-iam-role": headerText(caller.role, "The name of a role") };
  }
  const { status, document } = await post("dev/token", { sub: caller.id, groups: [] }, {}, signal);
  if (status !== 200 || typeof document.token !== "string") {
    const told = document.errors?.[0]?.message ?? document.error ?? document.message;
    throw new NoAnswer(
      `The gateway gave no token for this fan (HTTP ${status}).`,
      typeof told === "string"
        ? told
        : "Development tokens are only there while the gateway signs tokens itself, on loopback.",
    );
  }
  return { authorization: document.token };
}

function headerText(text, what) {
  if (!/^[\x21-\x7e]+$/.test(text)) {
    throw new NoAnswer(`${what} has letters, digits and signs only, no blanks.`, "Copy it again.");
  }
  return text;
}

/** Post JSON to a path of the gateway's, and give the status and the document of the answer. */
export async function post(path, body, headers, signal) {
  const response = await fetched(path, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json", ...headers },
    body: JSON.stringify(body),
    signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]),
  });
  const { status } = response;
  const document = parsed(response.text);
  if (document === null || typeof document !== "object") {
    throw new NoAnswer(
      `The gateway answered HTTP ${status}, but not with JSON.`,
      "Perhaps something other than the gateway is listening at this address.",
    );
  }
  return { status, document };
}

/** Fetch a path of the gateway's, and give the status and the text of the answer. */
export async function fetched(path, init) {
  try {
    const response = await fetch(new URL(path, document.baseURI), init);
    return { status: response.status, text: await response.text() };
  } catch (error) {
    if (error.name === "TimeoutError") {
      throw new NoAnswer(
        `The gateway gave no answer within ${PATIENCE_MS / 1000} seconds.`,
        "It may be waiting for a system that hangs. Look at its log, or try again.",
      );
    }
    if (error.name === "AbortError") throw error;
    throw new NoAnswer(
      "The gateway cannot be reached.",
      "Is it still running? Start it with “fanscore serve”, then try again.",
    );
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function withoutTrace(document) {
  const { extensions, ...rest } = document;
  if (!extensions) return { body: document, fields: null };
  const { fanscore, ...others } = extensions;
  const body = Object.keys(others).length ? { ...rest, extensions: others } : rest;
  return { body, fields: fanscore?.fields ?? null };
}
