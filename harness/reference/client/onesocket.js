// One WebSocket per browser, shared by every tab, tied to the session of the cookie.
//
// - The tab that holds a Web Lock leads: it owns the socket and relays what it receives over a BroadcastChannel.
//   The lock is let go on pagehide and freeze, as a page in the back/forward cache would keep it and hear nothing.
// - Identity is an opaque tag of the session (null: guest). Every change starts a new epoch; relayed messages carry
//   the epoch of the connection they came on, and a tab drops those of an earlier one.
// - With `identityChannel` the leader asks each new connection whose it is. Nothing is sent or shown before the
//   answer, so that nothing queued by one user is ever sent as another.
// - A send is kept by every tab until the leader says that it went out, so it outlives the leader and the sender.
// - Without Web Locks or BroadcastChannel every tab has its own socket and relays nothing.
//
// A leader that hangs while it holds the lock is not replaced: heartbeats and `steal` belong in `Leadership`.

const PROTOCOL = 1; // Tabs that speak another version of the relay, or run another `version` of the app, keep apart.
const OPEN = 1;
const CLOSED = 3;
const BACKOFF_MS = { first: 250, most: 3000 };
const STABLE_MS = 5000; // A connection that lasts this long makes the next delay short again.
const CONNECT_TIMEOUT_MS = 5000;
const QUIET_MS = 15000; // Hearing nothing for so long, the leader asks whether anybody is there.
const ANSWER_TIMEOUT_MS = 5000;
const MOST_PENDING = 1000;
const MOST_REMEMBERED = 5000;

/** Open this tab's share of the browser's one socket. */
export function createSharedSocket(options) {
  return new SharedSocket(options).api();
}

/** The WebSocket of a leader: opens, asks whose it is, opens again after a loss, notices silence. */
class Connection {
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
    this.after("answer", CONNECT_TIMEOUT_MS, () => this.lost(socket));
    // A replaced socket may still speak: everything it says is checked against the present one.
    socket.onopen = () => socket === this.socket && this.opened();
    socket.onmessage = (event) => socket === this.socket && this.heard(event.data);
    socket.onclose = () => this.lost(socket);
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
    const socket = this.socket;
    socket.send(JSON.stringify({ id: this.identityChannel, data: {} }));
    this.after("answer", ANSWER_TIMEOUT_MS, () => this.lost(socket));
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

  /** After sleep, freeze or a change of network: is anybody there? A late timer alone closes nothing. */
  probe() {
    if (!this.identityChannel || this.readyState !== OPEN) return;
    if (this.timers.answer === undefined) this.ask();
  }

  send(text) {
    this.socket.send(text);
  }

  lost(socket) {
    if (socket !== this.socket) return;
    this.drop();
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

/** Holds, or waits for, the lock that makes a tab the leader. */
class Leadership {
  constructor({ name, onGained, onUnavailable }) {
    Object.assign(this, { name, onGained, onUnavailable });
    this.turn = null;
  }

  ask() {
    if (this.turn) return;
    const turn = { abort: new AbortController(), release: null };
    this.turn = turn;
    const held = () => {
      if (this.turn !== turn) return undefined; // let go of before it was granted
      return new Promise((release) => {
        turn.release = release;
        this.onGained();
      });
    };
    navigator.locks.request(this.name, { signal: turn.abort.signal }, held).catch(() => {
      // Our own abort ends here too; anything else means that this page may not use locks.
      if (this.turn === turn) this.onUnavailable();
    });
  }

  letGo() {
    const turn = this.turn;
    this.turn = null;
    if (!turn) return;
    turn.abort.abort();
    turn.release?.();
  }
}

/** Sends that have not gone out yet, and the ids of those that have, as far as this tab knows. */
class Outbox {
  waiting = new Map(); // id -> { id, identity, text }, and { settle } where this tab is the sender
  done = new Set();

  has(id) {
    return this.waiting.has(id);
  }

  add(item) {
    if (!this.done.has(item.id) && !this.waiting.has(item.id)) this.waiting.set(item.id, item);
  }

  settle(id, sent) {
    const item = this.waiting.get(id);
    this.waiting.delete(id);
    this.done.add(id);
    if (this.done.size > MOST_REMEMBERED) this.done.delete(this.done.values().next().value);
    item?.settle?.(sent);
  }

  /** What was meant to be sent as somebody else is never sent. */
  dropOthers(identity) {
    for (const item of [...this.waiting.values()]) {
      if (item.identity !== identity) this.settle(item.id, false);
    }
  }

  dropAll() {
    for (const id of [...this.waiting.keys()]) this.settle(id, false);
  }

  own() {
    return [...this.waiting.values()].filter((item) => item.settle);
  }

  keepOwn() {
    this.waiting = new Map(this.own().map((item) => [item.id, item]));
  }
}

/** One tab's end: subscriptions, identity, and the relay between leader and followers. */
class SharedSocket {
  constructor({ url = "/ws", identity, identityChannel, version = "" } = {}) {
    this.url = new URL(url, location.href);
    this.url.protocol = this.url.protocol.replace("http", "ws");
    this.name = `onesocket/${PROTOCOL}/${version}/${this.url.href}`;
    this.tab = randomId();
    this.sends = 0;
    this.epoch = 0;
    this.identity = identity; // undefined: this page does not know, and learns it
    this.announced = identity;
    this.leader = null;
    this.leading = false;
    this.paused = true;
    this.state = CLOSED;
    this.outbox = new Outbox();
    this.subscribers = new Map();
    this.stateListeners = new Set();
    this.identityListeners = new Set();
    this.canRelay = typeof BroadcastChannel === "function";
    this.canLead = this.canRelay && Boolean(globalThis.navigator?.locks);
    this.connection = new Connection({
      url: this.url.href,
      identityChannel,
      onState: () => this.publishState(),
      onIdentity: (confirmed) => this.confirmed(confirmed),
      onMessage: (message) => this.received(message),
    });
    this.leadership = new Leadership({
      name: this.name,
      onGained: () => this.lead(),
      onUnavailable: () => this.goAlone(),
    });
    this.watchPage();
    this.resume();
  }

  api() {
    const tab = this;
    return {
      send: (channel, data) => tab.send(channel, data),
      subscribe: (channel, handler) => tab.subscribe(channel, handler),
      identityChanged: (identity) => tab.identityChanged(identity ?? null),
      onState: (listener) => listen(tab.stateListeners, listener),
      onIdentity: (listener) => listen(tab.identityListeners, listener),
      close: () => tab.close(),
      get readyState() {
        return tab.state;
      },
      get identity() {
        return tab.identity ?? null;
      },
    };
  }

  // -- the page comes and goes

  watchPage() {
    this.stopWatching = new AbortController();
    const on = (target, type, run) => target.addEventListener(type, run, { signal: this.stopWatching.signal });
    on(window, "pagehide", () => this.pause());
    on(window, "pageshow", (event) => event.persisted && this.resume());
    on(document, "freeze", () => this.pause());
    on(document, "resume", () => this.resume());
    on(window, "online", () => this.connection.probe());
    on(document, "visibilitychange", () => this.connection.probe());
  }

  resume() {
    if (!this.paused) return;
    this.paused = false;
    if (this.canRelay) {
      this.relay = new BroadcastChannel(this.name);
      this.relay.onmessage = (event) => this.relayed(event.data);
      this.post("hello", { announced: this.announced });
      // Only a fresh page knows more than the others; one that comes back from a cache knows less.
      this.announced = undefined;
    }
    if (this.canLead) this.leadership.ask();
    else this.lead();
  }

  pause() {
    if (this.paused) return;
    this.paused = true;
    this.connection.drop();
    if (this.leading) this.publishState(); // nobody is to show OPEN until the next leader says so
    this.leading = false;
    this.leader = null;
    this.outbox.keepOwn(); // while away it will not be heard that they have gone out
    this.relay?.close(); // an open channel would throw the page out of the back/forward cache
    this.relay = null;
    this.leadership.letGo();
    this.setState(CLOSED);
  }

  close() {
    this.pause();
    this.stopWatching.abort();
    this.subscribers.clear();
    this.outbox.dropAll();
  }

  // -- leading

  lead() {
    this.leading = true;
    this.leader = this.tab;
    this.connection.failures = 0;
    this.connection.open();
  }

  goAlone() {
    this.canLead = false;
    if (!this.paused) this.lead();
  }

  publishState() {
    this.setState(this.connection.readyState);
    this.post("state", { state: this.state, epoch: this.epoch, identity: this.identity, leads: this.canLead });
  }

  confirmed(identity) {
    if (identity !== undefined && identity !== this.identity) this.adopt(this.epoch + 1, identity);
    this.connectionEpoch = this.epoch;
    this.publishState();
    this.flush();
  }

  received({ id, data }) {
    if (this.connectionEpoch !== this.epoch) return;
    if (this.canLead) this.post("message", { epoch: this.epoch, channel: id, data });
    this.dispatch(id, data);
  }

  flush() {
    const ready = this.leading && this.connection.confirmed && this.connection.readyState === OPEN;
    if (!ready || this.connectionEpoch !== this.epoch) return;
    for (const item of [...this.outbox.waiting.values()]) {
      if (item.identity !== this.identity) continue;
      this.connection.send(item.text);
      this.post("sent", { id: item.id });
      this.outbox.settle(item.id, true);
    }
  }

  /** Somebody says that the session has changed: ask the server, on a new connection, whose it is now. */
  followChange(epoch, identity) {
    this.adopt(Math.max(this.epoch + 1, epoch), identity);
    this.connection.failures = 0;
    this.connection.open();
  }

  // -- what the tabs tell each other

  post(type, fields) {
    this.relay?.postMessage({ onesocket: PROTOCOL, type, from: this.tab, ...fields });
  }

  relayed(message) {
    if (message?.onesocket !== PROTOCOL || typeof message.from !== "string") return; // not one of us
    const { type, epoch } = message;
    if (type === "hello") this.heardHello(message);
    else if (type === "identity" && Number.isInteger(epoch)) this.heardIdentity(message);
    else if (!this.canLead) return; // alone: only changes of identity concern us
    else if (type === "state" && Number.isInteger(epoch) && message.leads) this.heardState(message);
    else if (type === "message") this.heardMessage(message);
    else if (type === "send") this.heardSend(message);
    else if (type === "sent") this.outbox.settle(message.id, true);
  }

  heardHello({ announced }) {
    const changed = announced !== undefined && announced !== this.identity;
    if (this.leading && changed) this.followChange(this.epoch + 1, announced);
    else if (this.leading) this.publishState();
    else if (changed) this.adopt(this.epoch + 1, announced);
  }

  heardIdentity({ epoch, identity }) {
    if (this.leading) {
      if (identity !== this.identity) return this.followChange(epoch, identity);
      this.epoch = this.connectionEpoch = Math.max(this.epoch, epoch);
      this.publishState();
    } else if (epoch > this.epoch) {
      this.adopt(epoch, identity);
    }
  }

  heardState({ from, state, epoch, identity }) {
    if (this.leading) return;
    // A leader that came after the others does not know their epoch: tell it, or they would never follow.
    if (epoch < this.epoch) return this.post("identity", { epoch: this.epoch, identity: this.identity });
    if (identity !== this.identity) this.adopt(epoch, identity);
    this.epoch = epoch;
    const changed = this.leader !== from;
    this.leader = from;
    this.setState(state);
    // A new leader may not have heard what the last one had not sent yet; it drops what it knows already.
    if (changed) this.outbox.own().forEach((item) => this.postSend(item));
  }

  heardMessage({ from, epoch, channel, data }) {
    if (!this.leading && from === this.leader && epoch === this.epoch) this.dispatch(channel, data);
  }

  heardSend({ id, identity, text }) {
    if (this.outbox.done.has(id)) this.post("sent", { id });
    else if (identity === this.identity) this.outbox.add({ id, identity, text });
    this.flush();
  }

  postSend({ id, identity, text }) {
    if (this.canLead) this.post("send", { id, identity, text });
  }

  // -- identity

  /** Take over an identity: what belongs to another one is dropped from here on. */
  adopt(epoch, identity) {
    this.epoch = epoch;
    if (identity === this.identity) return;
    // What was sent before this page knew who it is belongs to whoever that turns out to be.
    if (this.identity === undefined) for (const item of this.outbox.own()) item.identity = identity;
    this.identity = identity;
    this.outbox.dropOthers(identity);
    for (const listener of [...this.identityListeners]) call(listener, identity);
  }

  identityChanged(identity) {
    if (identity === this.identity) return; // learnt already, from the leader's new connection
    if (this.leading) {
      this.followChange(this.epoch + 1, identity);
      if (!this.canLead) this.post("identity", { epoch: this.epoch, identity });
    } else {
      this.adopt(this.epoch + 1, identity);
      this.post("identity", { epoch: this.epoch, identity });
    }
  }

  // -- what the page sees

  /** Resolves to true when the message has gone out, to false when it never will. */
  send(channel, data) {
    const text = JSON.stringify({ id: channel, data });
    return new Promise((settle) => {
      if (this.outbox.own().length >= MOST_PENDING) return settle(false);
      const item = { id: `${this.tab}/${++this.sends}`, identity: this.identity, text, settle };
      this.outbox.add(item);
      this.flush();
      if (this.outbox.has(item.id)) this.postSend(item);
    });
  }

  subscribe(channel, handler) {
    const entry = { handler };
    if (!this.subscribers.has(channel)) this.subscribers.set(channel, new Set());
    this.subscribers.get(channel).add(entry);
    return () => {
      entry.handler = null; // also for a message that is being handed out just now
      const entries = this.subscribers.get(channel);
      entries?.delete(entry);
      if (entries?.size === 0) this.subscribers.delete(channel);
    };
  }

  dispatch(channel, data) {
    for (const entry of [...(this.subscribers.get(channel) ?? [])]) if (entry.handler) call(entry.handler, data);
  }

  setState(state) {
    if (state === this.state) return;
    this.state = state;
    for (const listener of [...this.stateListeners]) call(listener, state);
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

function call(handler, value) {
  try {
    handler(value);
  } catch (error) {
    console.error(error); // one view's mistake must not cost the others their message
  }
}

function listen(listeners, listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function randomId() {
  const words = crypto.getRandomValues(new Uint32Array(4)); // randomUUID is missing in an insecure context
  return Array.from(words, (word) => word.toString(36)).join("");
}
