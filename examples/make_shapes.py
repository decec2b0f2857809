#!/usr/bin/env python3
"""Makes a small data set to try things on: pictures of circles, squares and triangles as PNG files
of many sizes, FOLDER/{train,test}/{circle,square,triangle}/*.png. The same pictures every time.

usage: make_shapes.py FOLDER [PICTURES_PER_CLASS]     default: 250, of which a fifth to test
"""
import math
import random
import struct
import sys
import zlib
from pathlib import Path


def inside(shape, x, y):
    """Of a shape about the origin that fills the circle of radius 1."""
    if shape == "circle":
        return x * x + y * y < 0.8
    if shape == "square":
        return max(abs(x), abs(y)) < 0.78
    return y < 0.6 and y > abs(x) * 1.8 - 1  # a triangle that stands on its base


def picture(shape, rng):
    """Width, and rows of RGB bytes: one dark shape, turned, on a light ground."""
    h, w = rng.randrange(40, 72), rng.randrange(40, 72)
    ground = [rng.randrange(120, 230) for _ in range(3)]
    colour = [g - rng.randrange(30, 90) for g in ground]
    radius = rng.uniform(0.22, 0.45) * min(h, w)
    x0, y0 = (rng.uniform(radius, side - radius) for side in (w, h))
    turn = rng.uniform(-0.5, 0.5)
    c, s = math.cos(turn) / radius, math.sin(turn) / radius
    rows = []
    for y in range(h):
        row = bytearray()
        for x in range(w):
            dx, dy = x - x0, y - y0
            noise = rng.randrange(-40, 41)
            for value in colour if inside(shape, c * dx + s * dy, c * dy - s * dx) else ground:
                row.append(min(255, max(0, value + noise)))
        rows.append(bytes(row))
    return w, rows


def write_png(path, width, rows):
    def chunk(kind, data):
        return (struct.pack(">I", len(data)) + kind + data
                + struct.pack(">I", zlib.crc32(kind + data)))

    header = struct.pack(">IIBBBBB", width, len(rows), 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels)
                     + chunk(b"IEND", b""))


def main(folder, count):
    rng = random.Random(1)
    for shape in ("circle", "square", "triangle"):
        for i in range(count):
            to = Path(folder) / ("test" if i % 5 == 4 else "train") / shape
            to.mkdir(parents=True, exist_ok=True)
            write_png(to / f"{i:03}.png", *picture(shape, rng))


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) == 3 else 250)
