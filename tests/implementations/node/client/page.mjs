// The demo page: shows the state, and offers it to tests as window.acme.rt. Mounts no channel by itself.
import { openTab } from "./tab.mjs";

const tab = openTab({ user: document.documentElement.dataset.user || null });
const received = [];
const mounted = new Map(); // channel -> its unsubscribe

function draw() {
  document.getElementById("user").textContent = tab.user ?? "guest";
  document.getElementById("state").textContent = ["connecting", "open", "closing", "closed"][tab.readyState];
}

function note(channel, data) {
  received.push({ channel, data });
  const line = document.createElement("li");
  line.textContent = `${channel}: ${JSON.stringify(data)}`;
  document.getElementById("messages").append(line);
}

tab.watch(draw);
draw();

window.acme = {
  rt: {
    send: (channel, data) => tab.send(channel, data),
    received: () => received.slice(),
    readyState: () => tab.readyState,
    userId: () => tab.user,
    mount(channel) {
      if (!mounted.has(channel)) mounted.set(channel, tab.subscribe(channel, (data) => note(channel, data)));
    },
    unmount(channel) {
      mounted.get(channel)?.();
      mounted.delete(channel);
    },
    signIn: (login) => tab.signIn(login),
    signOut: () => tab.signOut(),
  },
};
