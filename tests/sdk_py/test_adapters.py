"""Adapters turn a framework's events into kinds, classes and places, and never tell which key it was."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import sdk_py
from sdk_py import Client
from sdk_py.adapters import keys
from wire import kinds

pygame = pytest.importorskip("pygame", reason="pygame is not installed")
Recorded = Callable[[], list[tuple[int, ...]]]


@pytest.fixture
def recorded(tmp_path: Path) -> Iterator[Recorded]:
    """Give what the module has recorded, without times; nothing is sent."""
    client = Client("http://127.0.0.1:9", key="", game="g", build="b", data=tmp_path)
    sdk_py._become(client)
    yield lambda: [event[1:] for event in client.sources.input.take(1000)]
    sdk_py._become(None)


@pytest.mark.parametrize(
    ("characters", "expected"),
    [("1qaz", 0), ("2wsx", 1), ("3edc", 2), ("45rtfgvb", 3), ("67yuhjnm", 4), ("8ik,", 5), ("9ol.", 6), ("0p;/", 7), (" ", 8), ("é€", 12)],
)
def test_characters_have_the_class_of_their_finger(characters: str, expected: int) -> None:
    assert {keys.class_of_character(character) for character in characters} == {expected}


def test_places_and_characters_agree() -> None:
    letters = {4 + number: chr(ord("a") + number) for number in range(26)}
    digits = {30 + number: "1234567890"[number] for number in range(10)}
    for usage, character in {**letters, **digits}.items():
        assert keys.class_of_usage(usage) == keys.class_of_character(character)


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        (44, kinds.KEY_SPACE),
        (42, kinds.KEY_BACKSPACE),
        (225, kinds.KEY_SHIFT),
        (229, kinds.KEY_SHIFT),
        (40, kinds.KEY_ENTER),
        (58, 12),
        (0, 12),
    ],
)
def test_keys_between_which_fingers_do_not_tell_have_classes_of_their_own(usage: int, expected: int) -> None:
    assert keys.class_of_usage(usage) == expected


@pytest.fixture
def window(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    monkeypatch.setenv("SDL_AUDIODRIVER", "dummy")
    pygame.display.init()
    yield pygame.display.set_mode((400, 300))
    pygame.display.quit()


def test_pygames_events_become_input(window: Any, recorded: Recorded) -> None:
    from sdk_py.adapters import pygame as adapter

    event = pygame.event.Event
    for one in [
        event(pygame.KEYDOWN, key=pygame.K_f, scancode=pygame.KSCAN_F, unicode="f", mod=0),
        event(pygame.KEYUP, key=pygame.K_f, scancode=pygame.KSCAN_F, mod=0),
        event(pygame.MOUSEMOTION, pos=(10, 20), rel=(1, 1), buttons=(0, 0, 0), touch=False),
        event(pygame.MOUSEMOTION, pos=(11, 21), rel=(1, 1), buttons=(0, 0, 1), touch=False),
        event(pygame.MOUSEBUTTONDOWN, pos=(11, 21), button=1, touch=False),
        event(pygame.MOUSEBUTTONUP, pos=(12, 22), button=3, touch=False),
        event(pygame.MOUSEBUTTONDOWN, pos=(12, 22), button=2, touch=False),
        event(pygame.FINGERDOWN, x=0.5, y=0.25, touch_id=0, finger_id=0),
        event(pygame.FINGERMOTION, x=0.5, y=0.5, touch_id=0, finger_id=0),
        event(pygame.FINGERUP, x=1.0, y=0.5, touch_id=0, finger_id=0),
        event(pygame.JOYBUTTONDOWN, button=3, instance_id=0),
        event(pygame.JOYAXISMOTION, axis=0, value=0.5, instance_id=0),
    ]:
        adapter.watch(one)
    assert recorded() == [
        (kinds.KEY_DOWN, 3, 0, 0),
        (kinds.KEY_UP, 3, 0, 0),
        (kinds.POINTER_MOVE, kinds.BUTTON_NONE, 10, 20),
        (kinds.POINTER_MOVE, kinds.BUTTON_RIGHT, 11, 21),
        (kinds.POINTER_DOWN, kinds.BUTTON_LEFT, 11, 21),
        (kinds.POINTER_UP, kinds.BUTTON_RIGHT, 12, 22),
        (kinds.POINTER_DOWN, kinds.BUTTON_OTHER, 12, 22),
        (kinds.TOUCH_DOWN, kinds.BUTTON_LEFT, 200, 75),
        (kinds.TOUCH_MOVE, kinds.BUTTON_LEFT, 200, 150),
        (kinds.TOUCH_UP, kinds.BUTTON_LEFT, 400, 150),
        (kinds.PAD, kinds.PAD_DOWN, 400, 150),
        (kinds.PAD, kinds.PAD_MOVE, 400, 150),
    ]


def test_what_is_told_twice_is_recorded_once(window: Any, recorded: Recorded) -> None:
    from sdk_py.adapters import pygame as adapter

    event = pygame.event.Event
    adapter.watch(event(pygame.MOUSEMOTION, pos=(1, 1), rel=(0, 0), buttons=(1, 0, 0), touch=True))  # SDL's mouse out of a finger
    adapter.watch(event(pygame.MOUSEBUTTONDOWN, pos=(1, 1), button=1, touch=True))
    adapter.watch(event(pygame.MOUSEBUTTONDOWN, pos=(1, 1), button=4, touch=False))  # SDL 1's wheel
    adapter.watch(event(pygame.MOUSEWHEEL, x=0, y=1, touch=False, flipped=False))
    assert [kind for kind, *_ in recorded()] == [kinds.WHEEL]


def test_what_is_no_input_is_passed_over_and_what_is_broken_raises_nothing(
    window: Any, recorded: Recorded, swallowed: list[Exception]
) -> None:
    from sdk_py.adapters import pygame as adapter

    adapter.watch(pygame.event.Event(pygame.QUIT))
    adapter.watch(pygame.event.Event(pygame.KEYDOWN))
    assert recorded() == []
    assert [type(error) for error in swallowed] == [AttributeError]
    swallowed.clear()


def test_pygame_tells_what_it_knows_of_the_display(window: Any, recorded: Recorded) -> None:
    from sdk_py.adapters import pygame as adapter

    adapter.display()
    assert sdk_py._client is not None
    facts = sdk_py._client.sources.device.read()
    assert facts.display_driver == "dummy"
    assert facts.display_width


class Screen:
    width, height = 1920, 1080

    def get_mode(self) -> Any:
        return type("Mode", (), {"rate": 60})()


class HeadlessWindow:
    """What `attach` touches of a pyglet window, over pyglet's own dispatcher of events."""

    height = 300
    screen = Screen()
    context = type("Context", (), {"get_info": lambda self: type("Info", (), {"get_renderer": lambda self: "Example Renderer"})()})()


@pytest.fixture
def pyglet_window() -> Any:
    event = pytest.importorskip("pyglet.event", reason="pyglet is not installed")
    kind: Any = type("Window", (HeadlessWindow, event.EventDispatcher), {})
    for name in ("press", "release"):
        kind.register_event_type(f"on_key_{name}")
        kind.register_event_type(f"on_mouse_{name}")
    for name in ("motion", "drag", "scroll"):
        kind.register_event_type(f"on_mouse_{name}")
    return kind()


def test_pyglets_events_become_input_and_go_on_to_the_game(pyglet_window: Any, recorded: Recorded) -> None:
    from sdk_py.adapters import pyglet as adapter

    seen: list[int] = []
    pyglet_window.on_key_press = lambda symbol, modifiers: seen.append(symbol)
    adapter.attach(pyglet_window)
    pyglet_window.dispatch_event("on_key_press", ord("f"), 0)
    pyglet_window.dispatch_event("on_key_release", 0xFF0D, 0)
    pyglet_window.dispatch_event("on_mouse_motion", 10, 100, 1, 1)
    pyglet_window.dispatch_event("on_mouse_drag", 11, 100, 1, 0, 4, 0)
    pyglet_window.dispatch_event("on_mouse_press", 11, 100, 1, 0)
    pyglet_window.dispatch_event("on_mouse_release", 11, 100, 2, 0)
    pyglet_window.dispatch_event("on_mouse_scroll", 11, 100, 0, 1)
    assert recorded() == [
        (kinds.KEY_DOWN, 3, 0, 0),
        (kinds.KEY_UP, kinds.KEY_ENTER, 0, 0),
        (kinds.POINTER_MOVE, kinds.BUTTON_NONE, 10, 200),
        (kinds.POINTER_MOVE, kinds.BUTTON_RIGHT, 11, 200),
        (kinds.POINTER_DOWN, kinds.BUTTON_LEFT, 11, 200),
        (kinds.POINTER_UP, kinds.BUTTON_OTHER, 11, 200),
        (kinds.WHEEL, kinds.BUTTON_OTHER, 11, 200),
    ]
    assert seen == [ord("f")]


def test_pyglet_tells_what_it_knows_of_the_display(pyglet_window: Any, recorded: Recorded) -> None:
    from sdk_py.adapters import pyglet as adapter

    adapter.attach(pyglet_window)
    assert sdk_py._client is not None
    facts = sdk_py._client.sources.device.read()
    assert (facts.gpu, facts.display_driver, facts.display_width, facts.refresh_hz) == ("Example Renderer", "headless", 1920, 60.0)
