"""Browser clients that are wrong about views and users: each replaces one text in the reference's client or page."""

from __future__ import annotations

from tests.faulty.fault import Fault

FAULTS = (
    Fault(
        "a_view_hears_on_after_its_unmount",
        "SUB-1",
        client=(
            ("      entry.handler = null;", "      if (globalThis.never) entry.handler = null;"),
            ("      entries?.delete(entry);\n", ""),
        ),
        plans=("view_unmounted_goes_quiet",),
    ),
    Fault(
        "a_view_is_handed_after_its_unmount_what_came_before",
        "SUB-1",
        client=(
            (
                (
                    "    for (const entry of [...(this.subscribers.get(channel) ?? [])]) "
                    "if (entry.handler) call(entry.handler, data);"
                ),
                (
                    "    const { identity } = this;\n"
                    "    for (const { handler } of [...(this.subscribers.get(channel) ?? [])])\n"
                    "      if (handler) setTimeout(() => identity === this.identity && call(handler, data), 1500);"
                ),
            ),
        ),
        plans=("view_unmounted_as_messages_arrive",),
    ),
    Fault(
        "a_view_that_was_unmounted_comes_back_with_the_next_connection",
        "SUB-1",
        client=(
            (
                "      entry.handler = null;",
                "      (this.gone ??= []).push([channel, handler]);\n      entry.handler = null;",
            ),
            (
                "    this.state = state;\n",
                """\
    this.state = state;
    const gone = state === OPEN ? (this.gone?.splice(0) ?? []) : [];
    for (const [channel, handler] of gone) this.subscribe(channel, handler);
""",
            ),
        ),
        plans=("view_stays_as_it_is",),
    ),
    Fault(
        "a_view_is_handed_at_its_mount_what_it_missed",
        "SUB-1",
        client=(
            (
                "  dispatch(channel, data) {\n",
                (
                    "  dispatch(channel, data) {\n"
                    "    if (!this.subscribers.has(channel)) (this.missed ??= []).push([channel, data]);\n"
                ),
            ),
            (
                "    this.subscribers.get(channel).add(entry);\n",
                """\
    this.subscribers.get(channel).add(entry);
    const missed = this.missed ?? [];
    this.missed = missed.filter(([name]) => name !== channel);
    for (const [name, data] of missed) if (name === channel) call(handler, data);
""",
            ),
        ),
        plans=("view_stays_as_it_is",),
    ),
    Fault(
        "what_was_mounted_again_is_doubled_by_the_next_connection",
        "SUB-3",
        client=(
            (
                "    const entry = { handler };\n",
                "    const entry = { handler, again: this.gone?.has(channel) };\n",
            ),
            (
                "      entry.handler = null;",
                "      (this.gone ??= new Set()).add(channel);\n      entry.handler = null;",
            ),
            (
                "    this.state = state;\n",
                """\
    this.state = state;
    for (const [channel, entries] of state === OPEN ? this.subscribers : [])
      for (const entry of [...entries]) if (entry.again) this.subscribe(channel, entry.handler);
""",
            ),
        ),
        plans=("view_stays_as_it_is",),
    ),
    Fault(
        "one_unmount_silences_the_channel_in_all_tabs",
        "SUB-2",
        client=(
            (
                "      entries?.delete(entry);\n",
                '      entries?.delete(entry);\n      this.post("quiet", { channel });\n',
            ),
            (
                '    else if (type === "ping") this.heardPing(message);\n',
                """\
    else if (type === "ping") this.heardPing(message);
    else if (type === "quiet") this.subscribers.delete(message.channel);
""",
            ),
        ),
        plans=("view_unmounted_goes_quiet",),
    ),
    Fault(
        "a_quick_mount_leaves_a_handler_behind",
        "SUB-3",
        client=(
            (
                "    return () => {\n      entry.handler = null;",
                """\
    const since = performance.now();
    return () => {
      if (performance.now() - since < 40) return;
      entry.handler = null;""",
            ),
        ),
        plans=("view_unmounted_goes_quiet",),
    ),
    Fault(
        "a_view_that_is_mounted_while_it_is_down_never_hears",
        "SUB-4",
        client=(
            (
                "    const entry = { handler };\n",
                (
                    "    const hears = this.state === OPEN || !this.leader || !this.wasOpen;\n"
                    "    const entry = { handler: hears ? handler : null };\n"
                ),
            ),
            ("    this.state = state;\n", "    this.state = state;\n    this.wasOpen ||= state === OPEN;\n"),
        ),
        plans=("view_mounted_while_down",),
    ),
    Fault(
        "renders_notifications_as_markup",
        "OPS-1",
        client=(
            (
                "  shown.textContent = description ?",
                "  shown.innerHTML = description ?",
            ),
        ),
        plans=("notification_is_inert",),
    ),
    Fault(
        "goes_on_naming_the_first_user_it_met",
        "TAB-7",
        client=(
            (
                '  return socket.identity === null ? null : Number(socket.identity.split(".")[0]);\n',
                """\
  globalThis.first ??= socket.identity;
  return globalThis.first == null ? null : Number(globalThis.first.split(".")[0]);
""",
            ),
        ),
        plans=("switch_user",),
    ),
    Fault(
        "does_not_follow_a_sign_in_by_full_load",
        "TAB-7",
        client=(
            (
                "    const changed = announced !== undefined && announced !== this.identity;\n",
                "    const changed = false;\n",
            ),
            ("    this.onIdentity(identity);\n", "    this.onIdentity(undefined);\n"),
        ),
        plans=("sign_in_full_load",),
    ),
    Fault(
        "hands_on_what_came_late_to_whoever_it_is_now",
        "TAB-8",
        client=(
            (
                '    if (this.canLead) this.post("message", { epoch: this.epoch, channel: id, data });\n',
                """\
    const at = Date.now();
    const late = () => this.post("message", { epoch: this.epoch, channel: id, data, at });
    if (this.canLead) setTimeout(late, 1500);
""",
            ),
            (
                "  heardMessage({ from, epoch, channel, data }) {\n",
                (
                    "  heardMessage({ from, epoch, channel, data, at }) {\n"
                    "    if (at < performance.timeOrigin) return; // a tab that was not there hears nothing of it\n"
                ),
            ),
        ),
        plans=("switch_while_publishing",),
    ),
)
