// The demo page: shows what its subscriptions are handed, and offers the hooks that a test drives it by.
// Everything received is shown as text, never as markup.

import { createSharedSocket } from "./onesocket.js";

const { identity, channels: channelsJson } = document.documentElement.dataset;
const channels = JSON.parse(channelsJson);
const socket = createSharedSocket({ url: "/ws", identity: identity || null, identityChannel: channels.identity });

const STATES = ["CONNECTING", "OPEN", "CLOSING", "CLOSED"];
const MOST_SHOWN = 100;
const find = (name) => document.querySelector(`[data-testid=${name}]`);
const received = [];
const mounted = new Map();

const views = {
  [channels.echo]: (data) => (document.querySelector("#echo output").textContent = data.reply),
  [channels.posts]: () => refreshPosts(),
  [channels.notifications]: (data) => toast(data),
};

function mount(channel) {
  if (mounted.has(channel)) return;
  const unsubscribe = socket.subscribe(channel, (data) => {
    received.push({ channel, data });
    append(find("messages"), `${channel}: ${JSON.stringify(data)}`);
    views[channel]?.(data);
  });
  mounted.set(channel, unsubscribe);
}

function unmount(channel) {
  mounted.get(channel)?.();
  mounted.delete(channel);
}

function append(list, text) {
  const item = document.createElement("li");
  item.textContent = text;
  list.append(item);
  while (list.childElementCount > MOST_SHOWN) list.firstElementChild.remove();
}

function toast({ title, description }) {
  const shown = document.createElement("div");
  shown.dataset.testid = "toast";
  shown.textContent = description ? `${title} – ${description}` : title;
  find("toasts").append(shown);
  while (find("toasts").childElementCount > 5) find("toasts").firstElementChild.remove();
}

let refreshing = null;
let stale = false;

/** Fetch the list again; changes that come while one fetch is under way cost one more, not one each. */
async function refreshPosts() {
  stale = true;
  refreshing ??= (async () => {
    while (stale) {
      stale = false;
      try {
        const { posts } = await (await fetch("/api/posts")).json();
        find("posts").replaceChildren();
        for (const post of posts) append(find("posts"), post.note);
      } catch {
        return; // the server is away: the next change brings the list up to date
      }
    }
  })().finally(() => (refreshing = null));
}

async function post(path, body) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return response.json();
}

async function signIn(login) {
  socket.identityChanged((await post("/api/sign_in", login)).identity);
}

async function signOut() {
  socket.identityChanged((await post("/api/sign_out", {})).identity);
}

function userId() {
  return socket.identity === null ? null : Number(socket.identity.split(".")[0]);
}

function showUser() {
  const button = [...document.querySelectorAll("[data-sign-in]")].find((one) => Number(one.dataset.id) === userId());
  find("user").textContent = userId() === null ? "guest" : (button?.dataset.signIn ?? `user ${userId()}`);
}

function showState() {
  find("state").textContent = STATES[socket.readyState];
}

function onSubmit(selector, run) {
  document.querySelector(selector).addEventListener("submit", (event) => {
    event.preventDefault();
    run(new FormData(event.target));
  });
}

for (const button of document.querySelectorAll("[data-sign-in]")) {
  button.addEventListener("click", () => signIn({ user: button.dataset.signIn }));
}
document.querySelector("[data-sign-out]").addEventListener("click", signOut);
onSubmit("#echo", (form) => socket.send(channels.echo, { message: form.get("message") }));
onSubmit("#post", (form) => post("/api/posts", { action: "created", note: form.get("note") }));
socket.onState(showState);
socket.onIdentity(showUser);
for (const name of ["echo", "notifications", "posts", "whoami"]) mount(channels[name]);
showState();
showUser();
refreshPosts();

window.realtime = {
  send: (channel, data) => void socket.send(channel, data),
  received: () => received,
  readyState: () => socket.readyState,
  userId,
  mount,
  unmount,
  signIn,
  signOut,
};
