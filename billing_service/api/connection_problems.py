"""Problem types of connections: title, meaning, remedy (``problems``)."""

from __future__ import annotations

from typing import Final

CONNECTION_PROBLEMS: Final[dict[str, tuple[str, str, str]]] = {
    "already_active": (
        "Activated before",
        "The connection was activated before.",
        "Resume it if it is stopped; a closed one stays closed.",
    ),
    "already_decided": (
        "Decided before",
        "This match was accepted or rejected before, perhaps by accepting another one.",
        "Compare the customers again if something changed.",
    ),
    "already_matched": (
        "Matched to another",
        "A customer there is one of ours at most, and the other way round.",
        "Look at the customers of the connection.",
    ),
    "connection_closed": (
        "The connection is closed",
        "A closed connection has no secrets any more and stays closed.",
        "Make a new one.",
    ),
    "connection_exists": (
        "There is a connection already",
        "An administration has one connection at a time that is not closed.",
        "Close that one first.",
    ),
    "connection_not_read": (
        "Not read yet",
        "The package did not answer yet whose books these are, or not since it stopped the connection.",
        "Read the connection (POST …/read) and look at the result of the job.",
    ),
    "mapping_incomplete": (
        "Something is not mapped",
        "Documents would be refused: the errors name what is not mapped, or points at something that no longer holds.",
        "Complete the mapping (PUT …/mappings).",
    ),
    "matches_undecided": (
        "Customers may be the same",
        "Some customers in the package may be ours; deciding later would make them twice.",
        "Accept or reject the open matches.",
    ),
    "restored_copy": (
        "A restored copy",
        "This copy was restored from a backup, and the original may still be in use: nothing is called from here.",
        "Resume the connection (POST …/resume) when only this copy is in use.",
    ),
    "no_sign_in": (
        "No sign-in there",
        "This package has no pages to sign in at.",
        "Fill in the secrets that it asks for.",
    ),
    "not_active": (
        "Not active",
        "Only an active connection can do that.",
        "Activate or resume it first.",
    ),
    "not_matched": (
        "Customers not compared",
        "The customers in the package were not compared with ours yet; activating now might make some twice.",
        "Compare them (POST …/compare-customers).",
    ),
    "not_stopped": ("Not stopped", "Only a stopped connection can be resumed.", "Nothing is left to do."),
    "opening_taken": (
        "Taken before",
        "The opening balance is taken once: taken again it would count what happened since.",
        "Read it: GET …/opening-items.",
    ),
    "other_currency": (
        "Books in another currency",
        "The company keeps its books in another currency than this administration.",
        "Connect the company whose currency is that of the administration.",
    ),
    "package_unknown": (
        "No such package",
        "This version cannot connect to the package (any more).",
        "Read the packages that it can connect to.",
    ),
    "signature_refused": (
        "The signature is not right",
        "A webhook is believed only with the signature of the package on its body, made with the secret that was filled"
        " in and, where the package signs the moment, in the last five minutes.",
        "Compare the webhook secret of the connection with that of the package (docs/hooks.md).",
    ),
}
