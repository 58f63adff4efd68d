// One WebSocket per browser, shared by every tab, tied to the session of the cookie.
//
// - The tab that holds a Web Lock leads: it owns the socket and relays what it receives over a BroadcastChannel.
//   The lock is let go on pagehide and freeze, as a page in the back/forward cache would keep it and hear nothing.
// - A leader that does not answer is robbed of the lock. Each leader has a term, and the latest counts: one that wakes up
//   is not listened to, and before it hands out or sends anything it makes sure that it leads still.
// - Identity is an opaque tag of the session (null: guest). Every change starts a new epoch; relayed messages carry
//   the epoch of the connection they came on, and a tab drops those of an earlier one.
// - With `identityChannel` the leader asks each new connection whose it is. Nothing is sent or shown before the
//   answer, so that nothing queued by one user is ever sent as another.
// - A send is kept by every tab until the leader says that it went out, so it outlives the leader and the sender.
// - Without Web Locks or BroadcastChannel every tab has its own socket and relays nothing.
//
// The parts: `connection.js` keeps the leader's socket, `leadership.js` the lock, `leader_watch.js` an eye on who holds it,
// `relay.js` the channel between the tabs, `outbox.js` what is still to be sent.

import { Connection } from "./connection.js";
import { LeaderWatch } from "./leader_watch.js";
import { Leadership } from "./leadership.js";
import { Outbox } from "./outbox.js";
import { Relay } from "./relay.js";

const CONNECTING = 0;
const OPEN = 1;
const CLOSED = 3;
const MOST_PENDING = 1000;

/** Open this tab's share of the browser's one socket. */
export function createSharedSocket(options) {
  return new SharedSocket(options).api();
}

/** One tab's end: subscriptions, identity, and the relay between leader and followers. */
class SharedSocket {
  constructor({ url = "/ws", identity, identityChannel, version = "" } = {}) {
    this.url = new URL(url, location.href);
    this.url.protocol = this.url.protocol.replace("http", "ws");
    this.sends = 0;
    this.epoch = 0;
    this.term = 0;
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
    // Tabs that run another `version` of the application keep apart.
    this.relay = new Relay({ name: `${version}/${this.url.href}`, onMessage: (message) => this.relayed(message) });
    this.canLead = Relay.supported && Boolean(globalThis.navigator?.locks);
    this.connection = new Connection({
      url: this.url.href,
      identityChannel,
      onState: () => this.publishState(),
      onIdentity: (confirmed) => this.confirmed(confirmed),
      onMessage: (message) => this.surely(() => this.received(message)),
    });
    this.leadership = new Leadership({
      name: this.relay.name,
      onGained: () => this.lead(),
      onRobbed: () => this.stepDown(),
      onUnavailable: () => this.goAlone(),
    });
    this.watch = new LeaderWatch({
      ask: () => this.post("ping", {}),
      onSilent: () => this.leadership.rob(() => this.watch.silent),
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
    on(window, "online", () => this.probe());
    on(document, "visibilitychange", () => this.probe());
  }

  /** Somebody looks, or the network is another: have the leader find out whether the server is still there. */
  probe() {
    if (this.leading) this.connection.probe();
    else this.post("ping", { probe: true });
  }

  resume() {
    if (!this.paused) return;
    this.paused = false;
    if (Relay.supported) this.relay.open();
    this.post("hello", { announced: this.announced });
    // Only a fresh page knows more than the others; one that comes back from a cache knows less.
    this.announced = undefined;
    if (this.canLead) this.follow();
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
    this.relay.close();
    this.watch.stop();
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

  follow() {
    this.leadership.ask();
    this.watch.start();
  }

  lead() {
    this.watch.stop();
    this.leading = true;
    this.leader = this.relay.tab;
    this.term = Math.max(this.term + 1, Date.now()); // later than any other's, also than one never heard of
    this.connection.failures = 0;
    this.connection.open();
  }

  /** Another tab took the lead, as this one did not answer: what has come since is not this tab's to tell. */
  stepDown() {
    this.leading = false;
    this.leader = null;
    this.connection.drop();
    this.leadership.letGo();
    this.setState(CONNECTING);
    this.follow();
    this.post("hello", {});
  }

  surely(act) {
    if (this.canLead) this.leadership.surely(act);
    else act();
  }

  goAlone() {
    this.canLead = false;
    if (!this.paused) this.lead();
  }

  publishState() {
    this.setState(this.connection.readyState);
    const { state, term, epoch, identity, canLead: leads } = this;
    this.post("state", { state, term, epoch, identity, leads });
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
    if (this.leading && this.outbox.waiting.size > 0) this.surely(() => this.sendWaiting());
  }

  sendWaiting() {
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
    this.surely(() => this.connection.open());
  }

  // -- what the tabs tell each other

  post(type, fields) {
    this.relay.post(type, fields);
  }

  relayed(message) {
    const { type, epoch } = message;
    if (message.from === this.leader) this.watch.heard();
    if (type === "hello") this.heardHello(message);
    else if (type === "identity" && Number.isInteger(epoch)) this.heardIdentity(message);
    else if (!this.canLead) return; // alone: only changes of identity concern us
    else if (type === "state" && Number.isInteger(epoch) && message.leads) this.heardState(message);
    else if (type === "ping") this.heardPing(message);
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

  heardPing({ probe }) {
    if (!this.leading) return;
    this.publishState();
    if (probe) this.connection.probe();
  }

  heardState({ from, state, term, epoch, identity }) {
    if (!(term >= this.term) || (this.leading && term === this.term)) return; // of one that was robbed
    if (this.leading) this.stepDown();
    this.term = term;
    this.watch.heard();
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
      const item = { id: `${this.relay.tab}/${++this.sends}`, identity: this.identity, text, settle };
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
