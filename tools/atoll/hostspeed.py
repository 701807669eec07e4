"""How slow is this host? Time-outs are written for a nominal one and scaled by what is measured."""

import os
import time

# A loop of interpreted arithmetic: the same kind of work, one step after the other without much
# memory, as emulating a CPU.
STEPS = 400_000
NOMINAL_SECONDS = 0.020  # for STEPS on the host for which the time-outs were written
LEAST, MOST = 1.0, 30.0


def measure():
    """Seconds for STEPS, the best of five: a short disturbance must not stretch all time-outs."""
    best = float("inf")
    for _ in range(5):
        begin = time.perf_counter()
        value = 0
        for step in range(STEPS):
            value = (value * 5 + step) & 0xffff
        best = min(best, time.perf_counter() - begin)
    return best


def scale(jobs):
    """What to multiply time-outs with when @jobs machines run at once. ATOLL_TIMEOUT_SCALE decides
    if it is set."""
    told = os.environ.get("ATOLL_TIMEOUT_SCALE")
    if told:
        return float(told)
    crowding = max(1.0, jobs / (os.cpu_count() or 1))
    return min(MOST, max(LEAST, measure() / NOMINAL_SECONDS) * crowding)
