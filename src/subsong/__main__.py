"""``python -m subsong`` is the command line."""

from subsong.cli.main import main

if __name__ == "__main__":
    main()
