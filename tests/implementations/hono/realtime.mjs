// The sockets: what each is sent, and whose it is. A socket belongs to the session of its handshake as long as that lasts.
import { randomUUID } from "node:crypto";
import { onSessionEnd, sessionById } from "./sessions.mjs";

const MAX_UNSENT_BYTES = 4 * 1_048_576;
const PING_EVERY_MS = 2_000;
export const SIGNED_OUT = 4401;
const SERVICE_RESTART = 1012;

const CHANNEL = {
  say: "@harbor/app_chat_say",
  tides: "@harbor/app_tides_changes",
  notices: "@harbor/app_core_notices",
};
export { CHANNEL };

const handlers = new Map([
  [CHANNEL.say, ({ payload, reply }) => {
    if (typeof payload?.words === "string") reply({ heard: ["aye", payload.words] });
  }],
]);
const members = new Map(); // connection id -> { ws, session, alive }, in the order of arrival

function write(member, text) {
  const { raw } = member.ws;
  if (raw.readyState !== raw.OPEN) return;
  // A reader this far behind is cut off: what stays open has no gap.
  if (raw.bufferedAmount > MAX_UNSENT_BYTES) raw.terminate();
  else raw.send(text);
}

const envelope = (type, payload) => JSON.stringify({ type, payload });

export function broadcast(channel, payload) {
  const text = envelope(channel, payload);
  for (const member of [...members.values()]) write(member, text);
}

export function sendToUser(person, channel, payload) {
  if (person === undefined) return;
  const text = envelope(channel, payload);
  for (const member of [...members.values()]) if (member.session?.person === person) write(member, text);
}

onSessionEnd((session) => {
  for (const member of members.values()) {
    if (member.session !== session) continue;
    member.session = null;
    member.ws.close(SIGNED_OUT, "signed out");
  }
});

// The events of one socket, for upgradeWebSocket; `sessionId` is what the handshake's cookie said.
export function handleSocket(sessionId) {
  const id = randomUUID();
  const session = sessionById(sessionId);
  return {
    onOpen(_event, ws) {
      // The handshake was answered since the cookie was read: the session may be over.
      if (session !== null && sessionById(sessionId) === null) return ws.close(SIGNED_OUT, "signed out");
      const member = { ws, session, alive: true };
      members.set(id, member);
      ws.raw.on("pong", () => (member.alive = true));
      ws.send(JSON.stringify({ type: "harbor.welcome", payload: { connection: id, tag: session?.tag ?? "guest" } }));
    },
    onMessage({ data }) {
      const member = members.get(id);
      if (member === undefined) return;
      member.alive = true;
      if (typeof data !== "string") return; // nothing here speaks binary
      let message;
      try {
        message = JSON.parse(data);
      } catch {
        return;
      }
      if (typeof message?.type !== "string" || !Object.hasOwn(message, "payload")) return;
      const reply = (payload) => write(member, envelope(message.type, payload));
      handlers.get(message.type)?.({ payload: message.payload, reply });
    },
    onClose() {
      members.delete(id);
    },
    onError() {}, // ws closes with the fitting code by itself
  };
}

const pinging = setInterval(() => {
  for (const member of members.values()) {
    if (!member.alive) {
      member.ws.raw.terminate();
      continue;
    }
    member.alive = false;
    member.ws.raw.ping();
    write(member, JSON.stringify({ type: "harbor.tick", at: Date.now() }));
  }
}, PING_EVERY_MS);

// Asks every socket to close; resolves when all are, or after `withinMs`.
export async function stop(withinMs) {
  clearInterval(pinging);
  const all = [...members.values()].map(({ ws }) => ws.raw);
  const closed = Promise.all(all.map((raw) => new Promise((done) => raw.once("close", done))));
  for (const raw of all) raw.close(SERVICE_RESTART, "the server restarts");
  await Promise.race([closed, new Promise((done) => setTimeout(done, withinMs))]);
  for (const raw of all) raw.terminate();
}
