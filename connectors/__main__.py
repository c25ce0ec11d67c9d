"""``python -m connectors`` prints the table of docs/connectors.md."""

from connectors import PACKAGES
from connectors.overview import table

if __name__ == "__main__":
    print(table(PACKAGES))
