// Who leads: one Web Lock. A leader that hangs while it holds the lock is not replaced: heartbeats and `steal` belong here.

/** Holds, or waits for, the lock that makes a tab the leader. */
export class Leadership {
  constructor({ name, onGained, onUnavailable }) {
    Object.assign(this, { name, onGained, onUnavailable });
    this.turn = null;
  }

  ask() {
    if (this.turn) return;
    const turn = { abort: new AbortController(), release: null };
    this.turn = turn;
    const held = () => {
      if (this.turn !== turn) return undefined; // let go of before it was granted
      return new Promise((release) => {
        turn.release = release;
        this.onGained();
      });
    };
    navigator.locks.request(this.name, { signal: turn.abort.signal }, held).catch(() => {
      // Our own abort ends here too; anything else means that this page may not use locks.
      if (this.turn === turn) this.onUnavailable();
    });
  }

  letGo() {
    const turn = this.turn;
    this.turn = null;
    if (!turn) return;
    turn.abort.abort();
    turn.release?.();
  }
}
