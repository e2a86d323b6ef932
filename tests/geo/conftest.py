"""What the tests of geo share."""

import sys
from pathlib import Path

# the files that tests make are described in a module beside them
sys.path.insert(0, str(Path(__file__).parent))
