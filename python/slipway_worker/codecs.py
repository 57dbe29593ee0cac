# SPDX-License-Identifier: Apache-2.0
"""Turns payloads into values and back: msgpack, or JSON for hosts that speak it.

Belongs here: one codec, chosen at start, never guessed from the bytes. Does not: the shape of a
request or a response.
Invariant: what a codec encodes, the C++ side can decode; so JSON refuses NaN and lone surrogates
here instead of sending text that is no JSON.
"""

from __future__ import annotations

import importlib
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from slipway_worker.frames import Payload


class CodecUnavailable(Exception):
    """This interpreter lacks the codec's library; the message says which and how to get it."""


class Codec:
    """One codec: its name and two functions.

    `decode` raises any exception on bytes that are not one whole value; `encode` raises any on a
    value that the codec has no form for. Both are plain functions because they run once a request.
    """

    __slots__ = ("name", "decode", "encode")

    def __init__(
        self,
        name: str,
        decode: Callable[[Payload], Any],
        encode: Callable[[object], bytes],
    ) -> None:
        self.name = name
        self.decode = decode
        self.encode = encode


def load_codec(name: str) -> Codec:
    """Returns the codec `msgpack` or `json`; imports only what that one needs.

    Errors: CodecUnavailable.
    """
    return _json_codec() if name == "json" else _msgpack_codec()


def _msgpack_codec() -> Codec:
    try:
        # By name, since msgpack's own package carries no types in the versions we support.
        msgpack: Any = importlib.import_module("msgpack")
    except ImportError as error:
        raise CodecUnavailable(
            f"the interpreter {sys.executable} has no msgpack ({error}).\n"
            "Install it for this interpreter: `apt install python3-msgpack` for Debian's own "
            f"/usr/bin/python3, or `{sys.executable} -m pip install msgpack` for any other.\n"
            "Or set the pool's interpreter to one that has it, or its codec to json."
        ) from error
    unpack: Callable[..., Any] = msgpack.unpackb

    def decode(payload: Payload) -> Any:
        try:
            return unpack(payload)
        except ValueError:
            # A C++ map may have integer keys. They are rare, and to pass the option that allows
            # them costs a fifth of the decoding of a small request: so only here.
            return unpack(payload, strict_map_key=False)

    return Codec("msgpack", decode, msgpack.Packer(autoreset=True).pack)


def _json_codec() -> Codec:
    import json

    parse = json.JSONDecoder().decode
    write = json.JSONEncoder(
        ensure_ascii=False, allow_nan=False, check_circular=True, separators=(",", ":")
    ).encode

    def decode(payload: Payload) -> Any:
        return parse(str(payload, "utf-8"))

    def encode(value: object) -> bytes:
        return write(value).encode("utf-8")

    return Codec("json", decode, encode)
