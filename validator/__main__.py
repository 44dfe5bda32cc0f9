"""``python -m validator`` is the ``cpgate`` command."""

from validator.cli.main import main

if __name__ == "__main__":
    main()
