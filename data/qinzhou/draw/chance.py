"""Repeatable random numbers (SplitMix64): the same on every machine and in every version of Python."""

import math

MASK = (1 << 64) - 1


class Numbers:
    def __init__(self, seed, purpose=""):
        for letter in purpose:
            seed = (seed * 1_000_003 + ord(letter)) & MASK
        self.state = seed & MASK

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def share(self):
        """From 0 to 1, 1 left out."""
        return (self.next() >> 11) / (1 << 53)

    def between(self, low, high):
        return low + (high - low) * self.share()

    def below(self, count):
        return int(self.share() * count)

    def pick(self, items):
        return items[self.below(len(items))]

    def sign(self):
        return 1 if self.share() < 0.5 else -1

    def around(self, spread):
        """Roughly normal around 0: the sum of six uniform numbers."""
        return spread * math.sqrt(2) * (sum(self.share() for _ in range(6)) - 3)

    def weighted(self, totals):
        """An index, by running totals of weights."""
        wanted, low, high = self.share() * totals[-1], 0, len(totals) - 1
        while low < high:
            middle = (low + high) // 2
            if totals[middle] > wanted:
                high = middle
            else:
                low = middle + 1
        return low


def running(weights):
    total, totals = 0.0, []
    for weight in weights:
        total += weight
        totals.append(total)
    return totals
