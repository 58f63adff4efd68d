// The page's end: one tab of those that show the same session holds the socket, the others hear it from that tab.
// Who we are is fixed when the page is loaded; a tab that finds that to have changed loads again. So everything shared is named
// after the session, and nothing of another session is ever heard.
const meta = (name) => document.querySelector(`meta[name="harbor-${name}"]`).content;
const tag = meta("tag");
const person = meta("person") || null;
const me = crypto.randomUUID();
const relay = new BroadcastChannel(`harbor-${tag}`);
const news = new BroadcastChannel("harbor-news");
const received = [];
const mounted = new Set(meta("channels").split(" "));
const pending = new Map(); // number -> [type, payload], not taken by a leader yet
const taken = new Set(); // what a leader has taken, of any tab: it may be offered again before its tab hears so
let numbered = 0;
let readyState = WebSocket.CONNECTING;
let socket = null;
let leading = false;
let attempt = 0;
let heardAt = 0;

let going = false;

function reload() {
  if (going) return;
  going = true;
  const mine = socket;
  socket = null;
  mine?.close();
  become(WebSocket.CONNECTING);
  location.reload();
}

function show(type, payload) {
  if (!mounted.has(type)) return;
  received.push({ channel: type, data: payload });
  const line = document.createElement("li");
  line.textContent = `${type}: ${JSON.stringify(payload)}`;
  document.getElementById("log")?.append(line);
}

// Followers have the state of the leader.
function become(state) {
  readyState = state;
  if (leading) relay.postMessage({ kind: "state", state });
}

function transmit(type, payload) {
  socket.send(JSON.stringify({ type, payload }));
}

function flush() {
  if (going || (leading && readyState !== WebSocket.OPEN)) return;
  for (const [number, message] of [...pending]) {
    if (leading) {
      pending.delete(number);
      transmit(...message);
    } else {
      relay.postMessage({ kind: "send", from: me, number, message });
    }
  }
}

function connect() {
  if (going) return;
  const mine = new WebSocket(`${location.origin.replace("http", "ws")}/realtime`);
  socket = mine;
  become(WebSocket.CONNECTING);
  heardAt = Date.now();
  mine.onmessage = (event) => {
    if (socket !== mine) return;
    heardAt = Date.now();
    const { type, payload } = JSON.parse(event.data);
    if (type === "harbor.welcome") {
      if (payload.tag !== tag) return reload(); // the cookie is another's by now
      attempt = 0;
      become(WebSocket.OPEN);
      flush();
    } else if (type !== "harbor.tick" && readyState === WebSocket.OPEN) {
      relay.postMessage({ kind: "message", type, payload });
      show(type, payload);
    }
  };
  mine.onclose = (event) => {
    if (socket !== mine) return;
    socket = null;
    become(WebSocket.CLOSED);
    if (event.code === 4401) return reload();
    const wait = Math.min(3_000, 200 * 2 ** attempt) * (0.5 + Math.random());
    attempt += 1;
    setTimeout(connect, wait);
  };
}

function lead() {
  leading = true;
  connect();
  // The server speaks every 2 s: a connection silent for six times that is dead.
  setInterval(() => {
    if (socket !== null && Date.now() - heardAt > 12_000) socket.close();
  }, 2_000);
  return new Promise(() => {}); // until this tab goes
}

const hear = {
  message: ({ type, payload }) => show(type, payload),
  state({ state }) {
    if (leading) return;
    readyState = state;
    if (state === WebSocket.OPEN) flush();
  },
  who() {
    if (leading) become(readyState);
  },
  send({ from, number, message }) {
    if (!leading || readyState !== WebSocket.OPEN) return;
    relay.postMessage({ kind: "taken", from, number });
    if (taken.has(`${from} ${number}`)) return;
    taken.add(`${from} ${number}`);
    transmit(...message);
  },
  taken({ from, number }) {
    taken.add(`${from} ${number}`);
    if (from === me) pending.delete(number);
  },
};
relay.onmessage = ({ data }) => !going && hear[data.kind](data);
news.onmessage = ({ data }) => data !== tag && reload();
addEventListener("pageshow", (event) => event.persisted && reload());

async function post(path, fields) {
  const form = new URLSearchParams({ ...fields, _token: document.querySelector("input[name=_token]").value });
  const answer = await fetch(path, { method: "POST", body: form });
  if (!answer.ok) throw new Error(`${path} was answered with ${answer.status}`);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  news.postMessage(page.querySelector('meta[name="harbor-tag"]').content);
  reload();
}

globalThis.harbor = {
  live: {
    send(channel, data) {
      numbered += 1;
      pending.set(numbered, [channel, data]);
      flush();
    },
    received: () => received.slice(),
    readyState: () => readyState,
    userId: () => person,
    mount: (channel) => void mounted.add(channel),
    unmount: (channel) => void mounted.delete(channel),
    signIn: ({ account, password }) => post("/sign-in", { account, password }),
    signOut: () => post("/sign-out", {}),
  },
};
news.postMessage(tag); // a tab that shows an older session looks again
relay.postMessage({ kind: "who" });
navigator.locks.request(`harbor-${tag}`, lead);
