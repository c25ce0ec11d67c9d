"""Problem types of consults: title, meaning, remedy (``problems``)."""

from __future__ import annotations

from typing import Final

CONSULT_PROBLEMS: Final[dict[str, tuple[str, str, str]]] = {
    "consult_ended": (
        "The consult has ended",
        "It is completed, rejected or cancelled: nothing in it changes any more.",
        "Reopen a completed one first; make a new one otherwise.",
    ),
    "consult_not_completed": (
        "The consult is not completed",
        "Only a completed consult can be reopened.",
        "Nothing has to be undone.",
    ),
    "consult_not_confirmed": (
        "The consult is not confirmed",
        "Only a confirmed consult is completed; one that was completed is charged once.",
        "Confirm it first, or read its charge.",
    ),
    "consult_not_proposed": (
        "The consult is not proposed",
        "Somebody confirmed, rejected or cancelled it before.",
        "Read it to see what was decided.",
    ),
    "consult_question_open": (
        "A question of the consult is still open",
        "Its time counts in the consult and may still grow.",
        "Close the questions named, or take them out of the consult.",
    ),
    "consult_released": (
        "The charge of the consult is on a document",
        "It was released or invoiced, so completing cannot be undone any more.",
        "Withdraw the document while it is not issued, else credit it.",
    ),
    "consult_without_time": (
        "No time was written for the consult",
        "Its price depends on time, and it has neither a session nor time on its questions.",
        "Add its sessions; one of 0 minutes says that no time was spent.",
    ),
    "question_in_consult": (
        "The question is in a consult already",
        "A question is answered in one consult at most, so that it is never charged twice.",
        "Take it out of the other consult first.",
    ),
    "question_released": (
        "The question is released for invoicing",
        "It stands on a document by its own decision, so that a consult would charge it twice.",
        "Withdraw or correct that document first, or leave the question out.",
    ),
}
