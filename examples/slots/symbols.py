"""The reel symbols, drawn from shapes."""

import math

import pygame

GOLD = (242, 190, 74)
RED = (222, 73, 73)
GREEN = (84, 182, 120)
BLUE = (92, 142, 236)
WHITE = (240, 238, 230)

Point = tuple[float, float]


def _ring(center: Point, radii: tuple[float, ...], corners: int, turn: float = -math.pi / 2) -> list[Point]:
    x, y = center
    steps = corners * len(radii)
    angles = [turn + step * math.tau / steps for step in range(steps)]
    lengths = [radii[step % len(radii)] for step in range(steps)]
    return [(x + length * math.cos(angle), y + length * math.sin(angle)) for length, angle in zip(lengths, angles, strict=True)]


def star(surface: pygame.Surface, center: Point, size: float) -> None:
    pygame.draw.polygon(surface, GOLD, _ring(center, (size, size * 0.45), 5))


def gem(surface: pygame.Surface, center: Point, size: float) -> None:
    pygame.draw.polygon(surface, BLUE, _ring(center, (size,), 4))
    pygame.draw.polygon(surface, WHITE, _ring(center, (size * 0.45,), 4), 2)


def clover(surface: pygame.Surface, center: Point, size: float) -> None:
    pygame.draw.circle(surface, GREEN, center, size * 0.25)
    for leaf in _ring(center, (size * 0.5,), 4, math.pi / 4):
        pygame.draw.circle(surface, GREEN, leaf, size * 0.45)


def cherry(surface: pygame.Surface, center: Point, size: float) -> None:
    x, y = center
    for dx in (-0.45, 0.45):
        pygame.draw.line(surface, GREEN, (x, y - size * 0.8), (x + dx * size, y + size * 0.3), 3)
        pygame.draw.circle(surface, RED, (x + dx * size, y + size * 0.4), size * 0.42)


SYMBOLS = (star, gem, clover, cherry)
"""The first pays most."""
