// One tab's end of the shared connection: who we are, whether it is open, and who in this tab listens to what.
// Follows the worker; decides nothing about the connection. A worker that crashed is replaced, by the first tab to notice.
const WORKER_VERSION = 1; // in the worker's name: tabs of another version of this file get a worker of their own
const LATE_MS = 500;
const ANSWER_MS = 1_000;

export function openTab({ user }) {
  const tab = Math.random().toString(36).slice(2);
  const handlers = new Map(); // channel -> Set of functions
  const watchers = new Set();
  const unacknowledged = new Map(); // number -> message, given again to a new worker
  let numbered = 0;
  let state = { readyState: WebSocket.CONNECTING, user, epoch: null };
  let held = []; // messages that may be older than an identity change we have not heard of
  let port = null;
  let news = user; // who we are, when the worker may not know yet; undefined: nothing new
  let others = null; // the other tabs, where there is no worker to tell them
  let leaving = new AbortController();

  async function openPort() {
    const url = new URL("worker.mjs", import.meta.url);
    if (globalThis.SharedWorker) return new SharedWorker(url, { type: "module", name: `acme-rt-${WORKER_VERSION}` }).port;
    // No SharedWorker here (some phones): this tab runs the same code for itself, with a socket of its own. No message is
    // relayed between tabs then, only the news of who signed in.
    const { accept } = await import(url);
    const { port1, port2 } = new MessageChannel();
    accept(port1);
    others ??= new BroadcastChannel("acme-identity");
    others.onmessage = (event) => port?.postMessage({ type: "hello", user: event.data });
    if (news !== undefined) others.postMessage(news);
    return port2;
  }

  async function attach() {
    detach();
    const attempt = new AbortController();
    leaving = attempt;
    const mine = await openPort();
    if (attempt.signal.aborted) return mine.close();
    port = mine;
    const unanswered = setTimeout(attach, ANSWER_MS);
    attempt.signal.addEventListener("abort", () => clearTimeout(unanswered));
    mine.onmessage = ({ data }) => {
      if (attempt.signal.aborted) return;
      clearTimeout(unanswered);
      answers[data.type](data);
    };
    mine.postMessage({ type: "hello", user: news });
    for (const message of unacknowledged.values()) mine.postMessage(message);
  }

  function detach() {
    leaving.abort();
    port?.postMessage({ type: "bye" });
    port?.close();
    port = null;
    held = [];
  }

  const answers = {
    async welcome({ lock }) {
      const { signal } = leaving;
      try {
        await navigator.locks.request(lock, { mode: "shared", signal }, () => {});
      } catch {
        return; // we left first
      }
      if (signal.aborted) return;
      follow({ ...state, readyState: WebSocket.CONNECTING });
      attach();
    },
    state({ readyState, user, epoch }) {
      news = undefined;
      follow({ readyState, user, epoch });
    },
    taken({ number, sent }) {
      const message = unacknowledged.get(number);
      unacknowledged.delete(number);
      if (!sent && message) console.warn(`not sent on ${message.channel}: it was written as another user`);
    },
    message(message) {
      if (held.length === 0 && Date.now() - message.at <= LATE_MS) return show(message);
      // This tab was frozen or busy: ask what has changed since, and show only what still belongs to the current user.
      held.push(message);
      if (held.length === 1) port.postMessage({ type: "sync" });
    },
    synced() {
      for (const message of held.splice(0)) show(message);
    },
  };

  function follow(newState) {
    state = newState;
    for (const watcher of [...watchers]) watcher();
  }

  function show({ channel, data, epoch }) {
    if (epoch !== state.epoch) return;
    for (const handler of [...(handlers.get(channel) ?? [])]) {
      if (!handlers.get(channel)?.has(handler)) continue; // one before it unmounted it
      try {
        handler(data);
      } catch (error) {
        reportError(error);
      }
    }
  }

  // Resolves when the connection is open as `expected`, or after `withinMs` anyway: the page must not hang on the network.
  function openAs(expected, { withinMs }) {
    return new Promise((resolve) => {
      const timer = setTimeout(done, withinMs);
      function done() {
        clearTimeout(timer);
        watchers.delete(look);
        resolve();
      }
      function look() {
        if (state.readyState === WebSocket.OPEN && state.user === expected) done();
      }
      watchers.add(look);
    });
  }

  async function authenticate(path, form) {
    const response = await fetch(path, { method: "POST", body: new URLSearchParams(form) });
    if (!response.ok) throw new Error(`${path} was refused: ${response.status}`);
    const { user: newUser } = await response.json();
    const open = openAs(newUser, { withinMs: 2_000 });
    follow({ readyState: WebSocket.CONNECTING, user: newUser, epoch: null });
    if (port) port.postMessage({ type: "switched", user: newUser });
    else news = newUser;
    others?.postMessage(newUser);
    await open;
  }

  addEventListener("pagehide", () => {
    detach();
    others?.close();
    others = null;
  });
  // Out of the back-forward cache: what this page was rendered with is no news.
  addEventListener("pageshow", (event) => event.persisted && attach());
  attach();

  return {
    get readyState() {
      return state.readyState;
    },
    get user() {
      return state.user;
    },
    watch(watcher) {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    subscribe(channel, handler) {
      const own = (data) => handler(data); // the same function may be mounted twice
      if (!handlers.has(channel)) handlers.set(channel, new Set());
      handlers.get(channel).add(own);
      return () => handlers.get(channel).delete(own);
    },
    send(channel, data) {
      numbered += 1;
      const message = { type: "send", tab, number: numbered, channel, data, user: state.user };
      unacknowledged.set(numbered, message);
      port?.postMessage(message);
    },
    signIn: (login) => authenticate("/auth/login", login),
    signOut: () => authenticate("/auth/logout", {}),
  };
}
