"""Movement: everything that waits, retries or talks. What it moves is judged in `monitors`."""

from __future__ import annotations

import os

# Before numpy is loaded. Sums that several threads share differ in their last bits with the number of cores, and the
# same log gives the same alerts on any machine; besides, threads that wait for each other spin on the others' cores.
for _library in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_library, "1")
