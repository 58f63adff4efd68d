// The one connection of a browser. Runs as a SharedWorker that all tabs talk to; the tabs never touch a socket.
// The identity of the connection is what the server says it is (whoami on every new socket), never what a tab hopes.
// `epoch` counts identities: whatever is handed to a tab carries the epoch it belongs to.
const WHOAMI = "acme_core_whoami";
const SESSION_ENDED = 4001;
const CHECK_MS = 1_500; // a silent connection is asked for a sign of life this often, and given up at the second silence
const STABLE_MS = 5_000; // a connection that lived this long resets the backoff
const FIRST_DELAY_MS = 400;
const LONGEST_DELAY_MS = 4_000;

const ports = new Set(); // the port of a crashed tab stays here: posting to it does nothing
const taken = new Map(); // tab -> number of its last send that was accepted: a repeated one is not sent again
let queue = []; // sends that wait for the connection, each bound to the user who made it

let socket = null;
let readyState = WebSocket.CLOSED;
let user = null;
let epoch = 0;
let early = []; // heard before the server said whose connection this is
let announced; // the user on the newest page that loaded while we were connecting; undefined: none did
let openedAt = 0;
let attempt = 0;
let retry;
let silentChecks = 0;
let checkedAt = Date.now();

// Held as long as this worker lives: a tab that is granted this lock knows that the worker has crashed.
const lock = navigator.locks && `acme-worker-${Math.random().toString(36).slice(2)}`;
const holding = lock && new Promise((held) => {
  navigator.locks.request(lock, () => {
    held();
    return new Promise(() => {});
  });
});

function tell(message) {
  for (const port of ports) port.postMessage(message);
}

function stateMessage() {
  return { type: "state", readyState, user, epoch };
}

function become(newReadyState, newUser) {
  if (newUser !== user) epoch += 1;
  readyState = newReadyState;
  user = newUser;
  tell(stateMessage());
}

function connect(asUser) {
  clearTimeout(retry);
  socket?.close();
  const mine = new WebSocket(`${location.origin.replace("http", "ws")}/live`);
  socket = mine;
  early = [];
  silentChecks = 0;
  become(WebSocket.CONNECTING, asUser);
  mine.onopen = () => mine.send(JSON.stringify([WHOAMI, null]));
  mine.onmessage = (event) => socket === mine && hear(event.data);
  mine.onclose = (event) => socket === mine && lose(event.code);
}

// Something a person did changed who this browser is: at once, and without waiting out a backoff.
function switchTo(newUser) {
  attempt = 0;
  announced = undefined;
  connect(newUser);
}

function lose(code) {
  const dead = socket;
  socket = null;
  dead.close();
  if (readyState === WebSocket.OPEN && Date.now() - openedAt > STABLE_MS) attempt = 0;
  const delay = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt) * (0.25 + 0.75 * Math.random());
  attempt += 1;
  retry = setTimeout(() => connect(user), delay);
  become(WebSocket.CLOSED, code === SESSION_ENDED ? null : user);
}

// No tab is left, or all are in the back-forward cache: nobody to connect for.
function rest() {
  const idle = socket;
  socket = null;
  clearTimeout(retry);
  idle?.close();
  become(WebSocket.CLOSED, user);
}

function hear(text) {
  silentChecks = 0;
  let channel, data;
  try {
    [channel, data] = JSON.parse(text);
  } catch {
    return;
  }
  if (typeof channel !== "string") return;
  if (channel === WHOAMI) {
    if (readyState === WebSocket.CONNECTING) settle(data?.user ?? null);
  } else if (readyState === WebSocket.OPEN) {
    relay(channel, data);
  } else {
    early.push([channel, data]);
  }
}

function settle(actual) {
  const expected = announced;
  announced = undefined;
  // A page was loaded as someone else while this handshake was under way: its cookie may be newer than ours. Asked once.
  if (expected !== undefined && expected !== actual) return connect(expected);
  openedAt = Date.now();
  become(WebSocket.OPEN, actual);
  for (const [channel, data] of early.splice(0)) relay(channel, data);
  for (const message of queue.splice(0)) pass(message);
}

function relay(channel, data) {
  tell({ type: "message", channel, data, epoch, at: Date.now() });
}

// What one user wrote is never sent as another.
function pass({ port, number, channel, data, user: writer }) {
  const sent = writer === user;
  if (sent) socket.send(JSON.stringify([channel, data]));
  port.postMessage({ type: "taken", number, sent });
}

function check() {
  const late = Date.now() - checkedAt > 2 * CHECK_MS; // this machine slept: what arrived meanwhile was not heard yet
  checkedAt = Date.now();
  if (socket === null || late) return;
  silentChecks += 1;
  if (silentChecks > 1) lose();
  else if (readyState === WebSocket.OPEN) socket.send(JSON.stringify([WHOAMI, null]));
}

const answers = {
  hello(port, { user: pageUser }) {
    ports.add(port);
    holding?.then(() => port.postMessage({ type: "welcome", lock }));
    if (readyState === WebSocket.CLOSED) connect(pageUser === undefined ? user : pageUser);
    else if (readyState === WebSocket.CONNECTING) announced = pageUser === undefined ? announced : pageUser;
    else if (pageUser !== undefined && pageUser !== user) switchTo(pageUser);
    port.postMessage(stateMessage());
  },
  bye(port) {
    ports.delete(port);
    port.close();
    if (ports.size === 0) rest();
  },
  switched(_port, { user: newUser }) {
    switchTo(newUser);
  },
  sync(port) {
    port.postMessage({ type: "synced" });
  },
  send(port, message) {
    if (message.number <= (taken.get(message.tab) ?? 0)) {
      const waiting = queue.find(({ tab, number }) => tab === message.tab && number === message.number);
      if (waiting) waiting.port = port;
      else port.postMessage({ type: "taken", number: message.number, sent: true });
      return;
    }
    taken.set(message.tab, message.number);
    if (readyState === WebSocket.OPEN) pass({ port, ...message });
    else queue.push({ port, ...message });
  },
};

export function accept(port) {
  port.onmessage = ({ data }) => answers[data.type](port, data);
}

setInterval(check, CHECK_MS);
globalThis.onconnect = (event) => accept(event.ports[0]);
