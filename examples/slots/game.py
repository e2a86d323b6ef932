"""A small slot machine with Countersign in it: everything that has to do with the SDK is marked with `sdk_py`.

    python examples/slots/game.py --url http://127.0.0.1:8700 --key ck_...

Space, enter or a click on the button spins; up and down change the bet; escape ends. The outcome is drawn here, because it is
an example; in a real game the server draws it.
"""

import argparse
import random
from dataclasses import dataclass, field
from pathlib import Path

import pygame
from symbols import GOLD, GREEN, SYMBOLS, WHITE

import sdk_py
from sdk_py.adapters import pygame as countersign

SIZE = (720, 480)
BACK = (24, 26, 38)
PANEL = (38, 42, 60)
BUTTON = pygame.Rect(270, 380, 180, 64)
SPIN_MS = 900


@dataclass
class Machine:
    """Credits, bet and three reels."""

    credits: int = 200
    bet: int = 5
    reels: list[int] = field(default_factory=lambda: [0, 1, 2])
    round: int = 0
    spun_at: int | None = None
    message: str = "Space or click to spin"

    @property
    def spinning(self) -> bool:
        return self.spun_at is not None

    def spin(self, now: int) -> None:
        if self.spinning or self.credits < self.bet:
            return
        self.round += 1
        self.credits -= self.bet
        self.spun_at = now
        self.message = ""
        sdk_py.action("round_start", round=f"r-{self.round}")
        sdk_py.action("bet", amount=self.bet, round=f"r-{self.round}")

    def tick(self, now: int) -> None:
        if self.spun_at is None:
            return
        if now - self.spun_at < SPIN_MS:
            self.reels = [(now // (70 + 20 * i)) % len(SYMBOLS) for i in range(3)]
            return
        self.spun_at = None
        self.reels = [random.randrange(len(SYMBOLS)) for _ in range(3)]
        prize = self.prize()
        self.credits += prize
        self.message = f"You win {prize}!" if prize else "Try again"
        if prize:
            sdk_py.action("win", amount=prize, round=f"r-{self.round}")

    def prize(self) -> int:
        kinds = len(set(self.reels))
        if kinds == 1:
            return self.bet * (20 if self.reels[0] == 0 else 10)
        return self.bet if kinds == 2 else 0

    def change_bet(self, step: int) -> None:
        if not self.spinning:
            self.bet = min(50, max(5, self.bet + step))


def draw(screen: pygame.Surface, font: pygame.font.Font, small: pygame.font.Font, machine: Machine) -> None:
    screen.fill(BACK)
    for i, symbol in enumerate(machine.reels):
        window = pygame.Rect(90 + i * 190, 90, 160, 200)
        pygame.draw.rect(screen, PANEL, window, border_radius=18)
        pygame.draw.rect(screen, GOLD, window, 3, border_radius=18)
        SYMBOLS[symbol](screen, window.center, 56)
    pygame.draw.rect(screen, GREEN if not machine.spinning else PANEL, BUTTON, border_radius=32)
    label = font.render("SPIN", True, WHITE)
    screen.blit(label, label.get_rect(center=BUTTON.center))
    for text, position in (
        (f"Credits {machine.credits}", (90, 40)),
        (f"Bet {machine.bet}", (560, 40)),
        (machine.message, (90, 316)),
    ):
        screen.blit(small.render(text, True, WHITE), position)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--url", default="http://127.0.0.1:8700")
    parser.add_argument("--key", required=True, help="a client key: countersign keys create client")
    parser.add_argument("--token-file", type=Path, help="write the login token here, for a login form outside the game")
    options = parser.parse_args()

    sdk_py.start(options.url, key=options.key, game="slots", build="1.4.0", assets=str(Path(__file__).parent))
    pygame.init()
    screen = pygame.display.set_mode(SIZE)
    pygame.display.set_caption("Slots")
    countersign.display()
    font, small = pygame.font.Font(None, 44), pygame.font.Font(None, 32)
    clock = pygame.time.Clock()
    machine = Machine()
    running = True
    while running:
        now = pygame.time.get_ticks()
        for event in pygame.event.get():
            countersign.watch(event)
            if event.type == pygame.QUIT or (event.type == pygame.KEYDOWN and event.key == pygame.K_ESCAPE):
                running = False
            elif event.type == pygame.KEYDOWN and event.key in (pygame.K_SPACE, pygame.K_RETURN):
                machine.spin(now)
            elif event.type == pygame.KEYDOWN and event.key in (pygame.K_UP, pygame.K_DOWN):
                machine.change_bet(5 if event.key == pygame.K_UP else -5)
            elif event.type == pygame.MOUSEBUTTONDOWN and BUTTON.collidepoint(event.pos):
                machine.spin(now)
        machine.tick(now)
        draw(screen, font, small, machine)
        pygame.display.flip()
        sdk_py.frame()
        if options.token_file and (token := sdk_py.token()):
            options.token_file.write_text(token)
            options.token_file = None
        clock.tick(60)
    sdk_py.stop()
    pygame.quit()


if __name__ == "__main__":
    main()
