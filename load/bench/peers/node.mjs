// The seed's set-up on Node: Hono, @hono/node-server and ws.
import { serve, upgradeWebSocket } from "@hono/node-server";
import { Hono } from "hono";
import { WebSocketServer } from "ws";
import { events, portOf } from "./realtime.mjs";

const app = new Hono();
app.get("/health", (c) => c.text("ok"));
app.get("/ws", upgradeWebSocket(events));
serve({
  fetch: app.fetch,
  hostname: "127.0.0.1",
  port: portOf(process.argv),
  websocket: { server: new WebSocketServer({ noServer: true }) },
});
for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => process.exit(0));
