"""WebSocket protocols for uvicorn that are wrong in one rule of RFC 6455 each."""

from __future__ import annotations

import asyncio  # noqa: TID251 # uvicorn's protocol classes are of its type
from collections.abc import Sequence
from typing import Any, ClassVar

from uvicorn.config import Config
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.extensions import Extension
from websockets.extensions.permessage_deflate import PerMessageDeflate, ServerPerMessageDeflateFactory
from websockets.frames import Frame, Opcode
from websockets.server import ServerProtocol

from harness.reference.runtime.uvicorn_socket import BoundedCloseProtocol


class Loose(BoundedCloseProtocol):
    """The reference's protocol with another Sans-I/O part in it."""

    core: ClassVar[type[ServerProtocol]] = ServerProtocol

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.conn = self.core(extensions=self.extensions(), max_size=self.max_size(config.ws_max_size))

    def extensions(self) -> Sequence[ServerPerMessageDeflateFactory]:
        return []

    def max_size(self, limit: int) -> int | tuple[int | None, int | None] | None:
        return limit


class _Answers(ServerProtocol):
    """Lets a subclass change the control frames that go out."""

    def send_frame(self, frame: Frame) -> None:
        changed = self.changed(frame)
        if changed is not None:
            super().send_frame(changed)

    def changed(self, frame: Frame) -> Frame | None:
        return frame


class _NoPongs(_Answers):
    def changed(self, frame: Frame) -> Frame | None:
        return None if frame.opcode is Opcode.PONG else frame


class _NoPongsInMessages(_Answers):
    def changed(self, frame: Frame) -> Frame | None:
        return None if frame.opcode is Opcode.PONG and self.current_size is not None else frame


class _ShortPongs(_Answers):
    def changed(self, frame: Frame) -> Frame | None:
        return Frame(Opcode.PONG, frame.data[:64]) if frame.opcode is Opcode.PONG else frame


class _TextPongs(_Answers):
    def changed(self, frame: Frame) -> Frame | None:
        if frame.opcode is not Opcode.PONG:
            return frame
        return Frame(Opcode.PONG, bytes(frame.data).decode("utf-8", "replace").encode()[:125])


class _NoCloseReplies(_Answers):
    def changed(self, frame: Frame) -> Frame | None:
        return None if frame.opcode is Opcode.CLOSE and self.close_rcvd is not None else frame


class _AbnormalCodes(_Answers):
    def changed(self, frame: Frame) -> Frame | None:
        replying = frame.opcode is Opcode.CLOSE and self.close_rcvd is not None
        return Frame(Opcode.CLOSE, (1006).to_bytes(2, "big")) if replying else frame


class _TwoCloses(_Answers):
    def changed(self, frame: Frame) -> Frame | None:
        if frame.opcode is Opcode.CLOSE and self.close_rcvd is not None:
            ServerProtocol.send_frame(self, frame)
        return frame


class NeverPongs(Loose):
    core = _NoPongs


class LosesPongsBetweenFragments(Loose):
    core = _NoPongsInMessages


class TruncatesPongs(Loose):
    core = _ShortPongs


class PongsInText(Loose):
    core = _TextPongs


class NeverRepliesToClose(Loose):
    core = _NoCloseReplies


class RepliesWithAbnormalCode(Loose):
    core = _AbnormalCodes


class ClosesTwice(Loose):
    core = _TwoCloses


class NeverEndsTcp(WebSocketsSansIOProtocol):
    def handle_close(self, event: Frame) -> None:
        self.queue.put_nowait({"type": "websocket.disconnect", "code": 1000, "reason": ""})
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_timer = self.loop.call_later(60.0, self.transport.close)


class SendsAfterClose(Loose):
    def handle_close(self, event: Frame) -> None:
        late = Frame(Opcode.TEXT, b'{"id":"onesocket_chat_echo","data":{"reply":"late"}}')
        self.transport.write(b"".join(self.conn.data_to_send()) + late.serialize(mask=False))
        super().handle_close(event)


class DecodesEachFragment(Loose):
    """A character that is cut in two is no text in either fragment."""

    def handle_cont(self, event: Frame) -> None:
        if self._check(event):
            super().handle_cont(event)

    def handle_text(self, event: Frame) -> None:
        if self._check(event):
            super().handle_text(event)

    def _check(self, event: Frame) -> bool:
        try:
            bytes(event.data).decode()
        except UnicodeDecodeError:
            self.conn.send_close(1007)
            self.handle_parser_exception()
            return False
        return True


class LosesWhatFollowsAnEmptyFragment(Loose):
    def handle_cont(self, event: Frame) -> None:
        if self.frames and not self.frames[-1]:
            event = Frame(event.opcode, b"", event.fin)
        super().handle_cont(event)


class NeedsWholeHeads(Loose):
    """Takes a read that is shorter than a frame's head for the end of the connection."""

    def data_received(self, data: bytes) -> None:
        if self.handshake_complete and len(data) < 2:
            self.transport.abort()
        else:
            super().data_received(data)


class ReplacesBadText(Loose):
    def send_receive_event_to_app(self) -> None:
        if self.curr_msg_data_type == "text":
            self.frames = [b"".join(self.frames).decode("utf-8", "replace").encode()]
        super().send_receive_event_to_app()


class PassesOverBadText(Loose):
    def send_receive_event_to_app(self) -> None:
        whole = b"".join(self.frames)
        if self.curr_msg_data_type == "text" and whole.decode("utf-8", "replace").encode() != whole:
            self.frames = []
            return
        super().send_receive_event_to_app()


class LimitsFramesOnly(Loose):
    def max_size(self, limit: int) -> tuple[int | None, int | None]:
        return None, limit


class LimitsNothing(Loose):
    def max_size(self, limit: int) -> None:
        return None


class LimitsFarTooLate(Loose):
    def max_size(self, limit: int) -> int:
        return limit * 16


class _Bottomless(PerMessageDeflate):
    def decode(self, frame: Frame, *, max_size: int | None = None) -> Frame:
        return super().decode(frame, max_size=None)


class _BottomlessFactory(ServerPerMessageDeflateFactory):
    def process_request_params(
        self, params: Sequence[tuple[str, str | None]], accepted_extensions: Sequence[Extension]
    ) -> tuple[list[tuple[str, str | None]], PerMessageDeflate]:
        answer, found = super().process_request_params(params, accepted_extensions)
        return answer, _Bottomless(
            found.remote_no_context_takeover,
            found.local_no_context_takeover,
            found.remote_max_window_bits,
            found.local_max_window_bits,
        )


class UnpacksAnything(Loose):
    def extensions(self) -> Sequence[ServerPerMessageDeflateFactory]:
        return [_BottomlessFactory()]
