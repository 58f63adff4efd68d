// The socket of the tab that leads, as anybody would write it: opens again after a loss, asks whose it is, and keeps what
// is sent meanwhile. Knows nothing of tabs.

const WHOAMI = "onesocket_chat_whoami";
const OPEN = 1;

/** `onState(readyState, userId)` is told of every change, `onMessage({ id, data })` of all that comes. */
export function openSocket({ onState, onMessage }) {
  let socket;
  let delayMs = 200;
  let confirmed = null; // the socket of which it is known whose it is
  let waiting = [];

  function connect() {
    const mine = new WebSocket(new URL("/ws", location.href.replace("http", "ws")));
    socket = mine;
    onState(mine.readyState, null);
    mine.onopen = () => mine.send(JSON.stringify({ id: WHOAMI, data: {} }));
    mine.onmessage = (event) => {
      const message = parse(event.data);
      if (!message) return;
      if (message.id === WHOAMI) confirm(message.data.user_id);
      onMessage(message);
    };
    mine.onclose = () => {
      if (mine !== socket) return;
      onState(mine.readyState, null);
      setTimeout(() => mine === socket && connect(), delayMs * (0.5 + Math.random()));
      delayMs = Math.min(delayMs * 2, 2000);
    };
  }

  function confirm(userId) {
    confirmed = socket;
    delayMs = 200;
    onState(OPEN, userId);
    for (const text of waiting.splice(0)) socket.send(text);
  }

  connect();
  return {
    send(message) {
      const text = JSON.stringify(message);
      if (socket === confirmed && socket.readyState === OPEN) socket.send(text);
      else waiting.push(text);
    },
    /** Somebody has signed in or out: what waits was written as somebody else. */
    reconnect() {
      const old = socket;
      waiting = [];
      connect();
      old.close();
    },
  };
}

function parse(text) {
  try {
    const message = JSON.parse(text);
    return typeof message?.id === "string" ? message : null;
  } catch {
    return null;
  }
}
