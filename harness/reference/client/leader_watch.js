// Whether the leader is alive, as a follower sees it. Knows nothing of locks or sockets.

const BEAT_MS = 300;
const MOST_MISSED = 4;

/**
 * Counts the beats at which nothing was heard of the leader, and asks it at each. It is asked, and does not beat by
 * itself, as a browser slows down the timers of hidden tabs but not their messages. Beats are counted, and no time is
 * measured, as a tab that was suspended itself has had one late beat and not many.
 */
export class LeaderWatch {
  constructor({ ask, onSilent }) {
    Object.assign(this, { ask, onSilent });
    this.missed = 0;
  }

  get silent() {
    return this.missed >= MOST_MISSED;
  }

  start() {
    this.stop();
    this.missed = 0;
    this.timer = setTimeout(() => this.beat(), BEAT_MS);
  }

  heard() {
    this.missed = -1; // the next beat makes it none
  }

  beat() {
    this.timer = setTimeout(() => this.beat(), BEAT_MS);
    this.missed += 1;
    if (this.silent) this.onSilent();
    else if (this.missed > 0) this.ask();
  }

  stop() {
    clearTimeout(this.timer);
  }
}
