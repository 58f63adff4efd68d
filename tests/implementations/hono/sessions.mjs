// Who is signed in: sessions in memory, gone with the process. Knows neither sockets nor routes.
import { createHash, randomUUID } from "node:crypto";

// The second and third differ from the first in their last characters only.
export const PEOPLE = new Map([
  ["ada", { id: "5f2a9c1e-6f0b-4d0e-9b7a-0c5d1e2f3a41", password: "lovelace" }],
  ["bob", { id: "5f2a9c1e-6f0b-4d0e-9b7a-0c5d1e2f3a4", password: "bobbob" }],
  ["cyd", { id: "5f2a9c1e-6f0b-4d0e-9b7a-0c5d1e2f3a42", password: "cyd & co" }],
  ["dan", { id: "a0000000-0000-4000-8000-00000000000a", password: "dan=dan" }],
  ["pilot", { id: "00000000-0000-0000-0000-000000000001", password: "pilot", staff: true }],
]);
const people = new Map([...PEOPLE.values()].map((person) => [person.id, person]));
const sessions = new Map(); // session id -> { id, person, tag }
const watchers = new Set();

export function personById(id) {
  return people.get(id);
}

export function sessionById(id) {
  return sessions.get(id) ?? null;
}

// `tag` names a session to its own pages; it opens nothing.
export function startSession(person) {
  const id = randomUUID();
  const session = { id, person, tag: createHash("sha256").update(`tag ${id}`).digest("hex").slice(0, 16) };
  sessions.set(id, session);
  return session;
}

export function endSession(session) {
  if (session === null || !sessions.delete(session.id)) return;
  for (const watcher of watchers) watcher(session);
}

export function endSessionsOf(person) {
  for (const session of [...sessions.values()]) if (session.person === person) endSession(session);
}

// `watcher(session)` is called at once when a session ends, before anything else happens.
export function onSessionEnd(watcher) {
  watchers.add(watcher);
}
