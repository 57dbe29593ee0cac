# SPDX-License-Identifier: Apache-2.0
"""The byte stream: whatever the split, the frames are the same, and none passes the limit."""

from __future__ import annotations

import contextlib
import os
import struct
import threading
import unittest
import unittest.mock
from typing import Callable, Iterator

from slipway_worker.frames import FrameReader, FrameTooLong, FrameWriter
from worker_process import frame

LIMIT = 1024 * 1024


@contextlib.contextmanager
def pipe_fed_by(feed: Callable[[int], object]) -> Iterator[int]:
    """Gives the reading end of a pipe while a thread feeds the writing end and then closes it."""
    read_end, write_end = os.pipe()

    def run() -> None:
        with contextlib.suppress(BrokenPipeError):
            feed(write_end)
        os.close(write_end)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield read_end
    finally:
        os.close(read_end)
        thread.join()


class OnePartPerRead:
    """Stands for the descriptor: each read returns one part, as a slow host would cause it."""

    def __init__(self, parts: list[bytes]) -> None:
        self._parts = [part for part in parts if part]

    def read(self, _descriptor: int, count: int) -> bytes:
        if not self._parts:
            return b""
        part = self._parts.pop(0)
        if len(part) > count:
            self._parts.insert(0, part[count:])
        return part[:count]

    def readv(self, descriptor: int, buffers: list[memoryview]) -> int:
        data = self.read(descriptor, len(buffers[0]))
        buffers[0][: len(data)] = data
        return len(data)


def frames_of(parts: list[bytes], limit: int = LIMIT) -> list[bytes]:
    source = OnePartPerRead(parts)
    with unittest.mock.patch.multiple(os, read=source.read, readv=source.readv):
        return [bytes(payload) for payload in FrameReader(-1, limit).frames()]


class AFrameReader(unittest.TestCase):
    def test_gives_the_same_frames_for_every_split_into_three_reads(self) -> None:
        payloads = [b"first", b"", b"a third, longer one", b"x"]
        stream = b"".join(frame(payload) for payload in payloads)
        for first in range(len(stream) + 1):
            for second in range(first, len(stream) + 1):
                parts = [stream[:first], stream[first:second], stream[second:]]
                self.assertEqual(frames_of(parts), payloads, parts)

    def test_gives_the_same_frames_byte_by_byte(self) -> None:
        payloads = [b"first", b"", b"a third, longer one"]
        stream = b"".join(frame(payload) for payload in payloads)
        self.assertEqual(frames_of([stream[i : i + 1] for i in range(len(stream))]), payloads)

    def test_takes_thousands_of_frames_from_one_read(self) -> None:
        payloads = [b"%d" % index for index in range(5000)]
        self.assertEqual(frames_of([b"".join(map(frame, payloads))]), payloads)

    def test_ends_quietly_wherever_the_stream_stops(self) -> None:
        stream = frame(b"whole") + frame(b"cut short")
        for end in range(len(frame(b"whole")), len(stream)):
            self.assertEqual(frames_of([stream[:end]]), [b"whole"])

    def test_takes_a_frame_of_exactly_the_limit_and_refuses_one_byte_more(self) -> None:
        self.assertEqual(frames_of([frame(b"x" * 100)], limit=100), [b"x" * 100])
        for parts in ([frame(b"x" * 101)], [b"\0\0\0", b"\x65", b"x"]):
            with self.assertRaisesRegex(FrameTooLong, "101 bytes was announced, the limit is 100"):
                frames_of(parts, limit=100)

    def test_refuses_four_gigabytes_before_it_stores_a_byte_of_them(self) -> None:
        with self.assertRaises(FrameTooLong) as caught:
            frames_of([b"\xff\xff\xff\xff" + b"GET / HTTP/1.1"])
        self.assertEqual(caught.exception.first_bytes, b"\xff\xff\xff\xffGET / HTTP/1.1")

    def test_takes_large_frames_between_small_ones_from_a_real_pipe(self) -> None:
        payloads = [b"small", os.urandom(700_001), b"", os.urandom(65_532), os.urandom(65_533)]

        def feed(descriptor: int) -> None:
            writer = FrameWriter(descriptor)
            for payload in payloads:
                writer.write_frame(payload)

        with pipe_fed_by(feed) as read_end:
            taken = [bytes(payload) for payload in FrameReader(read_end, LIMIT).frames()]
        self.assertEqual(taken, payloads)


class AFrameWriter(unittest.TestCase):
    def test_writes_the_rest_when_the_system_takes_only_a_part(self) -> None:
        for size in (0, 1, 10, 70_000):
            for taken_at_once in (1, 3, 4, 5, 1 << 16):
                if size / taken_at_once > 20_000:
                    continue
                written = bytearray()

                def write(_descriptor: int, data: bytes) -> int:
                    written.extend(data[:taken_at_once])
                    return min(len(data), taken_at_once)

                def writev(descriptor: int, buffers: list[bytes]) -> int:
                    return write(descriptor, b"".join(buffers))

                payload = os.urandom(size)
                with unittest.mock.patch.multiple(os, write=write, writev=writev):
                    FrameWriter(-1).write_frame(payload)
                self.assertEqual(bytes(written), struct.pack(">I", size) + payload)

    def test_tells_when_nobody_reads(self) -> None:
        read_end, write_end = os.pipe()
        os.close(read_end)
        self.addCleanup(os.close, write_end)
        with self.assertRaises(BrokenPipeError):
            FrameWriter(write_end).write_frame(b"unheard")
