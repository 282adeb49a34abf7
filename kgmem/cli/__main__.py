"""``python -m kgmem.cli``: the command where no script is installed."""

from kgmem.cli import main

main()
