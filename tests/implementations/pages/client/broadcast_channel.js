// Tabs that share a socket with broadcast-channel and its leader election: the leader tells all what arrives and in which
// state the connection is; the others tell the leader what is to be done.

import { offerHooks } from "./hooks.js";
import { openSocket } from "./socket.js";

const channel = new BroadcastChannel2("onesocket", { webWorkerSupport: false });
const elector = createLeaderElection(channel);
let socket = null;
let state = { readyState: 3, userId: null };

function ask(what, message) {
  if (socket) socket[what](message);
  else channel.postMessage({ what, message });
}

const received = offerHooks({
  send: (message) => ask("send", message),
  reconnect: () => ask("reconnect"),
  state: () => state,
});

channel.onmessage = ({ what, message }) => {
  if (what === "message") received(message);
  else if (what === "state") state = message;
  else if (socket && what === "hello") channel.postMessage({ what: "state", message: state });
  else if (socket) socket[what](message);
};
channel.postMessage({ what: "hello" });

elector.awaitLeadership().then(() => {
  socket = openSocket({
    onState(readyState, userId) {
      state = { readyState, userId };
      channel.postMessage({ what: "state", message: state });
    },
    onMessage(message) {
      received(message);
      channel.postMessage({ what: "message", message });
    },
  });
});
