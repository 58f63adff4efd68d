"""What is run in a WebKitGTK page for each look into it: an expression, and what the page logged or threw since.

Pure text; the answer is JSON. What takes its time is asked for again by its number.
"""

from __future__ import annotations

import msgspec

from harness.wire.template import Json

SLOW_MS = 150
"""How long an answer is waited for at once."""

# A driver of this sort has no scripts that run before a page's own: listeners are there from the first look on.
_KEPT = """const done = arguments[arguments.length - 1];
const kept = globalThis.__onesocketKept ?? (() => {
  const kept = { logged: [], answers: {} };
  Object.defineProperty(globalThis, "__onesocketKept", { value: kept, enumerable: false });
  const text = (value) => { try { return String(value?.message ?? value); } catch { return "?"; } };
  addEventListener("error", (event) => {
    if (event instanceof ErrorEvent) kept.logged.push(["pageerror", text(event.error ?? event.message)]);
  });
  addEventListener("unhandledrejection", (event) => kept.logged.push(["pageerror", text(event.reason)]));
  try {
    const log = console.error;
    console.error = function (...values) {
      kept.logged.push(["console", values.map(text).join(" ")]);
      return log.apply(this, values);
    };
    // A dialog would stop every window's commands; this is what a dismissed one returns.
    Object.assign(globalThis, { alert() {}, confirm: () => false, prompt: () => null });
  } catch { /* frozen */ }
  return kept;
})();
const tell = (answer) => done(JSON.stringify({
  ...answer, href: location.href, logged: kept.logged.splice(0).map(([sort, text]) => [sort, text.slice(0, 2000)]),
}));
"""
_EVALUATE = (
    _KEPT
    + """const [given, number, taken] = arguments;
for (const each of taken) delete kept.answers[each];
kept.answers[number] = null;
let told = false;
const give = (answer) => {
  let text = answer;
  try { JSON.stringify(answer); } catch (error) { text = { error: `no JSON: ${error}` }; }
  kept.answers[number] = text;
  if (!told) tell(text);
  told = true;
};
const fail = (error) => give({ error: String(error?.stack ? `${error}\\n${error.stack}` : error) });
try {
  const made = (%s
  );
  Promise.resolve(typeof made === "function" ? made(given) : made).then((value) => give({ value }), fail);
} catch (error) { fail(error); }
setTimeout(() => { if (!told) { told = true; tell({ pending: true }); } }, %d);
"""
)
_AGAIN = (
    _KEPT
    + """const [number] = arguments;
const answer = kept.answers[number];
if (answer === undefined) tell({ error: "Execution context was destroyed" });
else tell(answer ?? { pending: true });
"""
)


class Answer(msgspec.Struct, frozen=True):
    """What a page answered from the document at `href`. `pending`: not yet."""

    href: str = ""
    value: Json = None
    error: str = ""
    pending: bool = False
    logged: tuple[tuple[str, str], ...] = ()


def evaluation(expression: str) -> str:
    """Return the script for a JavaScript expression; if it is a function, that is called with the argument.

    Its arguments are that, a number of this evaluation, and those of evaluations whose answers have come.
    """
    return _EVALUATE % (expression, SLOW_MS)


def once_more() -> str:
    """Return the script that asks, with the number, for what was not there yet."""
    return _AGAIN


def answer_of(told: Json) -> Answer:
    """Return what a script's result says; none at all, where a dialog was in the way, is one that is still to come.

    Raises:
        msgspec.MsgspecError: it is no such thing: the page's builtins are not as they were.
    """
    if told is None:
        return Answer(pending=True)
    return msgspec.json.decode(told if isinstance(told, str) else "", type=Answer)
