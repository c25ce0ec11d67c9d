"""Makes the customer file that goes with a file of incidents: one customer with a contract per location, invented
addresses, and one holding that pays for two locations. Only the standard library.

    python make_customers.py incidents.csv > customers.csv
"""

import csv
import sys

HOLDING = ("Location 143", "Location 161")
STREETS = ("Stationsplein", "Markt", "Kerkstraat", "Havenweg", "Nieuwstraat", "Parklaan", "Molenweg")
TOWNS = (
    ("3511 AA", "Utrecht"),
    ("7411 KA", "Deventer"),
    ("8011 PK", "Zwolle"),
    ("9712 HN", "Groningen"),
    ("5611 EC", "Eindhoven"),
    ("6811 KL", "Arnhem"),
    ("2312 BK", "Leiden"),
)
TITLES = ("number", "name", "street", "postal_code", "city", "email", "contract", "tariff", "valid_from", "annex")


def contract_of(location):
    """The reference of the contract that covers a location."""
    return "C-HOLDING" if location in HOLDING else "C-" + location.split()[-1]


def customers(locations):
    """A row per customer; the first location of the holding stands for all of it."""
    for place, location in enumerate(sorted(set(locations) - set(HOLDING[1:]), key=lambda name: int(name.split()[-1]))):
        covered = HOLDING if location == HOLDING[0] else (location,)
        number = 10001 + place
        postal_code, city = TOWNS[place % len(TOWNS)]
        name = "Holding Oost en West B.V." if location == HOLDING[0] else f"Vestiging {location.split()[-1]} B.V."
        street = f"{STREETS[place % len(STREETS)]} {place + 1}"
        yield {
            "number": number,
            "name": name,
            "street": street,
            "postal_code": postal_code,
            "city": city,
            "email": f"crediteuren@klant-{number}.example",
            "contract": contract_of(location),
            "tariff": "servicedesk",
            "valid_from": "2016-01-01",
            "annex": "yes",
            "organisations": "|".join(covered),
        }


if __name__ == "__main__":
    with open(sys.argv[1], newline="", encoding="utf-8") as file:
        found = [row["location"] for row in csv.DictReader(file) if row["location"]]
    writer = csv.DictWriter(sys.stdout, (*TITLES, "organisations"), lineterminator="\n")
    writer.writeheader()
    writer.writerows(customers(found))
