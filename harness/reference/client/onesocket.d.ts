/** A channel's id together with what is sent and received on it. */
export interface Channel<Send = unknown, Receive = unknown> {
  readonly id: string;
  /** Types only: never present at run time. */
  readonly types?: { readonly send: Send; readonly receive: Receive };
}

export interface SharedSocketOptions {
  /** Address of the socket; relative to the page. Default "/ws". */
  url?: string | URL;
  /**
   * Tag of the session this page was rendered for, null for a guest. It must differ between any two sessions.
   * Leave it out when the page does not know: it is learnt from the other tabs or the server.
   */
  identity?: string | null;
  /** Channel on which the server answers `{}` with `{ identity }`, the tag of the connection's session. */
  identityChannel?: string;
  /** Tabs that run another version of the application do not share a socket with this one. */
  version?: string;
}

export interface SharedSocket {
  /** Resolves to true when the message went out, to false when it never will (another user, closed, too many). */
  send(channel: string, data: unknown): Promise<boolean>;
  /** Starts at once and ends when the returned function is called; calling that twice does nothing. */
  subscribe(channel: string, handler: (data: any) => void): () => void;
  /** Tell every tab that this one has just signed in (the new session's tag) or out (null). */
  identityChanged(identity: string | null): void;
  onState(listener: (readyState: number) => void): () => void;
  onIdentity(listener: (identity: string | null) => void): () => void;
  /** Leave: another tab leads from here on, nothing is received or sent any more. */
  close(): void;
  /** As of WebSocket, of the browser's one socket, in every tab. */
  readonly readyState: number;
  readonly identity: string | null;
}

export function createSharedSocket(options?: SharedSocketOptions): SharedSocket;
