"""Movement: everything that waits, retries or talks. What it moves is judged in `monitors`."""
