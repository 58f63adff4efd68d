// The sockets: who may open one, whose it is, what it is sent. Knows sessions only by their id, and nothing of routes.
// A socket's user is fixed by the session cookie of its handshake; when that session ends the socket has no user, at once.
import { WebSocketServer } from "ws";

const MAX_MESSAGE_BYTES = 1_048_576;
const MAX_UNSENT_BYTES = 4 * 1_048_576;
const PING_EVERY_MS = 2_000;
const CLOSE_WAIT_MS = 1_000;
export const SESSION_ENDED = 4001;

// A Map, so that a channel called "constructor" or "__proto__" is simply unknown.
const handlers = new Map([
  ["acme_talk_parrot", (data, socket) => {
    if (typeof data?.text !== "string") return;
    socket.said += 1;
    send(socket, "acme_talk_parrot", { said: { text: data.text, n: socket.said } });
  }],
  ["acme_core_whoami", (_data, socket) => send(socket, "acme_core_whoami", { user: socket.user })],
]);

// A reader that has fallen this far behind is cut off whole: a stream that stays open has no gap in it.
function sendText(socket, text) {
  if (socket.readyState !== socket.OPEN) return;
  if (socket.bufferedAmount > MAX_UNSENT_BYTES) socket.terminate();
  else socket.send(text);
}

function send(socket, channel, data) {
  sendText(socket, JSON.stringify([channel, data]));
}

function hear(socket, text) {
  let message;
  try {
    message = JSON.parse(text);
  } catch {
    return;
  }
  if (!Array.isArray(message) || message.length !== 2 || typeof message[0] !== "string") return;
  try {
    handlers.get(message[0])?.(message[1], socket);
  } catch (error) {
    console.error(`handler of ${message[0]} failed:`, error);
  }
}

// Answers an upgrade that will not become a socket.
export function refuse(connection, status, extraHeaders = "") {
  connection.once("finish", () => connection.destroy());
  connection.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n${extraHeaders}\r\n`);
}

export class Live {
  #server = new WebSocketServer({
    noServer: true,
    clientTracking: true,
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE_BYTES,
    closeTimeout: CLOSE_WAIT_MS,
  });
  #pinging = setInterval(() => this.#ping(), PING_EVERY_MS);

  // `session` is { id, user } or null for a guest. Nothing here waits, so no sign-out can slip in between.
  upgrade(request, connection, head, session) {
    const { origin, host } = request.headers;
    // A browser always says its origin; a program that says none carries no stranger's cookie.
    if (origin !== undefined && origin !== `http://${host}`) return refuse(connection, "403 Forbidden");
    if (request.httpVersion !== "1.1" || request.headers["sec-websocket-version"] !== "13")
      return refuse(connection, "426 Upgrade Required", "Sec-WebSocket-Version: 13\r\n");
    this.#server.handleUpgrade(request, connection, head, (socket) => {
      Object.assign(socket, { user: session?.user ?? null, session: session?.id ?? null, said: 0, alive: true });
      socket.on("error", () => {}); // ws closes it with the fitting code by itself
      socket.on("pong", () => (socket.alive = true));
      socket.on("message", (data, isBinary) => {
        socket.alive = true;
        if (!isBinary) hear(socket, data.toString());
      });
    });
  }

  broadcast(channel, data) {
    const text = JSON.stringify([channel, data]);
    for (const socket of this.#server.clients) sendText(socket, text);
  }

  // Exact comparison of strings: a guest's user is null, which no string equals.
  sendToUser(user, channel, data) {
    if (typeof user !== "string") return;
    const text = JSON.stringify([channel, data]);
    for (const socket of this.#server.clients) if (socket.user === user) sendText(socket, text);
  }

  endSession(id) {
    for (const socket of this.#server.clients) {
      if (socket.session !== id) continue;
      socket.user = null;
      socket.close(SESSION_ENDED, "session ended");
    }
  }

  stop() {
    clearInterval(this.#pinging);
    for (const socket of this.#server.clients) socket.close(1001, "server is going away");
  }

  #ping() {
    for (const socket of this.#server.clients) {
      if (!socket.alive) {
        socket.terminate();
        continue;
      }
      socket.alive = false;
      socket.ping();
    }
  }
}
