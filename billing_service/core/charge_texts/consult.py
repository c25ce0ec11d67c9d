"""Why a consult costs this: its sessions and questions, their time, and the price."""

from __future__ import annotations

from typing import Final

from billing_service.core.charge_texts.sentence import Sentence

SENTENCES: Final[dict[str, Sentence]] = {
    "consult_webinar": Sentence(("day", "time"), "Webinar op {0}: {1}.", "Webinar on {0}: {1}."),
    "consult_call": Sentence(("day", "time"), "Gesprek op {0}: {1}.", "Call on {0}: {1}."),
    "consult_visit": Sentence(("day", "time"), "Bezoek op {0}: {1}.", "Visit on {0}: {1}."),
    "consult_other": Sentence(("day", "time"), "Sessie op {0}: {1}.", "Session on {0}: {1}."),
    "consult_webinar_titled": Sentence(
        ("day", "text", "time"), "Webinar op {0}, “{1}”: {2}.", "Webinar on {0}, “{1}”: {2}."
    ),
    "consult_call_titled": Sentence(("day", "text", "time"), "Gesprek op {0}, “{1}”: {2}.", "Call on {0}, “{1}”: {2}."),
    "consult_visit_titled": Sentence(
        ("day", "text", "time"), "Bezoek op {0}, “{1}”: {2}.", "Visit on {0}, “{1}”: {2}."
    ),
    "consult_other_titled": Sentence(
        ("day", "text", "time"), "Sessie op {0}, “{1}”: {2}.", "Session on {0}, “{1}”: {2}."
    ),
    "consult_question": Sentence(
        ("text", "text"), "Vraag {0}, “{1}”, hoort bij dit consult.", "Question {0}, “{1}”, belongs to this consult."
    ),
    "consult_question_time": Sentence(("text", "text", "time"), "Vraag {0}, “{1}”: {2}.", "Question {0}, “{1}”: {2}."),
    "consult_time": Sentence(("time",), "Tijd van dit consult: {0}.", "Time of this consult: {0}."),
    "consult_no_time": Sentence(
        (), "Er is geen tijd besteed; er is niets te berekenen.", "No time was spent; there is nothing to charge."
    ),
    "consult_grace": Sentence(
        ("number", "time"),
        "De uitloop van hoogstens {0} min vervalt: {1}.",
        "The excess of at most {0} min is dropped: {1}.",
    ),
    "consult_rounded_up": Sentence(
        ("number", "time"), "Afgerond naar boven (stappen van {0} min): {1}.", "Rounded up (steps of {0} min): {1}."
    ),
    "consult_rounded_nearest": Sentence(
        ("number", "time"),
        "Afgerond op de dichtstbijzijnde stap (van {0} min): {1}.",
        "Rounded to the nearest step (of {0} min): {1}.",
    ),
    "consult_rounded_down": Sentence(
        ("number", "time"),
        "Afgerond naar beneden (stappen van {0} min): {1}.",
        "Rounded down (steps of {0} min): {1}.",
    ),
    "consult_minimum": Sentence(("time",), "Verhoogd tot het minimum: {0}.", "Raised to the minimum: {0}."),
    "consult_fixed": Sentence(("money",), "Vaste prijs van het consult: {0}.", "Fixed price of the consult: {0}."),
    "consult_hourly": Sentence(("time", "money", "money"), "{0} uur × {1} = {2}.", "{0} hours × {1} = {2}."),
    "consult_blocks": Sentence(
        ("number", "time", "money", "money"),
        "{0} blok(ken) van {1} uur × {2} = {3}; een begonnen blok telt geheel.",
        "{0} block(s) of {1} hours × {2} = {3}; one that was begun counts whole.",
    ),
}
