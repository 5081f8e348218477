"""Changes to bytes: flipped, lost, repeated, swapped, and numbers at the ends of their ranges put in their place."""

from random import Random

MAX_INPUT = 1 << 16
_EDGES = (
    *(b"\x00", b"\xff", b"\x7f", b"\x80", b"\x01", b"\x7f\xff", b"\x80\x00", b"\xff\xff", b"\x7f\xff\xff\xff"),
    *(b"\x80\x00\x00\x00", b"\xff\xff\xff\xff", b"\xff\xff\xff\xff\x0f", b"\xff\xff\xff\xff\x07", b"\x80\x80\x80\x80\x10"),
    *(b"\x7f" + b"\xff" * 7, b"\x80" + bytes(7), b"\xff" * 9 + b"\x01", b"\xff" * 10),
)


def mutated(random: Random, data: bytes) -> bytes:
    """``data`` with a few changes, often only one."""
    changed = bytearray(data)
    for _ in range(random.choice((1, 1, 1, 2, 3, 8))):
        place = random.randrange(len(changed) + 1)
        match random.randrange(8):
            case 0 if changed:
                changed[place % len(changed)] ^= 1 << random.randrange(8)
            case 1 if changed:
                changed[place % len(changed)] = random.randrange(256)
            case 2:
                edge = random.choice(_EDGES)
                changed[place : place + len(edge)] = edge
            case 3:
                changed[place:place] = random.choice(_EDGES)
            case 4:
                del changed[place : place + random.choice((1, 1, 2, 4, 8, 64))]
            case 5:
                end = place + random.choice((1, 2, 4, 8, 32, 256))
                changed[place:place] = changed[place:end] * random.choice((1, 1, 2, 16))
            case 6:
                other = random.randrange(len(changed) + 1)
                size = random.choice((1, 2, 4, 8, 16))
                changed[place : place + size] = changed[other : other + size]
            case 7:
                del changed[place:]
    return bytes(changed[:MAX_INPUT])
