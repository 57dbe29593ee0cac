# SPDX-License-Identifier: Apache-2.0
"""Reads and writes frames: a 4-byte big-endian length, then as many bytes of payload.

Belongs here: the byte stream. Does not: what a payload means (see codecs).
Invariants of FrameReader:
  (1) any way of splitting the stream into reads gives the same frames;
  (2) a length is compared with the limit before a byte of its payload is stored;
  (3) `_rest` holds bytes that were read beyond the last frame, never a whole stream.
"""

from __future__ import annotations

import os
import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Union

    Payload = Union[bytes, bytearray, memoryview]

_HEADER = struct.Struct(">I")
_HEADER_BYTES = 4

# What a pipe holds by default, so one read takes all there is.
_READ_BYTES = 64 * 1024

# One read call never asks for more, whatever a frame announces.
_LARGE_READ_BYTES = 1024 * 1024

# Up to here header and payload are joined: copying is cheaper than a vectored write.
_JOIN_BYTES = 64 * 1024


class FrameTooLong(Exception):
    """A header announced more than the limit; nothing of the payload was read for it."""

    def __init__(self, announced_bytes: int, max_frame_bytes: int, first_bytes: bytes) -> None:
        super().__init__(
            f"a frame of {announced_bytes} bytes was announced, the limit is {max_frame_bytes}"
        )
        self.first_bytes = first_bytes


class FrameReader:
    """Takes frames from a blocking descriptor, one at a time."""

    def __init__(self, descriptor: int, max_frame_bytes: int) -> None:
        self._descriptor = descriptor
        self._max_frame_bytes = max_frame_bytes
        self._rest: bytes | memoryview = b""

    def frames(self) -> Iterator[Payload]:
        """Yields payloads until the stream ends. Blocks for each.

        An end in the middle of a frame counts as an end: the host died while it was writing.
        Errors: FrameTooLong; OSError of the descriptor.
        """
        read = os.read
        unpack = _HEADER.unpack_from
        descriptor = self._descriptor
        max_frame_bytes = self._max_frame_bytes
        try:
            while True:
                chunk = self._rest or read(descriptor, _READ_BYTES)
                # The usual case, worth its own lines: one read brought exactly one small frame.
                if len(chunk) >= _HEADER_BYTES:
                    length: int = unpack(chunk)[0]
                    if len(chunk) == length + _HEADER_BYTES and length <= max_frame_bytes:
                        self._rest = b""
                        yield chunk[_HEADER_BYTES:]
                        continue
                yield self._assemble(chunk)
        except EOFError:
            return

    def _assemble(self, chunk: bytes | memoryview) -> Payload:
        self._rest = b""
        while len(chunk) < _HEADER_BYTES:
            chunk = bytes(chunk) + self._read_more()
        length: int = _HEADER.unpack_from(chunk)[0]
        if length > self._max_frame_bytes:
            raise FrameTooLong(length, self._max_frame_bytes, bytes(chunk[:64]))
        end = _HEADER_BYTES + length
        if len(chunk) >= end:
            # A view, so that many small frames in one read are not copied over and over.
            self._rest = memoryview(chunk)[end:]
            return chunk[_HEADER_BYTES:end]
        return self._fill(length, chunk[_HEADER_BYTES:])

    def _read_more(self) -> bytes:
        more = os.read(self._descriptor, _READ_BYTES)
        if not more:
            raise EOFError
        return more

    def _fill(self, length: int, begun: bytes | memoryview) -> bytearray:
        frame = bytearray(length)
        have = len(begun)
        with memoryview(frame) as view:
            view[:have] = begun
            while have < length:
                got = os.readv(self._descriptor, [view[have : have + _LARGE_READ_BYTES]])
                if not got:
                    raise EOFError
                have += got
        return frame


class FrameWriter:
    """Puts frames on a blocking descriptor, each whole."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def write_frame(self, payload: bytes) -> None:
        """Writes header and payload. Blocks until the pipe has taken all of it.

        Errors: BrokenPipeError when nobody reads; the caller checks the length beforehand.
        """
        length = len(payload)
        header = _HEADER.pack(length)
        if length <= _JOIN_BYTES:
            frame = header + payload
            written = os.write(self._descriptor, frame)
            if written != _HEADER_BYTES + length:
                self._write_all(memoryview(frame)[written:])
            return
        written = os.writev(self._descriptor, [header, payload])
        if written < _HEADER_BYTES:
            self._write_all(memoryview(header)[written:])
            written = _HEADER_BYTES
        self._write_all(memoryview(payload)[written - _HEADER_BYTES :])

    def _write_all(self, rest: memoryview) -> None:
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]
