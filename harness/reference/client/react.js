// The React side, thin: a subscription that lives as long as its component. React is handed in, so that this file
// needs no build step and always uses the application's own copy.

/** Return the hook `useChannel(channel, { onMessage })` for one shared socket. */
export function createUseChannel(React, socket) {
  const watchState = (changed) => socket.onState(changed);
  const readState = () => socket.readyState;
  const stateOnServer = () => 3;

  return function useChannel(channel, { onMessage } = {}) {
    const latest = React.useRef(onMessage);
    React.useEffect(() => {
      latest.current = onMessage;
    });
    // The newest handler is called without subscribing anew at every render.
    React.useEffect(() => socket.subscribe(channel.id, (data) => latest.current?.(data)), [channel.id]);
    const send = React.useCallback((data) => socket.send(channel.id, data), [channel.id]);
    const readyState = React.useSyncExternalStore(watchState, readState, stateOnServer);
    return { send, readyState };
  };
}
