"""What hinders one browser's way to the target: the faults that are armed, what they do to bytes, how often they bit.

Knows bytes and frames, no sockets. Faults that end or stall one socket are `WatchedSocket`'s.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import anyio
from anyio.lowlevel import checkpoint

from harness.faults.frame_cutter import Cut, FrameCutter
from harness.faults.socket_event import Side
from harness.plan.network import CloseNext, Delay, Limit, NetworkFault, Refuse, Slice, Stall, Tamper

SLICED_BYTES = 2048
"""So many bytes of each piece go one by one; the rest of a long message in one, or it would take minutes."""
WRITES_A_SECOND = 20
FEW = 9
"""So many handshakes in a row may be refused to a browser, and it comes back by itself in good time."""

Send = Callable[[bytes], Awaitable[None]]
Tell = Callable[[str, bytes], None]
"""Told the deed and the payload of each frame that was tampered with."""


@dataclass(slots=True)
class Armed:
    """A fault that is armed, how often it bit, and for a `Tamper` how many frames it saw and which one it keeps."""

    fault: NetworkFault
    count: int = 0
    seen: int = 0
    kept: bytes | None = None


class Link:
    """The faults of one browser's way."""

    def __init__(self) -> None:
        self._armed: list[Armed] = []

    def arm(self, fault: NetworkFault, *, bites: int = 0) -> None:
        """Let `fault` take effect; `bites` is how often it did so at once."""
        self._armed.append(Armed(fault, bites))

    def heal(self) -> list[Armed]:
        """End every fault and return what they were."""
        healed, self._armed = self._armed, []
        return healed

    def hold(self) -> None:
        """Count that bytes of a socket were kept, as a `Stall` asks."""
        for each in self._armed:
            if isinstance(each.fault, Stall):
                each.count += 1

    @property
    def bites(self) -> tuple[int, ...]:
        """How often each fault that is armed bit so far."""
        return tuple(each.count for each in self._armed)

    @property
    def refuses(self) -> bool:
        """Whether handshakes run into a fault until it is healed: more than a browser is expected to outlive."""
        refusing = [
            (each.fault.times, each.count) for each in self._armed if isinstance(each.fault, Refuse | CloseNext)
        ]
        return any(count < times and times > FEW for times, count in refusing)

    def refusal(self) -> Refuse | CloseNext | None:
        """Return the fault that the next handshake runs into, counted, or None."""
        for each in self._armed:
            match each.fault:
                case Refuse(times) if each.count < times:
                    each.count += 1
                    return each.fault
                case CloseNext(times=times) if each.count < times:
                    each.count += 1
                    return each.fault
                case _:
                    continue
        return None

    async def carry(self, side: Side, data: bytes, *, cutter: FrameCutter, send: Send, tell: Tell) -> None:
        """Pass on what `side` sent as the armed faults let it."""
        mine = [each for each in self._armed if _is_on_the_way(each.fault, side)]
        tampering = [each for each in mine if isinstance(each.fault, Tamper)]
        cuts = cutter.feed(data, whole=bool(tampering))
        changed = b"".join(piece for cut in cuts for piece in _tampered(cut, tampering, side=side, tell=tell))
        for each in mine:
            if isinstance(each.fault, Delay):
                each.count += 1
                await anyio.sleep(each.fault.delay_ms / 1000)
        await self._pour(changed, mine, send)

    async def _pour(self, data: bytes, mine: list[Armed], send: Send) -> None:
        limits = [each for each in mine if isinstance(each.fault, Limit)]
        rate = min((each.fault.rate_kb * 1000 for each in limits if isinstance(each.fault, Limit)), default=0)
        slicing = [each for each in mine if isinstance(each.fault, Slice)]
        for each in (*limits, *slicing):
            each.count += 1
        if slicing:
            for index in range(min(len(data), SLICED_BYTES)):
                await send(data[index : index + 1])
                await checkpoint()
            data = data[SLICED_BYTES:]
        step = max(1, rate // WRITES_A_SECOND) if rate else len(data)
        for start in range(0, len(data), step or 1):
            piece = data[start : start + step]
            if rate:
                await anyio.sleep(len(piece) / rate)
            await send(piece)


def _is_on_the_way(fault: NetworkFault, side: Side) -> bool:
    way = getattr(fault, "way", None)
    return way in {"of", "to" if side == "server" else "from"}


def _tampered(cut: Cut, tampering: list[Armed], *, side: Side, tell: Tell) -> list[bytes]:
    """Return the frames that take the place of one."""
    frames = [cut.data]
    if not cut.is_data:
        return frames
    for each in tampering:
        fault = each.fault
        assert isinstance(fault, Tamper)
        each.seen += 1
        if each.kept is not None:
            frames, each.kept = [*frames, each.kept], None
        elif each.seen == fault.number:
            each.count += 1
            tell(fault.deed, cut.payload)
            if fault.deed == "swap":
                frames, each.kept = [], cut.data
            else:
                frames = _done(fault.deed, cut.data, side=side)
    return frames


def _done(deed: str, frame: bytes, *, side: Side) -> list[bytes]:
    match deed:
        case "drop":
            return []
        case "duplicate":
            return [frame, frame]
        case "corrupt":
            return [frame[:-1] + bytes([frame[-1] ^ 0x01])]
        case _:
            injected = b"\x81\x02{}" if side == "server" else b"\x81\x82\x00\x00\x00\x00{}"
            return [injected, frame]
