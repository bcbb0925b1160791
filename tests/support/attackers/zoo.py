"""ZOO: gradients field by field from the scores of two neighbours, and Adam on one field at a time.

Chen, Zhang, Sharma, Yi and Hsieh: ZOO: Zeroth Order Optimization Based Black-Box Attacks to Deep Neural Networks
without Training Substitute Models. AISec 2017.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tests.support.attackers._kit import Ask, Kind, Known, Moved, margin, origins

STEPS = 150
RATE = 0.06
WIDTH = 0.02  # between the two neighbours, or one step of a whole field
CLOSENESS = 0.1  # weight of the squared distance in the loss


def attack(ask: Ask, known: Known, rng: np.random.Generator) -> Iterator[Moved]:
    width = np.maximum(WIDTH, known.step)
    for origin in origins(known, rng):
        label = int(ask(origin[None])[0].argmax())
        row = origin.copy()
        mean, square, times = np.zeros(known.fields), np.zeros(known.fields), np.zeros(known.fields)
        for step in range(STEPS):
            i = int(rng.integers(known.fields))
            pair = np.stack([row, row])
            pair[:, i] = np.clip(row[i] + width[i] * np.array([1, -1]), 0, 1)
            up, down = np.maximum(margin(ask(pair), label), -1) + CLOSENESS * ((pair - origin) ** 2).sum(axis=1)
            gradient = (up - down) / max(pair[0, i] - pair[1, i], 1e-9)
            times[i] += 1
            mean[i] = 0.9 * mean[i] + 0.1 * gradient
            square[i] = 0.999 * square[i] + 0.001 * gradient**2
            scaled = mean[i] / (1 - 0.9 ** times[i])
            scaled /= (square[i] / (1 - 0.999 ** times[i])) ** 0.5 + 1e-8
            row[i] = np.clip(row[i] - max(RATE, known.step[i]) * scaled, 0, 1)
            if step % 10 == 9 and margin(ask(row[None]), label)[0] < 0:
                break
        yield Moved(origin, origin, row)


KIND = Kind("zoo", "evasion", attack)
