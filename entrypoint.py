"""The container's entry point: the command line, `push` when no command is named."""

import sys

from pushstep.__main__ import main

if __name__ == "__main__":
    sys.exit(main())
