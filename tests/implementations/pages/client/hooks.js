// The hooks of a page for any way of sharing a socket: `share` is what the adapter of a library offers, `{ send, reconnect,
// state }`, the last being `{ readyState, userId }` as this tab knows it. The adapter hands what arrives to `received`.

export function offerHooks(share) {
  const shown = [];
  const mounted = new Set();

  async function post(path, body) {
    const headers = { "content-type": "application/json" };
    const response = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${path} answered ${response.status}`);
    share.reconnect(); // which a leader that hangs does not answer
  }

  window.realtime = {
    send: (id, data) => share.send({ id, data }),
    received: () => shown,
    readyState: () => share.state().readyState,
    userId: () => share.state().userId,
    mount: (channel) => void mounted.add(channel),
    unmount: (channel) => void mounted.delete(channel),
    signIn: (login) => post("/api/sign_in", login),
    signOut: () => post("/api/sign_out", {}),
  };
  return ({ id, data }) => mounted.has(id) && shown.push({ channel: id, data });
}
