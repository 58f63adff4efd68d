// The web server: routes and the page, on Hono; @hono/node-server and ws carry it. One port for all of it.
import { randomBytes, randomUUID, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { serve, upgradeWebSocket } from "@hono/node-server";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { deleteCookie, getCookie, getSignedCookie, setCookie, setSignedCookie } from "hono/cookie";
import { html, raw } from "hono/html";
import { HTTPException } from "hono/http-exception";
import { WebSocketServer } from "ws";
import { CHANNEL, broadcast, handleSocket, sendToUser, stop } from "./realtime.mjs";
import { PEOPLE, endSession, endSessionsOf, personById, sessionById, startSession } from "./sessions.mjs";

const MAX_MESSAGE_BYTES = 262_144;
const MAX_BODY_BYTES = 2 * 1_048_576;
const STOP_WAIT_MS = 1_500;
const SECRET = randomBytes(32).toString("hex");
const COOKIE = "harbor_session";
const TOKEN = "harbor_token";
const COOKIE_OPTIONS = { path: "/", httpOnly: true, sameSite: "Lax" };
const client = raw(readFileSync(new URL("client/harbor.mjs", import.meta.url), "utf8"));

const { values } = parseArgs({ options: { port: { type: "string", default: "8080" } } });
const app = new Hono();

const sessionIdOf = async (c) => (await getSignedCookie(c, SECRET, COOKIE)) || "";
const sessionOf = async (c) => sessionById(await sessionIdOf(c));
// Compared whole with where the request arrived: "null", a look-alike, another port, or two in one header are not it.
const isForeign = (c) => {
  const { origin } = c.env.incoming.headers; // an empty one too, which c.req does not show
  return origin !== undefined && origin !== new URL(c.req.url).origin;
};

// A form is accepted with the token of the page that showed it.
function tokenOf(c) {
  const known = getCookie(c, TOKEN);
  if (known) return known;
  const token = randomUUID();
  setCookie(c, TOKEN, token, COOKIE_OPTIONS);
  return token;
}

async function formOf(c) {
  const form = await c.req.parseBody();
  const given = Buffer.from(String(form._token ?? ""));
  const known = Buffer.from(getCookie(c, TOKEN) ?? "");
  if (known.length === 0 || given.length !== known.length || !timingSafeEqual(given, known))
    throw new HTTPException(403, { message: "the form is out of date" });
  return form;
}

async function jsonOf(c) {
  const body = await c.req.json().catch(() => null);
  if (typeof body !== "object" || body === null) throw new HTTPException(400, { message: "the body must be an object" });
  return body;
}

async function needStaff(c) {
  const session = await sessionOf(c);
  if (!session?.person.staff) throw new HTTPException(session ? 403 : 401, { message: "staff only" });
}

app.use("*", async (c, next) => {
  await next();
  c.header("Cache-Control", "no-cache");
});
app.use("*", bodyLimit({ maxSize: MAX_BODY_BYTES }));
app.use("*", async (c, next) => {
  if (c.req.method !== "GET" && isForeign(c)) throw new HTTPException(403, { message: "not from this site" });
  await next();
});

app.get("/healthz", (c) => c.body(null, 204));

app.get(
  "/realtime",
  async (c, next) => {
    // In words of HTTP's own: what asks for no upgrade is told to.
    const asks = (c.req.header("connection") ?? "").toLowerCase().split(/\s*,\s*/).includes("upgrade");
    if (!asks || c.req.header("upgrade")?.toLowerCase() !== "websocket") return c.text("a WebSocket lives here", 426);
    if (isForeign(c)) return c.text("not from this site", 403);
    await next();
  },
  upgradeWebSocket(async (c) => handleSocket(await sessionIdOf(c))),
);

app.get("/", async (c) => {
  const session = await sessionOf(c);
  return c.html(html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Harbor</title>
    <link rel="icon" href="data:,">
    <meta name="harbor-tag" content="${session?.tag ?? "guest"}">
    <meta name="harbor-person" content="${session?.person.id ?? ""}">
    <meta name="harbor-channels" content="${Object.values(CHANNEL).join(" ")}">
    <script type="module">${client}</script>
  </head>
  <body>
    <form method="post" action="${session ? "/sign-out" : "/sign-in"}">
      <input type="hidden" name="_token" value="${tokenOf(c)}">
      ${session ? "" : html`<input name="account"> <input name="password" type="password">`}
      <button>${session ? "Sign out" : "Sign in"}</button>
    </form>
    <ul id="log"></ul>
  </body>
</html>`);
});

app.post("/sign-in", async (c) => {
  const { account, password } = await formOf(c);
  const person = PEOPLE.get(account);
  if (person === undefined || person.password !== password) return c.text("wrong name or password", 401);
  endSession(await sessionOf(c));
  await setSignedCookie(c, COOKIE, startSession(person).id, SECRET, COOKIE_OPTIONS);
  return c.redirect("/", 303);
});

app.post("/sign-out", async (c) => {
  await formOf(c);
  endSession(await sessionOf(c));
  deleteCookie(c, COOKIE, COOKIE_OPTIONS);
  return c.redirect("/", 303);
});

app.post("/tides", async (c) => {
  const { level } = await c.req.parseBody();
  if (typeof level !== "string") throw new HTTPException(400, { message: "a tide has one level" });
  broadcast(CHANNEL.tides, { tide: { level }, kind: "tide" });
  return c.body(null, 202);
});

app.post("/people/:id/notices", async (c) => {
  const { title } = await jsonOf(c);
  await needStaff(c); // after the body was read: the session may have ended meanwhile
  if (typeof title !== "string") throw new HTTPException(400, { message: "a notice has a title" });
  sendToUser(personById(c.req.param("id")), CHANNEL.notices, { title });
  return c.json({ accepted: true });
});

app.delete("/people/:id/sessions", async (c) => {
  await needStaff(c);
  const person = personById(c.req.param("id"));
  if (person === undefined) return c.text("nobody has this id", 404);
  endSessionsOf(person);
  return c.body(null, 204);
});

app.onError((error, c) => {
  if (error instanceof HTTPException) return error.getResponse();
  console.error("route failed:", error);
  return c.text("something went wrong here", 500);
});

const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES, closeTimeout: 1_000 });
const server = serve({
  fetch: app.fetch,
  hostname: "127.0.0.1",
  port: Number(values.port),
  websocket: { server: sockets },
  serverOptions: { headersTimeout: 5_000, requestTimeout: 20_000, connectionsCheckingInterval: 1_000 },
});

// @hono/node-server leaves a client that asks for another upgrade than this without an answer.
const [upgrade] = server.listeners("upgrade");
server.removeAllListeners("upgrade");
server.on("upgrade", (request, socket, head) => {
  if (request.headers.upgrade.toLowerCase() === "websocket") return upgrade(request, socket, head);
  socket.on("error", () => socket.destroy());
  socket.once("finish", () => socket.destroy());
  socket.end("HTTP/1.1 426 Upgrade Required\r\nConnection: close\r\nUpgrade: websocket\r\nContent-Length: 0\r\n\r\n");
});

for (const signal of ["SIGTERM", "SIGINT"]) {
  process.once(signal, async () => {
    server.close();
    server.closeIdleConnections();
    await stop(STOP_WAIT_MS);
    process.exit(0);
  });
}
