// What the peers in JavaScript have in common: the hub as one writes it for Hono, a map of connections and a loop over them.
const PREFIX = "bench_peer_";
const connections = new Map();
let lastId = 0;

const envelope = (name, data) => JSON.stringify({ id: PREFIX + name, data });

function broadcast(data) {
  const text = envelope("news", data);
  for (const { ws } of connections.values()) ws.send(text);
}

function sendToUser(user, data) {
  const text = envelope("mail", data);
  for (const ws of byUser.get(user) ?? []) ws.send(text);
}

const byUser = new Map();

// The events of one socket, for upgradeWebSocket of either runtime.
export function events(c) {
  const id = ++lastId;
  const named = c.req.query("user");
  const user = named === undefined ? null : Number(named);
  return {
    onOpen(_event, ws) {
      connections.set(id, { ws });
      if (user !== null) byUser.set(user, (byUser.get(user) ?? new Set()).add(ws));
    },
    onMessage({ data: text }, ws) {
      const { id: channel, data } = JSON.parse(text);
      switch (channel) {
        case PREFIX + "echo":
          return ws.send(envelope("echo", { text: data.text }));
        case PREFIX + "publish":
          return broadcast({ text: data.text });
        case PREFIX + "notify":
          return sendToUser(data.user, { text: data.text });
      }
    },
    onClose(_event, ws) {
      connections.delete(id);
      if (user !== null) byUser.get(user)?.delete(ws);
    },
  };
}

export const portOf = (args) => Number(args[args.indexOf("--port") + 1]);
