"""Bytes that a seed decides, none of them like their neighbours: a byte lost or doubled shows at once."""

import random

# So much is made at a time.
BLOCK = 1 << 20


def blocks(seed, length):
    """The pattern of this seed, `length` bytes long, block by block."""
    for number in range(0, length, BLOCK):
        whole = random.Random(f"{seed} {number}").randbytes(BLOCK)
        yield whole[: length - number]
