// What a tab still has to send, and as whom.

const MOST_REMEMBERED = 5000;

/** Sends that have not gone out yet, and the ids of those that have, as far as this tab knows. */
export class Outbox {
  waiting = new Map(); // id -> { id, identity, text }, and { settle } where this tab is the sender
  done = new Set();

  has(id) {
    return this.waiting.has(id);
  }

  add(item) {
    if (!this.done.has(item.id) && !this.waiting.has(item.id)) this.waiting.set(item.id, item);
  }

  settle(id, sent) {
    const item = this.waiting.get(id);
    this.waiting.delete(id);
    this.done.add(id);
    if (this.done.size > MOST_REMEMBERED) this.done.delete(this.done.values().next().value);
    item?.settle?.(sent);
  }

  /** What was meant to be sent as somebody else is never sent. */
  dropOthers(identity) {
    for (const item of [...this.waiting.values()]) {
      if (item.identity !== identity) this.settle(item.id, false);
    }
  }

  dropAll() {
    for (const id of [...this.waiting.keys()]) this.settle(id, false);
  }

  own() {
    return [...this.waiting.values()].filter((item) => item.settle);
  }

  keepOwn() {
    this.waiting = new Map(this.own().map((item) => [item.id, item]));
  }
}
