// The seed's set-up on Bun: Hono with Bun's own WebSockets.
import { Hono } from "hono";
import { upgradeWebSocket, websocket } from "hono/bun";
import { events, portOf } from "./realtime.mjs";

const app = new Hono();
app.get("/health", (c) => c.text("ok"));
app.get("/ws", upgradeWebSocket(events));
Bun.serve({ hostname: "127.0.0.1", port: portOf(process.argv), fetch: app.fetch, websocket });
for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => process.exit(0));
