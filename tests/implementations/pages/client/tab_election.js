// Tabs that share a socket with tab-election: its leader offers the socket as an API that the others call, tells what
// arrives to all, and has the state of the connection as the state that the library keeps for every tab.

import { Tab, To } from "tab-election";
import { offerHooks } from "./hooks.js";
import { openSocket } from "./socket.js";

let tab = null;
const received = offerHooks({
  send: (message) => void tab?.call("send", message),
  reconnect: () => void tab?.call("reconnect"),
  state: () => ({ readyState: 3, userId: null, ...tab?.getState() }),
});
tab = new Tab("onesocket");
tab.addEventListener("message", ({ data }) => received(data));
tab.waitForLeadership(async () =>
  openSocket({
    onState: (readyState, userId) => tab.setState({ readyState, userId }),
    onMessage: (message) => tab.send(message, To.All),
  }),
);
