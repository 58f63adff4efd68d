// What the tabs of a browser tell each other: one BroadcastChannel. Knows its form, not its meaning.

const PROTOCOL = 2; // Tabs that speak another version of the relay keep apart: it is in every name.

/** The channel between the tabs that speak the same version; open only while the page is in use. */
export class Relay {
  constructor({ name, onMessage }) {
    this.tab = randomId();
    this.name = `onesocket/${PROTOCOL}/${name}`;
    this.onMessage = onMessage;
    this.channel = null;
  }

  static get supported() {
    return typeof BroadcastChannel === "function";
  }

  open() {
    this.channel = new BroadcastChannel(this.name);
    this.channel.onmessage = ({ data }) => {
      if (data?.onesocket === PROTOCOL && typeof data.from === "string") this.onMessage(data); // else not one of us
    };
  }

  /** An open channel would throw the page out of the back/forward cache. */
  close() {
    this.channel?.close();
    this.channel = null;
  }

  post(type, fields) {
    this.channel?.postMessage({ onesocket: PROTOCOL, type, from: this.tab, ...fields });
  }
}

function randomId() {
  const words = crypto.getRandomValues(new Uint32Array(4)); // randomUUID is missing in an insecure context
  return Array.from(words, (word) => word.toString(36)).join("");
}
