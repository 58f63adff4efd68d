"""A small target whose pages are hostile or odd: `/odd/<name>` each. Run as a program; no part of what is tested.

Behind them is the double's server; a page that is right but for its oddity runs the plainest client.
"""

from __future__ import annotations

import sys

import anyio
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.worlds import page_double

CLIENT = """
const got = [], waiting = [];
let socket = { close() {}, send() {} };
function open() {
  socket = new WebSocket(`ws://${location.host}/ws`);
  socket.onopen = () => { for (const text of waiting.splice(0)) socket.send(text); };
  socket.onmessage = ({ data }) => {
    const { id, data: inner } = JSON.parse(data);
    got.push({ channel: id, data: inner });
  };
  socket.onclose = () => setTimeout(open, 50);
}
const post = async (path) => { await fetch(path, { method: "POST" }); socket.close(); };
const hooks = {
  send: (id, data) => {
    const text = JSON.stringify({ id, data });
    if (socket.readyState === 1) socket.send(text); else waiting.push(text);
  },
  received: () => got, readyState: () => socket.readyState, userId: () => null,
  signIn: ({ user }) => post(`/sign_in/${user}`), signOut: () => post("/sign_out"),
};
if (!location.pathname.includes("past_the_proxy")) open();
window.realtime = hooks;
"""
NEVER = "new Promise(() => {})"
FIRST = {
    "odd_but_right": """
      const Real = window.WebSocket;
      window.WebSocket = function (...given) { return Reflect.construct(Real, given); };
      for (const name of ["CONNECTING", "OPEN", "CLOSING", "CLOSED"]) window.WebSocket[name] = undefined;""",
}
"""What runs before the client."""
THEN = {
    "odd_but_right": """
      confirm("sure?"); prompt("why?");
      addEventListener("beforeunload", (event) => { event.preventDefault(); event.returnValue = "no"; });
      hooks.userId = () => ({ a: 1 });
      const knot = {}; knot.knot = knot;
      got.push(undefined, null, 7, "text", knot, 10n, () => 1, Symbol("s"), new Proxy([], {}),
        { get channel() { throw new Error("no"); } }, { toJSON() { throw new Error("no"); } }, "\\ud800");
      for (const each of [Object, Array, Function, Promise, String, Number, JSON, Math, Reflect, document, Node])
        { Object.freeze(each.prototype ?? each); Object.freeze(each); }""",
    "takes_its_time": """
      for (const [name, hook] of Object.entries(hooks))
        hooks[name] = async (...given) => {
          await new Promise((done) => setTimeout(done, 500));
          return hook(...given);
        };""",
    "takes_longer_than_a_look": """
      const state = hooks.readyState;
      hooks.readyState = async () => {
        await new Promise((done) => setTimeout(done, 1100));
        return state();
      };""",
    "alerts_for_ever": 'setTimeout(() => { for (;;) alert("again"); });',
    "spins": "setTimeout(() => { for (;;); }, 30);",
    "answers_once_and_spins": "hooks.readyState = () => { setTimeout(() => { for (;;); }); return 0; };",
    "spins_while_loading": "for (;;);",
    "spins_once_signed_out": """
      hooks.signOut = async () => { await post("/sign_out"); setTimeout(() => { for (;;); }, 30); };""",
    "goes_away": 'setTimeout(() => { location.href = "/nothing"; }, 100);',
    "goes_to_another_origin": 'location.href = "http://127.0.0.1:__PORT__/nothing";',
    "loads_itself_again_and_again": "setTimeout(() => location.reload(), 30);",
    "hears_past_the_proxy_in_a_worker": """
      const source = `const s = new WebSocket("ws://127.0.0.1:__PORT__/ws"), ports = [];
        onconnect = (e) => ports.push(e.ports[0]);
        s.onmessage = (e) => ports.forEach((each) => each.postMessage(e.data));`;
      new SharedWorker(URL.createObjectURL(new Blob([source]))).port.onmessage = ({ data }) => {
        const { id, data: inner } = JSON.parse(data);
        got.push({ channel: id, data: inner });
      };
      hooks.readyState = () => 1;""",
    "closes_itself": "setTimeout(() => window.close(), 200);",
    "state_never_settles": f"hooks.readyState = () => {NEVER};",
    "state_throws": 'hooks.readyState = () => { throw new Error("no state today"); };',
    "state_is_nonsense": "hooks.readyState = () => 7;",
    "received_is_an_object": "hooks.received = () => ({ length: 3 });",
    "received_is_huge": 'got.push({ channel: "c", data: "x".repeat(10_000_000) });',
    "received_is_endless": 'for (let i = 0; i < 200_000; i++) got.push({ channel: "c", data: i });',
    "hooks_getter_throws": 'Object.defineProperty(window, "realtime", { get() { throw new Error("not for you"); } });',
    "state_getter_throws": 'Object.defineProperty(hooks, "readyState", { get() { throw new Error("not for you"); } });',
    "user_cannot_be_said": "hooks.userId = () => Object.create(null);",
    "throws_odd_things": "hooks.send = () => { throw { get message() { throw 1; } }; };",
    "breaks_builtins": """
      Array.prototype.map = Array.prototype.slice = JSON.stringify = () => "broken"; Array.isArray = () => false;
      Object.keys = () => []; Number.isInteger = () => false;""",
}
"""What runs after it."""


async def odd(request: Request) -> Response:
    name = request.path_params["name"]
    if name == "never_answers":
        await anyio.sleep_forever()
    if name == "redirects":
        return RedirectResponse(f"http://localhost:{sys.argv[1]}/nothing")
    code = CLIENT + THEN.get(name, "").replace("__PORT__", sys.argv[1])
    if name == "strict_policy":
        policy = "default-src 'none'; script-src 'self'; connect-src 'self' ws:; require-trusted-types-for 'script'"
        return HTMLResponse(
            '<!doctype html><title>odd</title><script src="/client.js"></script>',
            headers={"Content-Security-Policy": policy},
        )
    if name == "service_worker":
        code = 'navigator.serviceWorker.register("/worker.js", { scope: "/odd/" });' + code
    return HTMLResponse(f"<!doctype html><title>odd</title><script>{FIRST.get(name, '')}{code}</script>")


def script(code: str) -> Route:
    path, _, text = code.partition(" ")
    return Route(path, lambda _: Response(text, media_type="text/javascript", headers={"Service-Worker-Allowed": "/"}))


WORKER = """
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(clients.claim()));
self.addEventListener("fetch", (event) => {
  if (event.request.mode !== "navigate") return;
  event.respondWith(caches.open("pages").then(async (cache) => {
    const kept = await cache.match(event.request);
    if (kept) return kept;
    const fresh = await fetch(event.request);
    await cache.put(event.request, fresh.clone());
    return fresh;
  }));
});
"""

app = Starlette(
    routes=[
        Route("/odd/{name}", odd),
        Route("/nothing", lambda _: HTMLResponse("<!doctype html><title>nothing</title>nothing here")),
        script(f"/client.js {CLIENT}"),
        script(f"/worker.js {WORKER}"),
        *page_double.app.routes,
    ]
)
if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", timeout_graceful_shutdown=1)
