"""``python -m layerwise``."""

import sys

from layerwise.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
