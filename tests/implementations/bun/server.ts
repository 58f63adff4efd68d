// A realtime server on Bun alone, one file, no page. A socket is one guest's or user's: the user of its session at the handshake.
// A sign-out does not close the sockets of the session: they stay open and are a guest's from then on.
import { parseArgs } from "node:util";
import type { BunRequest, ServerWebSocket } from "bun";

const MAX_MESSAGE_BYTES = 512 * 1024;
const MAX_UNSENT_BYTES = 4 * 1024 * 1024;
const STOP_WAIT_MS = 1_500;
const COOKIE = "__quay";
const COOKIE_OPTIONS = { path: "/", httpOnly: true, sameSite: "strict" as const };

interface Account {
  readonly email: string;
  readonly harbourMaster?: boolean;
}
interface Session {
  readonly id: string;
  readonly account: Account;
}
interface Mooring {
  session: Session | null;
}

const accounts = new Map<string, Account>(
  ["ada@quay.test", "ada@quay.test.example", "+ada@quay.test"].map((email) => [email, { email }]),
);
accounts.set("master@quay.test", { email: "master@quay.test", harbourMaster: true });

const sessions = new Map<string, Session>();
const sockets = new Set<ServerWebSocket<Mooring>>(); // ordered by arrival
let leaving = false;

const pack = (channel: string, data: unknown): string => JSON.stringify({ v: 2, to: channel, body: { data } });

function write(socket: ServerWebSocket<Mooring>, text: string): void {
  // 0: more is unsent than the limit, and this was dropped. A stream with a gap must not stay open.
  if (socket.send(text) === 0 && socket.readyState === WebSocket.OPEN) socket.terminate();
}

function endSession(session: Session | null): void {
  if (session === null || !sessions.delete(session.id)) return;
  for (const socket of sockets) if (socket.data.session === session) socket.data.session = null;
}

function sessionOf(request: BunRequest): Session | null {
  return sessions.get(request.cookies.get(COOKIE) ?? "") ?? null;
}

// A browser always names the origin of the page; a program that names none carries no stranger's cookie.
function isForeign(request: Request): boolean {
  const origin = request.headers.get("origin");
  return origin !== null && origin !== `http://${request.headers.get("host")}`;
}

class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

function needMaster(request: BunRequest): void {
  const session = sessionOf(request);
  if (!session?.account.harbourMaster) throw new Refusal(session === null ? 401 : 403, "for the harbour master");
}

async function fieldOf(request: Request, name: string): Promise<string> {
  let body: unknown;
  try {
    body = await request.json();
  } catch {
    throw new Refusal(400, "the body must be JSON");
  }
  const value = (body as Record<string, unknown> | null)?.[name];
  if (typeof value !== "string") throw new Refusal(422, `${name} must be a string`);
  return value;
}

type Handler = (request: BunRequest<string>) => Response | Promise<Response>;

function sameSite(handler: Handler): Handler {
  return async (request) => {
    try {
      if (isForeign(request)) throw new Refusal(403, "not from this site");
      return await handler(request);
    } catch (error) {
      if (error instanceof Refusal) return Response.json({ error: error.message }, { status: error.status });
      throw error;
    }
  };
}

function moor(request: BunRequest): Response | undefined {
  const header = (name: string): string => request.headers.get(name) ?? "";
  const tokens = header("connection").toLowerCase().split(",").map((token) => token.trim());
  if (header("upgrade").toLowerCase() !== "websocket" || !tokens.includes("upgrade"))
    return new Response("a WebSocket lives here", { status: 426, headers: { Upgrade: "websocket" } });
  if (header("sec-websocket-version") !== "13")
    return new Response("version 13 only", { status: 426, headers: { "Sec-WebSocket-Version": "13" } });
  const key = header("sec-websocket-key");
  if (!/^[A-Za-z0-9+/]{22}==$/.test(key)) return new Response("that is no key", { status: 400 });
  if (isForeign(request)) return new Response("not from this site", { status: 403 });
  if (leaving) return new Response("on the way out", { status: 503 });
  // Everything up to `open` happens in one turn: no sign-out can slip in between.
  if (server.upgrade(request, { data: { session: sessionOf(request) } })) return undefined;
  return new Response("no WebSocket came of this", { status: 400 });
}

function hear(socket: ServerWebSocket<Mooring>, text: string): void {
  let message: { v?: unknown; to?: unknown; body?: { data?: { call?: unknown } } } | null;
  try {
    message = JSON.parse(text);
  } catch {
    return;
  }
  if (message?.v !== 2 || message.to !== "quay.radio.echo") return;
  const call = message.body?.data?.call;
  if (typeof call === "string") write(socket, pack("quay.radio.echo", [call, "over"]));
}

const { values } = parseArgs({ options: { port: { type: "string", default: "8080" } } });

const server = Bun.serve<Mooring, never>({
  hostname: "127.0.0.1",
  port: Number(values.port),
  maxRequestBodySize: 2 * 1024 * 1024,
  development: false,
  routes: {
    "/ready": new Response("ready"),
    "/radio": { GET: moor },
    "/session": {
      PUT: sameSite((request) => {
        const account = accounts.get(request.headers.get("x-account") ?? "");
        if (account === undefined) throw new Refusal(401, "nobody of this name");
        endSession(sessionOf(request));
        const session = { id: crypto.randomUUID(), account };
        sessions.set(session.id, session);
        request.cookies.set(COOKIE, session.id, COOKIE_OPTIONS);
        return Response.json({ email: account.email });
      }),
    },
    "/session/end": {
      POST: sameSite((request) => {
        endSession(sessionOf(request));
        request.cookies.delete(COOKIE, { path: "/" });
        return new Response(null, { status: 204 });
      }),
    },
    "/horn": {
      POST: sameSite(async (request) => {
        const sound = await fieldOf(request, "sound");
        const text = pack("quay.horn.sounds", { sounds: [sound] });
        for (const socket of sockets) write(socket, text);
        return Response.json({ heardBy: sockets.size });
      }),
    },
    "/letters": {
      POST: sameSite(async (request) => {
        const letter = await fieldOf(request, "letter");
        needMaster(request); // after the last wait: the session may have ended during it
        const account = accounts.get(new URL(request.url).searchParams.get("for") ?? "");
        const text = pack("quay.post.letters", { letter });
        for (const socket of sockets)
          if (account !== undefined && socket.data.session?.account === account) write(socket, text);
        return new Response(null, { status: 202 });
      }),
    },
    "/accounts/sessions": {
      DELETE: sameSite((request) => {
        needMaster(request);
        const email = new URL(request.url).searchParams.get("of");
        for (const session of [...sessions.values()]) if (session.account.email === email) endSession(session);
        return new Response(null, { status: 204 });
      }),
    },
  },
  fetch: () => new Response("nothing here", { status: 404 }),
  error(error) {
    console.error("route failed:", error);
    return new Response("something went wrong here", { status: 500 });
  },
  websocket: {
    maxPayloadLength: MAX_MESSAGE_BYTES,
    backpressureLimit: MAX_UNSENT_BYTES,
    idleTimeout: 8,
    sendPings: true,
    perMessageDeflate: false,
    open(socket) {
      sockets.add(socket);
      write(socket, JSON.stringify({ v: 2, hello: crypto.randomUUID() }));
    },
    message(socket, message) {
      if (typeof message === "string") hear(socket, message); // nothing here speaks binary
    },
    close(socket) {
      sockets.delete(socket);
    },
  },
});

async function leave(): Promise<void> {
  leaving = true;
  for (const socket of [...sockets]) socket.close(1001, "the server goes away");
  await Promise.race([server.stop(), Bun.sleep(STOP_WAIT_MS)]);
  process.exit(0);
}

process.once("SIGTERM", leave);
process.once("SIGINT", leave);
