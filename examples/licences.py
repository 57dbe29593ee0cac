# SPDX-License-Identifier: Apache-2.0
"""Commands on licence texts: what `slipway demo` and the examples call.

A word is a run of the letters a to z, in lower case. Run by hand it prints the statistics of a file:

    PYTHONPATH=python python3 examples/licences.py /usr/share/common-licenses/GPL-3
"""

from __future__ import annotations

import math
import re
import sys
from collections import Counter

from slipway_worker import command

WORD = re.compile(r"[a-z]+")


def words_of(text: str) -> list[str]:
    """Returns the words of `text` in their order."""
    return WORD.findall(text.lower())


@command("word_statistics")
def word_statistics(text: str) -> dict[str, object]:
    """Counts words; `longest` is the first of the longest ones."""
    words = words_of(text)
    return {
        "words": len(words),
        "distinct": len(set(words)),
        "longest": max(words or [""], key=len),
        "mean_length": sum(map(len, words)) / len(words) if words else 0.0,
    }


@command("ngrams")
def ngrams(text: str, n: int, top: int = 5) -> list[tuple[str, int]]:
    """Returns the `top` most frequent runs of `n` words, the alphabet deciding between equals."""
    counts = count_ngrams(words_of(text), n)
    return sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))[:top]


@command("similarity")
def similarity(left: str, right: str) -> float:
    """Returns the cosine between the word pairs of two texts: 0 nothing in common, 1 the same."""
    a = count_ngrams(words_of(left), 2)
    b = count_ngrams(words_of(right), 2)
    lengths = sum(n * n for n in a.values()) * sum(n * n for n in b.values())
    shared = sum(n * b[pair] for pair, n in a.items() if pair in b)
    return shared / math.sqrt(lengths) if lengths else 0.0


@command("shared_passage")
def shared_passage(left: str, right: str, limit: int = 500) -> dict[str, object]:
    """Finds the longest run of words that the first `limit` words of two texts share."""
    a = words_of(left)[:limit]
    b = words_of(right)[:limit]
    best, best_end = 0, 0
    previous = [0] * (len(b) + 1)
    for i, word in enumerate(a, start=1):
        current = [0] * (len(b) + 1)
        for j, other in enumerate(b, start=1):
            if word == other:
                current[j] = run = previous[j - 1] + 1
                if run > best:
                    best, best_end = run, i
        previous = current
    return {"words": best, "passage": " ".join(a[best_end - best : best_end])}


def count_ngrams(words: list[str], n: int) -> Counter[str]:
    """Counts the runs of `n` words."""
    return Counter(" ".join(words[i : i + n]) for i in range(len(words) - n + 1))


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8", errors="replace") as licence:
        print(word_statistics(licence.read()))
