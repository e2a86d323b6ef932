"""Imports point one way: the plan of the house, held by a test."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("wire", "sdk_py", "signals", "geo", "zoo", "collector")
MAY_IMPORT = {
    "wire": set(),
    "geo": set(),
    "sdk_py": {"wire"},
    "signals": {"wire", "geo"},
    "zoo": {"sdk_py", "wire"},
    "collector": {"wire", "sdk_py", "signals", "geo", "zoo"},
}


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_opens_only_the_doors_it_may(room: str) -> None:
    allowed = MAY_IMPORT[room] | {room}
    wrong = {
        str(path.relative_to(ROOT)): sorted(doors)
        for path in (ROOT / room).rglob("*.py")
        if (doors := (imported(path) & set(ROOMS)) - allowed)
    }
    assert wrong == {}


@pytest.mark.parametrize("room", ["wire"])
def test_wire_needs_the_standard_library_only(room: str) -> None:
    import sys

    foreign = {name for path in (ROOT / room).rglob("*.py") for name in imported(path)} - set(sys.stdlib_module_names)
    assert foreign <= {room}


def module_graph() -> dict[str, set[str]]:
    graph: dict[str, set[str]] = {}
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            graph[name] = top_level_imports(path)
    return {name: {door for door in doors if door in graph and door != name} for name, doors in graph.items()}


def top_level_imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def test_no_modules_import_one_another_in_a_circle() -> None:
    graph = module_graph()
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join([*trail[trail.index(name) :], name])
        if name in done:
            return
        for door in graph[name]:
            visit(door, (*trail, name))
        done.add(name)

    for name in graph:
        visit(name, ())
