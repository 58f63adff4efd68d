// The web server: routes, sessions (in memory, gone with the process) and the page. One port for all of it.
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { parseArgs } from "node:util";
import { Live, refuse } from "./live.mjs";

const MAX_BODY_BYTES = 2 * 1_048_576;
const STOP_WAIT_MS = 1_500;
const ADMIN = "root";
const userOf = new Map([["ada", "u-1"], ["bob", "u-12"], ["cyd", "u-2"], ["root", ADMIN]]);
const sessions = new Map(); // session id -> user id
const live = new Live();

const clientFile = (name) => readFileSync(new URL(`client/${name}`, import.meta.url), "utf8");
const page = clientFile("index.html");
const scripts = new Map(["page.mjs", "tab.mjs", "worker.mjs"].map((name) => [`/client/${name}`, clientFile(name)]));

class Refused extends Error {
  constructor(status, why) {
    super(why);
    this.status = status;
  }
}

function sessionOf(request) {
  for (const pair of (request.headers.cookie ?? "").split(";")) {
    const [name, ...value] = pair.trim().split("=");
    if (name !== "sid") continue;
    const id = value.join("=");
    return sessions.has(id) ? { id, user: sessions.get(id) } : null;
  }
  return null;
}

function endSession(session) {
  if (session === null) return;
  sessions.delete(session.id);
  live.endSession(session.id);
}

async function bodyOf(request) {
  const parts = [];
  let size = 0;
  // Left early without destroying the stream: the answer still has to go out on its socket.
  for await (const part of request.iterator({ destroyOnReturn: false })) {
    size += part.length;
    if (size > MAX_BODY_BYTES) throw new Refused(413, "body is too large");
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

async function jsonOf(request) {
  try {
    const value = JSON.parse(await bodyOf(request));
    if (typeof value === "object" && value !== null) return value;
  } catch (error) {
    if (error instanceof Refused) throw error;
  }
  throw new Refused(400, "body must be a JSON object");
}

function answer(response, status, body = "", headers = {}) {
  response.writeHead(status, { "Cache-Control": "no-store", "Content-Type": "text/plain; charset=utf-8", ...headers });
  response.end(body);
}

// A form sent by a page load goes back to the page; a script gets the user it now is.
function answerSignedAs(request, response, user, cookie) {
  const headers = { "Set-Cookie": `${cookie}; Path=/; HttpOnly; SameSite=Lax` };
  if (request.headers.accept?.includes("text/html")) return answer(response, 303, "", { ...headers, Location: "/" });
  answer(response, 200, JSON.stringify({ user }), { ...headers, "Content-Type": "application/json" });
}

const routes = new Map(Object.entries({
  "GET /up": (_request, response) => answer(response, 200, "up"),

  "GET /live": (_request, response) => answer(response, 426, "a WebSocket lives here", { Upgrade: "websocket" }),

  "GET /": (request, response) => {
    const user = sessionOf(request)?.user ?? "";
    answer(response, 200, page.replaceAll("{{user}}", user), {
      "Content-Type": "text/html; charset=utf-8",
      "Cache-Control": "no-cache", // not no-store: that would keep the page out of the back-forward cache
    });
  },

  "POST /auth/login": async (request, response) => {
    const user = userOf.get(new URLSearchParams(await bodyOf(request)).get("name"));
    if (user === undefined) throw new Refused(401, "no such user");
    endSession(sessionOf(request));
    const id = randomBytes(24).toString("base64url");
    sessions.set(id, user);
    answerSignedAs(request, response, user, `sid=${id}`);
  },

  "POST /auth/logout": (request, response) => {
    endSession(sessionOf(request));
    answerSignedAs(request, response, null, "sid=; Max-Age=0");
  },

  "POST /feed": async (request, response) => {
    const { verb, text } = await jsonOf(request);
    if (typeof verb !== "string" || typeof text !== "string") throw new Refused(400, "verb and text must be strings");
    live.broadcast("acme_feed_updates", { verb, text });
    answer(response, 202);
  },

  "POST /admin/push": async (request, response) => {
    const { to, headline } = await jsonOf(request);
    // Who asks is looked up after the body was read: the session may have ended meanwhile.
    const session = sessionOf(request);
    if (session === null) throw new Refused(401, "sign in first");
    if (session.user !== ADMIN) throw new Refused(403, "only root may push");
    if (typeof headline !== "string") throw new Refused(400, "headline must be a string");
    live.sendToUser(to, "acme_inbox_push", { headline });
    answer(response, 204);
  },
}));

async function serve(request, response) {
  const path = request.url.split("?")[0];
  try {
    const { origin, host } = request.headers;
    if (request.method === "POST" && origin !== undefined && origin !== `http://${host}`)
      throw new Refused(403, "not from this site");
    const script = scripts.get(path);
    if (request.method === "GET" && script !== undefined)
      return answer(response, 200, script, { "Content-Type": "text/javascript; charset=utf-8" });
    const route = routes.get(`${request.method} ${path}`);
    if (route === undefined) throw new Refused(404, "nothing here");
    await route(request, response);
  } catch (error) {
    if (response.headersSent || response.destroyed) return response.destroy();
    if (!(error instanceof Refused)) console.error("route failed:", error);
    const status = error instanceof Refused ? error.status : 500;
    answer(response, status, error instanceof Refused ? error.message : "something went wrong here", { Connection: "close" });
  }
}

const { values } = parseArgs({ options: { port: { type: "string", default: "8080" } } });
// A client that never finishes its request is dropped after headersTimeout.
const server = createServer({ headersTimeout: 5_000, requestTimeout: 20_000, connectionsCheckingInterval: 1_000 }, serve);

server.on("upgrade", (request, connection, head) => {
  connection.on("error", () => connection.destroy());
  if (request.url.split("?")[0] !== "/live") return refuse(connection, "404 Not Found");
  live.upgrade(request, connection, head, sessionOf(request));
});

server.on("error", (error) => {
  console.error(`cannot serve on port ${values.port}: ${error.code}`);
  process.exit(1);
});

for (const signal of ["SIGTERM", "SIGINT"]) {
  process.once(signal, () => {
    server.close(() => process.exit(0));
    live.stop();
    server.closeIdleConnections();
    setTimeout(() => process.exit(0), STOP_WAIT_MS).unref();
  });
}

server.listen(Number(values.port), "127.0.0.1", () => console.log(`listening on port ${server.address().port}`));
