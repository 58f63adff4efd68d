import type { Channel, SharedSocket } from "./onesocket.js";

/** The part of React that the hook uses. */
export interface ReactHooks {
  useRef<T>(initial: T): { current: T };
  useEffect(effect: () => void | (() => void), dependencies?: readonly unknown[]): void;
  useCallback<T extends (...values: any[]) => unknown>(callback: T, dependencies: readonly unknown[]): T;
  useSyncExternalStore<T>(subscribe: (changed: () => void) => () => void, read: () => T, readOnServer?: () => T): T;
}

export interface UseChannel {
  <Send, Receive>(
    channel: Channel<Send, Receive>,
    options?: { onMessage?: (data: Receive) => void },
  ): { send: (data: Send) => Promise<boolean>; readyState: number };
}

export function createUseChannel(React: ReactHooks, socket: SharedSocket): UseChannel;
