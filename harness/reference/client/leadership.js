// Who leads: one Web Lock, and how it is taken from a leader that hangs. Knows nothing of sockets or messages.

const SURE_MS = 250; // So long after a proof that the lock is ours nobody can have robbed us: that takes far longer.

/** Holds, waits for, or robs the lock that makes a tab the leader. */
export class Leadership {
  constructor({ name, onGained, onRobbed, onUnavailable }) {
    Object.assign(this, { name, onGained, onRobbed, onUnavailable });
    this.turn = null;
    this.sureAt = 0;
    this.inDoubt = [];
  }

  ask() {
    if (!this.turn) this.request({});
  }

  /** Take the lock from a leader that hangs, if it still seems to. One thief at a time, or they would rob each other. */
  rob(stillWanted) {
    const take = (free) => {
      if (!free || !this.turn || !stillWanted()) return undefined;
      this.letGo();
      return this.request({ steal: true });
    };
    navigator.locks.request(`${this.name}/thief`, { ifAvailable: true }, take).catch(() => {});
  }

  request({ steal = false }) {
    const turn = { abort: new AbortController(), release: null };
    this.turn = turn;
    return new Promise((granted) => {
      const held = () => {
        granted();
        if (this.turn !== turn) return undefined; // let go of before it was granted
        this.sureAt = performance.now();
        return new Promise((release) => {
          turn.release = release;
          this.onGained();
        });
      };
      const options = steal ? { steal } : { signal: turn.abort.signal };
      navigator.locks.request(this.name, options, held).catch(() => {
        granted();
        if (this.turn !== turn) return; // our own abort ends here too
        this.letGo();
        // A lock that was ours is gone: another tab robbed it. One that never was: this page may not use locks.
        if (turn.release) this.onRobbed();
        else this.onUnavailable();
      });
    });
  }

  /**
   * Do what only the leader may, in order: at once after a recent proof, else when the browser has told that nobody
   * took the lock. A tab that hung may wake up robbed, with messages to handle before the news of it.
   */
  surely(act) {
    if (this.inDoubt.length === 0 && performance.now() - this.sureAt < SURE_MS) return act();
    this.inDoubt.push(act);
    if (this.inDoubt.length > 1) return;
    const acts = this.inDoubt;
    const sure = () => {
      if (this.inDoubt !== acts) return; // robbed, or let go of
      this.sureAt = performance.now();
      this.inDoubt = [];
      for (const each of acts) each();
    };
    navigator.locks.query().then(sure, sure); // answered after the news that the lock was taken
  }

  letGo() {
    const turn = this.turn;
    this.turn = null;
    this.inDoubt = [];
    if (!turn) return;
    turn.abort.abort();
    turn.release?.();
  }
}
