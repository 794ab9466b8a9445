/** A real gateway on loopback, as a developer starts it. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createInterface } from "node:readline";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const URL_LINE = /(http:\/\/127\.0\.0\.1:\d+)/;
const KEY_LINE = /API key\W+(\S+)/i;

/**
 * Start a gateway whose services in `outages` are out of order, and wait until it says where it is.
 * With `more` come further options of the program, and with `variables` more of its environment.
 */
export async function startGateway(outages = "", port = "0", { more = [], variables = {} } = {}) {
  const keys = await mkdtemp(join(tmpdir(), "fanscore-keys-"));
  const child = spawn(".venv/bin/fanscore", ["serve", "--port", port, "--keys", keys, ...more], {
    cwd: ROOT,
    env: { ...process.env, FANSCORE_OUTAGES: outages, PYTHONUNBUFFERED: "1", ...variables },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  const told = { url: null, key: null };
  for await (const line of createInterface({ input: child.stdout })) {
    told.url ??= URL_LINE.exec(line)?.[1] ?? null;
    told.key ??= KEY_LINE.exec(line)?.[1] ?? null;
    if (told.url && told.key) break;
  }
  if (!told.url) throw new Error("The gateway ended without saying where it is");
  child.stdout.resume();
  return {
    ...told,
    stop: async () => {
      child.kill("SIGTERM");
      await ended;
      await rm(keys, { recursive: true });
    },
  };
}

/** Have a fan enter a campaign, which publishes an event; returns the event's id. */
export async function enterCampaign(gateway, fan = "user123", requestId = "r1") {
  const { token } = await post(gateway, "dev/token", { sub: fan });
  const query = `mutation Enter($id: ID!) {
    upsertEntry(input: { campaignId: "camp1", requestId: $id }) { eventId }
  }`;
  const body = { query, variables: { id: requestId } };
  const { data } = await post(gateway, "graphql", body, { authorization: token });
  return data.upsertEntry.eventId;
}

async function post(gateway, path, body, headers = {}) {
  const answer = await fetch(`${gateway.url}/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  return answer.json();
}
