"""``python -m billing_service`` is the command ``billing``."""

from billing_service.app import main

if __name__ == "__main__":
    main()
