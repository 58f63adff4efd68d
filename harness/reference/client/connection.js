// The one WebSocket of a browser, as its leader keeps it: knows envelopes and time, nothing of tabs.

const OPEN = 1;
const CLOSED = 3;
const BACKOFF_MS = { first: 250, most: 3000 };
const STABLE_MS = 5000; // A connection that lasts this long makes the next delay short again.
const CONNECT_TIMEOUT_MS = 5000;
const QUIET_MS = 3000; // Hearing nothing for so long, the leader asks whether anybody is there.
const ANSWER_TIMEOUT_MS = 3000;
const LATE_MS = 500; // A timer so much too late: this tab itself was suspended, and has not read yet what came meanwhile.
const UNWELCOME = new Set([1008, 4429, 4430]); // Closed for what we did: coming back at once would make it worse.

/** The WebSocket of a leader: opens, asks whose it is, opens again after a loss, notices silence. */
export class Connection {
  constructor({ url, identityChannel, onState, onIdentity, onMessage }) {
    Object.assign(this, { url, identityChannel, onState, onIdentity, onMessage });
    this.socket = null;
    this.confirmed = false;
    this.held = []; // what arrived before it was known whose the connection is
    this.failures = 0;
    this.timers = {};
  }

  get readyState() {
    return this.socket ? this.socket.readyState : CLOSED;
  }

  /** Drop the present connection, if any, and open a new one now. */
  open() {
    this.drop();
    let socket;
    try {
      socket = new WebSocket(this.url);
    } catch {
      return this.retry();
    }
    this.socket = socket;
    this.expectAnswer(CONNECT_TIMEOUT_MS);
    // A replaced socket may still speak: everything it says is checked against the present one.
    socket.onopen = () => socket === this.socket && this.opened();
    socket.onmessage = (event) => socket === this.socket && this.heard(event.data);
    socket.onclose = ({ code }) => this.lost(socket, code);
    this.onState();
  }

  opened() {
    this.cancel("answer");
    this.after("stable", STABLE_MS, () => (this.failures = 0));
    this.onState();
    if (this.identityChannel) this.ask();
    else this.confirm(undefined);
  }

  ask() {
    this.socket.send(JSON.stringify({ id: this.identityChannel, data: {} }));
    this.expectAnswer(ANSWER_TIMEOUT_MS);
  }

  /** Give the present socket up if nothing comes in time; a timer that is late itself proves nothing and starts again. */
  expectAnswer(ms) {
    const socket = this.socket;
    const due = performance.now() + ms;
    this.after("answer", ms, () => (performance.now() > due + LATE_MS ? this.expectAnswer(ms) : this.lost(socket)));
  }

  heard(text) {
    if (this.confirmed) this.cancel("answer");
    if (this.identityChannel) this.after("quiet", QUIET_MS, () => this.probe());
    const message = parseEnvelope(text);
    if (!message) return;
    if (this.identityChannel && message.id === this.identityChannel) {
      this.confirm(message.data?.identity ?? null);
    } else if (this.confirmed) {
      this.onMessage(message);
    } else {
      this.held.push(message);
    }
  }

  confirm(identity) {
    this.cancel("answer");
    this.confirmed = true;
    this.onIdentity(identity);
    for (const message of this.held.splice(0)) this.onMessage(message);
  }

  /** After silence, sleep or a change of network: is anybody there? */
  probe() {
    if (!this.identityChannel || this.readyState !== OPEN) return;
    if (this.timers.answer === undefined) this.ask();
  }

  send(text) {
    this.socket.send(text);
  }

  lost(socket, code) {
    if (socket !== this.socket) return;
    this.drop();
    if (UNWELCOME.has(code)) this.failures = Math.max(this.failures, 10);
    this.retry();
  }

  retry() {
    const most = Math.min(BACKOFF_MS.most, BACKOFF_MS.first * 2 ** this.failures);
    this.failures += 1;
    this.after("retry", most * (0.5 + Math.random() / 2), () => this.open());
    this.onState();
  }

  drop() {
    Object.keys(this.timers).forEach((name) => this.cancel(name));
    const socket = this.socket;
    this.socket = null;
    this.confirmed = false;
    this.held = [];
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  after(name, ms, run) {
    this.cancel(name);
    this.timers[name] = setTimeout(() => {
      delete this.timers[name];
      run();
    }, ms);
  }

  cancel(name) {
    clearTimeout(this.timers[name]);
    delete this.timers[name];
  }
}

function parseEnvelope(text) {
  if (typeof text !== "string") return null;
  try {
    const message = JSON.parse(text);
    const good = message && typeof message === "object" && typeof message.id === "string" && "data" in message;
    return good ? message : null;
  } catch {
    return null;
  }
}
