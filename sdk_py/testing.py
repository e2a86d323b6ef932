"""For tests of games and of the SDK itself: what the SDK swallowed comes up again at the end of the test.

from sdk_py.testing import swallowed  # in conftest.py; with `autouse` through a fixture of your own that asks for it
"""

from collections.abc import Iterator

import pytest

from sdk_py.guard import witnesses


@pytest.fixture
def swallowed() -> Iterator[list[Exception]]:
    """Yield the list of errors that the SDK swallows during the test. What is still in it at teardown is raised."""
    errors: list[Exception] = []
    witnesses.append(errors.append)
    try:
        yield errors
    finally:
        witnesses.remove(errors.append)
    if errors:
        raise ExceptionGroup("the SDK swallowed", errors)
