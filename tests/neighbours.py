"""A busy machine: processes that work, fill memory or sleep, each for times of chance.

``python tests/neighbours.py 4`` keeps at it until it is ended, or whoever asked for it has. A
steady load slows all that is measured alike; bursts hit one turn and not the next, which is what
bounds on times have to bear.
"""

import multiprocessing
import os
import random
import signal
import sys
import time

import numpy as np

MEANS = 0.01, 0.1, 1.0
"""Mean seconds of a burst: shorter and longer than the turns that pages measure."""


def neighbour(seed: int) -> None:
    """Work in bursts; the seed decides on what and for how long."""
    parent = os.getppid()
    chance = random.Random(seed)
    numbers = np.ones(4_000_000, np.float32)
    matrix = np.ones((300, 300), np.float32)
    work = {
        "a loop": lambda: sum(range(20_000)),
        "memory": lambda: np.add(numbers, 1, out=numbers),
        "products": lambda: matrix @ matrix,
        "nothing": lambda: time.sleep(0.001),
    }
    while os.getppid() == parent:
        end = time.monotonic() + chance.expovariate(1 / chance.choice(MEANS))
        do = work[chance.choice(list(work))]
        while time.monotonic() < end:
            do()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # which ends the daemons, too
    asked_by = os.getppid()
    for seed in range(int(sys.argv[1])):
        multiprocessing.Process(target=neighbour, args=(seed,), daemon=True).start()
    while os.getppid() == asked_by:
        time.sleep(1)
