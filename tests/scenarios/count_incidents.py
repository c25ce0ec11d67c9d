"""Counts what the tariff of docs/examples/incidents must decide, from the CSV alone.

Only the standard library, and the rules written a second time in other words: the service is compared with this.
Run: ``python tests/scenarios/count_incidents.py ../shared/data/incidents.csv``
"""

import csv
import json
import sys
from collections import Counter, defaultdict
from fractions import Fraction

VOLUME = ("Category 24", "Category 26", "Category 32", "Category 42", "Category 61")


def verdict(incident):
    """(state, reason or disposition, rule) of one incident, in the order in which the tariff tries its rules."""
    category = incident["category"]
    if incident["location"] == "":
        return "blocked", "no_contract", None
    if category in ("Category 45", "Category 53"):
        if incident["made_sla"] == "FALSE" and incident["urgency"] != "1 - High":
            return "decided", "waived", "goodwill-late"
        return (
            ("decided", "included", "contract") if category == "Category 53" else ("decided", "charge", "standard-call")
        )
    if category in VOLUME:
        return "decided", "charge", "volume"
    if incident["assignment_group"] in ("Group 70", "Group 73"):
        return "decided", "not_billable", "own-infrastructure"
    if category in ("Category 9", "Category 37"):
        return "blocked", "missing_time", "by-the-hour"  # the file holds no minutes, and none may be invented
    return "needs_decision", None, None


def amount(rule, ordinal):
    if rule == "standard-call":
        return Fraction("17.5")
    if rule == "volume":
        return Fraction("22.5") if ordinal <= 10 else Fraction("19.5") if ordinal <= 40 else Fraction(16)
    return Fraction(0)


def count(path, contract_of):
    """Counts, and the net amount per contract and month; ``contract_of`` gives a location's contract."""
    with open(path, newline="", encoding="utf-8") as file:
        incidents = sorted(csv.DictReader(file), key=lambda row: (row["closed_at"], row["number"]))
    states, reasons, dispositions, rules = Counter(), Counter(), Counter(), Counter()
    ordinals, net = Counter(), defaultdict(Fraction)
    for incident in incidents:
        state, detail, rule = verdict(incident)
        states[state] += 1
        if state == "decided":
            dispositions[detail] += 1
        elif detail:
            reasons[detail] += 1
        if rule and state == "decided":
            rules[rule] += 1
        if detail == "charge":
            place = (contract_of(incident["location"]), incident["closed_at"][:7])
            ordinals[place] += rule == "volume"
            net[place] += amount(rule, ordinals[place])
    return {
        "questions": len(incidents),
        "states": dict(sorted(states.items())),
        "reasons": dict(sorted(reasons.items())),
        "dispositions": dict(sorted(dispositions.items())),
        "rules": dict(sorted(rules.items())),
        "net": {f"{contract} {month}": f"{float(value):.2f}" for (contract, month), value in sorted(net.items())},
        "net_total": f"{float(sum(net.values())):.2f}",
    }


if __name__ == "__main__":
    json.dump(count(sys.argv[1], lambda location: location), sys.stdout, indent=2)
