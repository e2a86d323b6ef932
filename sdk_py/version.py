"""The SDK's version, as it tells it in a hello."""

from typing import Final

VERSION: Final = "0.1.0"
SDK: Final = f"sdk_py/{VERSION}"
