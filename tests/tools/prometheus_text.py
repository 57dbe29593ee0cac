"""Reads Prometheus' text format as strictly as `promtool check metrics` does, for tests."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
import re

_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"'
_SAMPLE = re.compile(rf"({_NAME})(?:\{{((?:{_LABEL})(?:,{_LABEL})*)?\}})? (\S+)")
_TYPES = ("counter", "gauge", "histogram", "summary", "untyped")

Labels = tuple[tuple[str, str], ...]


class Malformed(Exception):
    """The text breaks a rule of the format."""


class Family:
    """What one TYPE line begins: its samples by name of the series and labels."""

    def __init__(self, name: str, kind: str) -> None:
        self.name = name
        self.kind = kind
        self.samples: dict[tuple[str, Labels], float] = {}

    def allows(self, sample: str) -> bool:
        endings = {"histogram": ("_bucket", "_sum", "_count"), "summary": ("", "_sum", "_count")}
        return sample in {self.name + ending for ending in endings.get(self.kind, ("",))}

    def check(self) -> None:
        """Counters are not negative; buckets rise, and the last, +Inf, is the count."""
        if self.kind == "counter" and min(self.samples.values(), default=0) < 0:
            raise Malformed(f"{self.name}: a counter below zero")
        if self.kind != "histogram":
            return
        series: dict[Labels, list[tuple[float, float]]] = {}
        for (sample, labels), amount in self.samples.items():
            if sample.endswith("_bucket"):
                bound = [text for key, text in labels if key == "le"]
                if len(bound) != 1:
                    raise Malformed(f"{sample}: a bucket needs one le")
                rest = tuple(each for each in labels if each[0] != "le")
                series.setdefault(rest, []).append((number(bound[0]), amount))
        counts = {labels for (sample, labels) in self.samples if sample == self.name + "_count"}
        if counts != series.keys():
            raise Malformed(f"{self.name}: buckets and counts of different series")
        for labels, buckets in series.items():
            if buckets != sorted(buckets) or len({bound for bound, _ in buckets}) != len(buckets):
                raise Malformed(f"{self.name}: bounds out of order")
            if [count for _, count in buckets] != sorted(count for _, count in buckets):
                raise Malformed(f"{self.name}: buckets are not cumulative")
            if not math.isinf(buckets[-1][0]):
                raise Malformed(f"{self.name}: no bucket +Inf")
            if buckets[-1][1] != self.samples[(self.name + "_count", labels)]:
                raise Malformed(f"{self.name}: +Inf is not the count")
            if (self.name + "_sum", labels) not in self.samples:
                raise Malformed(f"{self.name}: no sum")


def number(text: str) -> float:
    """A value as Go writes it."""
    if text in ("+Inf", "-Inf", "NaN"):
        return float(text)
    if re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", text) is None:
        raise Malformed(f"{text!r} is no number")
    return float(text)


def parse(text: str) -> dict[str, Family]:
    """All families by name. Raises Malformed."""
    if text and not text.endswith("\n"):
        raise Malformed("the last line has no end")
    families: dict[str, Family] = {}
    helped: set[str] = set()
    current: Family | None = None
    for line in text.splitlines():
        words = line.split(" ", 3)
        if line.startswith("# HELP "):
            if len(words) < 4 or words[2] in helped:
                raise Malformed(f"a second or empty HELP: {line!r}")
            helped.add(words[2])
        elif line.startswith("# TYPE "):
            if len(words) != 4 or words[3] not in _TYPES or words[2] in families:
                raise Malformed(f"a second or unknown TYPE: {line!r}")
            if re.fullmatch(_NAME, words[2]) is None or words[2] not in helped:
                raise Malformed(f"a bad name, or no HELP before its TYPE: {line!r}")
            if words[3] == "counter" and not words[2].endswith("_total"):
                raise Malformed(f"a counter ends in _total: {line!r}")
            current = families[words[2]] = Family(words[2], words[3])
        else:
            read_sample(line, current)
    for family in families.values():
        family.check()
    return families


def read_sample(line: str, family: Family | None) -> None:
    """Adds one line to the family that it stands below."""
    match = _SAMPLE.fullmatch(line)
    if match is None or family is None or not family.allows(match[1]):
        raise Malformed(f"no sample of the family above: {line!r}")
    pairs = re.findall(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"', match[2] or "")
    if len({key for key, _ in pairs}) != len(pairs):
        raise Malformed(f"a label twice: {line!r}")
    key = (match[1], tuple(sorted(pairs)))
    if key in family.samples:
        raise Malformed(f"a series twice: {line!r}")
    family.samples[key] = number(match[3])
