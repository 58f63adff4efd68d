// A page of React components that use the reference's hook, to be steered by tests. React comes as it is published,
// without a build step: CommonJS, for which this page is the loader.

import { createUseChannel } from "/client/react.js";
import { createSharedSocket } from "/client/onesocket.js";

const loaded = {};

async function load(name, path) {
  const text = await (await fetch(`/packages/${path}`)).text();
  const module = { exports: {} };
  const process = { env: { NODE_ENV: "development" } };
  new Function("module", "exports", "require", "process", text)(module, module.exports, (each) => loaded[each], process);
  loaded[name] = module.exports;
}

await load("react", "react/cjs/react.development.js");
await load("scheduler", "scheduler/cjs/scheduler.development.js");
await load("react-dom", "react-dom/cjs/react-dom.development.js");
await load("react-dom/client", "react-dom/cjs/react-dom-client.development.js");
const React = loaded.react;
const { createRoot } = loaded["react-dom/client"];
const { flushSync } = loaded["react-dom"];

const socket = createSharedSocket({ url: "/ws", identityChannel: "onesocket_core_identity" });
// How many handlers there are, as the hook itself does not tell.
let handlers = 0;
let subscriptions = 0;
const counted = {
  ...socket,
  get readyState() {
    return socket.readyState;
  },
  subscribe(channel, handler) {
    const stop = socket.subscribe(channel, handler);
    handlers += 1;
    subscriptions += 1;
    return () => {
      handlers -= 1;
      stop();
    };
  },
};
const useChannel = createUseChannel(React, counted);
const posts = { id: "onesocket_posts_changes" };
const echo = { id: "onesocket_chat_echo" };

const heard = {}; // view -> what it was handed, with the version of the view that was handed it
const states = {}; // view -> the readyState of each of its renderings

function View({ name, version, channel }) {
  const { send, readyState } = useChannel(channel === "echo" ? echo : posts, {
    onMessage: (data) => (heard[name] ??= []).push([version, data.note ?? data.reply]),
  });
  (states[name] ??= []).push(readyState);
  window.views.send[name] = send;
  return React.createElement("p", { id: name }, `${name} ${version} ${readyState}`);
}

const root = createRoot(document.body.appendChild(document.createElement("main")));

window.views = {
  /** Show these views, each `{ name, version, channel }`; returns when React has committed it. */
  show(views, { strict = false } = {}) {
    const list = views.map((view) => React.createElement(View, { key: view.name, ...view }));
    flushSync(() => root.render(strict ? React.createElement(React.StrictMode, null, list) : list));
  },
  heard: (name) => heard[name] ?? [],
  states: (name) => states[name] ?? [],
  handlers: () => handlers,
  subscriptions: () => subscriptions,
  readyState: () => socket.readyState,
  text: () => root && document.querySelector("main").innerText,
  send: {},
};
