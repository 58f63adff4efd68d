"""A small target whose page can misbehave: `/?mode=...` says how. Run as a program; no part of what is tested.

Its client is the plainest there is, a socket in each tab, so that several sockets of one browser can be seen as well.
"""

from __future__ import annotations

import contextlib
import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

PAGE = """<!doctype html><title>double</title><script>
const mode = new URLSearchParams(location.search).get("mode"), got = [], mounted = new Set();
let late = 2;
const later = (answer) => new Promise((resolve) => setTimeout(resolve, 300, answer));
const host = mode === "past_the_proxy" ? "127.0.0.1:__PORT__" : location.host;
let socket;
function open() {
  socket = new WebSocket(`ws://${host}/ws`);
  socket.onmessage = ({ data }) => {
    const { id, data: inner } = JSON.parse(data);
    if (mode !== "must_mount" || mounted.has(id)) got.push(mode === "bare" ? inner : { channel: id, data: inner });
  };
  socket.onclose = () => setTimeout(open, 50);
}
open();
async function post(path) {
  await fetch(path, { method: "POST" });
  if (mode === "full_load") location.reload();
  else socket.close();
}
const hooks = {
  send: (id, data) => {
    if (mode === "send_throws") throw new Error("no sending today");
    socket.send(JSON.stringify({ id, data }));
  },
  received: () => mode === "late" && got.length && late-- > 0 ? later([...got]) :
    mode === "nonsense" ? "nothing" : mode === "forgetful" ? got.splice(0) : got,
  readyState: async () => socket.readyState,
  userId: () => null,
  signIn: ({ user }) => mode === "never_answers" ? new Promise(() => {}) : post(`/sign_in/${user}`),
  signOut: () => post("/sign_out"),
};
if (mode === "must_mount") hooks.mount = (id) => { mounted.add(id); };
if (mode === "must_mount") hooks.unmount = (id) => { mounted.delete(id); };
if (mode === "logs") { console.error("woe"); fetch("/gone"); }
const shy = mode === "declines" && self !== top && location.ancestorOrigins[0] !== location.origin;
if (mode !== "no_hooks" && mode !== "elements" && !shy) window.realtime = hooks;
if (mode === "elements") document.addEventListener("DOMContentLoaded", () => {
  document.body.innerHTML = `<p data-testid=state></p><p data-testid=user></p><ul data-testid=messages></ul>
    <input data-testid=message><button data-testid=send>send</button>
    <input data-testid=login-user><button data-testid=sign-in>in</button><button data-testid=sign-out>out</button>`;
  const find = (name) => document.querySelector(`[data-testid=${name}]`);
  let who = "guest";
  const shown = (each) => Object.assign(document.createElement("li"), { textContent: JSON.stringify(each) });
  setInterval(() => {  // drawn anew each time, the oldest lines forgotten
    find("state").textContent = ["connecting", "open", "closing", "closed"][socket.readyState];
    find("user").textContent = who;
    find("messages").replaceChildren(...got.slice(-40).map(shown));
  }, 20);
  find("send").onclick = () => hooks.send("d_core_echo", { text: find("message").value });
  find("sign-in").onclick = async () => { await hooks.signIn({ user: (who = find("login-user").value) }); };
  find("sign-out").onclick = async () => { await hooks.signOut(); who = "guest"; };
});
if (mode === "alert") alert("look at me");
if (mode === "error") setTimeout(() => { throw new Error("oops\\nsecond line"); });
if (mode === "busy") setTimeout(() => { const end = Date.now() + 1500; while (Date.now() < end); }, 100);
</script>"""
sockets: dict[WebSocket, str | None] = {}


async def page(_: Request) -> HTMLResponse:
    return HTMLResponse(PAGE.replace("__PORT__", sys.argv[1]))


async def sign_in(request: Request) -> Response:
    answer = PlainTextResponse("")
    answer.set_cookie("who", request.path_params["user"])
    return answer


async def sign_out(_: Request) -> Response:
    answer = PlainTextResponse("")
    answer.delete_cookie("who")
    return answer


async def publish(request: Request) -> JSONResponse:
    body, to = await request.json(), request.path_params.get("user")
    channel = "d_core_private" if to else "d_core_news"
    for socket in [each for each, who in sockets.items() if to is None or who == to]:
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):  # it has just closed
            await socket.send_json({"id": channel, "data": body})
    return JSONResponse({})


async def talk(socket: WebSocket) -> None:
    await socket.accept()
    sockets[socket] = socket.cookies.get("who")
    try:
        while True:
            message = await socket.receive_json()
            await socket.send_json({"id": message["id"], "data": {"reply": message["data"]["text"]}})
    except (WebSocketDisconnect, KeyError, ValueError):
        pass
    finally:
        del sockets[socket]


app = Starlette(
    routes=[
        Route("/", page),
        Route("/gone", lambda _: PlainTextResponse("gone", 410)),
        Route("/sign_in/{user}", sign_in, methods=["POST"]),
        Route("/sign_out", sign_out, methods=["POST"]),
        Route("/news", publish, methods=["POST"]),
        Route("/private/{user}", publish, methods=["POST"]),
        WebSocketRoute("/ws", talk),
    ]
)
if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", timeout_graceful_shutdown=1)
