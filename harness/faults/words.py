"""Faults as sentences that name no browser, for the command line: "slice the bytes of every connection".

Only those that hinder: one that ends or stalls a connection has its place in a plan, at a moment.
"""

from __future__ import annotations

from harness.errors import UsageError, did_you_mean
from harness.plan.network import EVERY, FAULT_FORMS, NetworkFault, Stall

_FORMS = tuple(
    form
    for form in FAULT_FORMS
    if (fault := form.read(form.example)) and not (fault.severs or isinstance(fault, Stall))
)
FAULT_EXAMPLES = tuple(form.example for form in _FORMS)


def parse_fault(sentence: str) -> NetworkFault:
    """Return the fault that `sentence` says of every connection.

    Raises:
        UsageError: no form fits; the nearest is named.
    """
    fault = next((found for form in _FORMS if (found := form.read(sentence)) is not None), None)
    if fault is None or fault.on(EVERY) != sentence.strip():
        todo = did_you_mean(sentence, FAULT_EXAMPLES)
        raise UsageError("this is no fault of every connection", where=f"--fault {sentence!r}", todo=todo)
    return fault
