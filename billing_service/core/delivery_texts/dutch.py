"""What is the matter with a delivery, in Dutch."""

from __future__ import annotations

from typing import Final

_AGAIN: Final = "en laat de aflevering daarna opnieuw gaan."
_LOOK: Final = "Zoek {number} op in het boekhoudpakket"

CAUSES: Final[dict[str, tuple[str, str]]] = {
    # --- wat het pakket weigert ---
    "number_form": (
        "Het boekhoudpakket kan het nummer {number} niet aan: het heeft een vorm die daar niet mag.",
        "Kies voor volgende documenten een andere nummerreeks; voer dit document met de hand in en annuleer de "
        "aflevering.",
    ),
    "number_too_long": (
        "Het nummer {number} is te lang voor het boekhoudpakket.",
        "Kies voor volgende documenten een kortere nummerreeks; voer dit document met de hand in en annuleer de "
        "aflevering.",
    ),
    "customer_code_form": (
        "Het debiteurnummer {number} heeft een vorm die in het boekhoudpakket niet mag.",
        f"Geef de debiteur een ander nummer {_AGAIN}",
    ),
    "customer_code_too_long": (
        "Het debiteurnummer {number} is te lang voor het boekhoudpakket.",
        f"Geef de debiteur een korter nummer {_AGAIN}",
    ),
    "customer_unknown": (
        "Het boekhoudpakket kent de debiteur van {number} niet (meer).",
        f"Herstel de debiteur in het boekhoudpakket {_AGAIN}",
    ),
    "customer_refused": (
        "Het boekhoudpakket weigert de gegevens van de debiteur van {number}.",
        f"Verbeter de gegevens van de debiteur {_AGAIN}",
    ),
    "description_too_long": (
        "Een regeltekst van {number} is te lang voor het boekhoudpakket.",
        "Meld dit aan de beheerder: teksten horen te worden ingekort.",
    ),
    "attachment_too_large": (
        "De pdf van {number} is te groot voor het boekhoudpakket.",
        "Laat de aflevering zonder bestand gaan.",
    ),
    "attachment_type": (
        "Het boekhoudpakket neemt het bestand bij {number} niet aan.",
        "Laat de aflevering zonder bestand gaan.",
    ),
    "currency": (
        "Het boekhoudpakket weigert de valuta van {number}.",
        f"Sta deze valuta in het boekhoudpakket toe {_AGAIN}",
    ),
    "date_refused": (
        "Het boekhoudpakket weigert een datum van {number}.",
        f"Controleer de boekjaren en perioden in het boekhoudpakket {_AGAIN}",
    ),
    "period_closed": (
        "De periode van {number} is in het boekhoudpakket afgesloten.",
        f"Open de periode daar {_AGAIN}",
    ),
    "total_differs": (
        "De bedragen van {number} kloppen volgens het boekhoudpakket niet met elkaar.",
        f"Controleer de koppeling van btw-codes {_AGAIN}",
    ),
    "vat_difference_too_large": (
        "Het boekhoudpakket zou voor {number} meer dan 0,05 andere btw berekenen.",
        f"Controleer de koppeling van btw-codes {_AGAIN}",
    ),
    "rounding_not_mapped": (
        "Het boekhoudpakket berekent de btw van {number} enkele centen anders, en voor afrondingsverschillen is geen "
        "grootboekrekening gekoppeld.",
        f"Koppel een grootboekrekening en btw-code voor afronding {_AGAIN}",
    ),
    "vat_code_unknown": (
        "Een btw-code van {number} is niet gekoppeld, of bestaat in het boekhoudpakket niet (meer).",
        f"Herstel de koppeling van de btw {_AGAIN}",
    ),
    "ledger_account_unknown": (
        "Een grootboekrekening van {number} is niet gekoppeld, of bestaat in het boekhoudpakket niet (meer).",
        f"Herstel de koppeling van de omzet {_AGAIN}",
    ),
    "journal_unknown": (
        "Het dagboek voor {number} is niet gekoppeld, of bestaat in het boekhoudpakket niet (meer).",
        f"Herstel de koppeling van het dagboek {_AGAIN}",
    ),
    "cost_centre_unknown": (
        "Een kostenplaats van {number} bestaat in het boekhoudpakket niet (meer).",
        f"Herstel de koppeling van de kostenplaats {_AGAIN}",
    ),
    "payment_method_unknown": (
        "De betaalwijze van {number} is niet gekoppeld, of bestaat in het boekhoudpakket niet (meer).",
        f"Herstel de koppeling van de betaalwijze {_AGAIN}",
    ),
    "document_unknown": (
        "Het boekhoudpakket kent een document niet (meer) waar {number} naar verwijst.",
        f"{_LOOK} en herstel het daar; laat de aflevering daarna opnieuw gaan.",
    ),
    "document_locked": (
        "{number} staat in het boekhoudpakket vast en kan daar niet meer worden aangevuld.",
        f"{_LOOK} en geef het vrij; laat de aflevering daarna opnieuw gaan.",
    ),
    "nothing_open": (
        "Van de factuur bij {number} staat in het boekhoudpakket niet genoeg open.",
        "Controleer daar of de betaling al geboekt is; zo ja, annuleer de aflevering.",
    ),
    "credited_invoice_unknown": (
        "Het boekhoudpakket vindt de factuur niet waarbij creditnota {number} hoort.",
        f"Zoek die factuur daar op en herstel haar {_AGAIN}",
    ),
    "no_permission": (
        "De gebruiker van de koppeling mag dit niet in het boekhoudpakket.",
        f"Geef die gebruiker daar de rechten {_AGAIN}",
    ),
    "subscription": (
        "Het abonnement op het boekhoudpakket staat dit niet toe.",
        f"Pas het abonnement aan {_AGAIN}",
    ),
    "request_refused": (
        "Het boekhoudpakket weigert {number} en zegt: {detail}",
        f"Herstel wat daar genoemd wordt {_AGAIN}",
    ),
    "answer_not_understood": (
        "Het boekhoudpakket gaf over {number} een antwoord dat wij niet begrijpen: {detail}",
        "Meld dit aan de beheerder.",
    ),
    "not_supported": (
        "Dit boekhoudpakket kan dit niet: {field}.",
        "Meld dit aan de beheerder.",
    ),
    # --- wat wij niet weten of niet kloppend vinden ---
    "outcome_unclear": (
        "Niemand kan zien of {number} in het boekhoudpakket is aangekomen: de verbinding brak af en er valt daar niet "
        "op te zoeken.",
        f"{_LOOK} en zeg bij het opnieuw laten gaan of het er staat.",
    ),
    "several_there": (
        "{number} staat meer dan eens in het boekhoudpakket ({detail}).",
        "Verwijder daar wat er te veel is en laat de aflevering opnieuw gaan.",
    ),
    "differs": (
        "{number} staat in het boekhoudpakket, maar anders dan hier: {differences}.",
        "Verbeter het daar en laat de aflevering opnieuw gaan: dan wordt opnieuw vergeleken.",
    ),
    "document_gone": (
        "{number} stond in het boekhoudpakket, maar is daar verdwenen.",
        "Zoek uit wie het heeft verwijderd. Zeg bij het opnieuw laten gaan dat het er niet staat: dan wordt het "
        "opnieuw ingevoerd.",
    ),
    "document_cancelled": (
        "{number} is in het boekhoudpakket geannuleerd.",
        "Zoek uit waarom. Zeg bij het opnieuw laten gaan dat het er niet staat: dan wordt het opnieuw ingevoerd; of "
        "maak hier een creditnota en annuleer de aflevering.",
    ),
    "customer_code_taken": (
        "Onder debiteurnummer {number} staat in het boekhoudpakket een ander: {detail}.",
        "Is het dezelfde, zeg dan bij het opnieuw laten gaan welke het is; geef anders een van beide een ander nummer.",
    ),
    "customer_gone": (
        "Debiteur {number} is uit het boekhoudpakket verdwenen.",
        "Zeg bij het opnieuw laten gaan dat hij er niet staat: dan wordt hij opnieuw aangemaakt.",
    ),
    "customer_first": (
        "Eerst moet debiteur {detail} in het boekhoudpakket staan; dat lukt nog niet.",
        "Herstel de aflevering van de debiteur; deze volgt vanzelf.",
    ),
    "invoice_first": (
        "Eerst moet factuur {detail} in het boekhoudpakket staan; dat lukt nog niet.",
        "Herstel de aflevering van die factuur; deze volgt vanzelf.",
    ),
    "failed_here": (
        "Bij het afleveren van {number} ging hier iets mis: {detail}",
        "Meld dit aan de beheerder.",
    ),
    "no_end": (
        "Het boekhoudpakket neemt {number} aan, maar het wordt daar niet zoals het moet.",
        f"{_LOOK} en meld dit aan de beheerder.",
    ),
    # --- wat niet overging ---
    "still_limit": (
        "Het boekhoudpakket laat al een week geen vragen meer toe.",
        f"Verruim de limiet van de koppeling daar {_AGAIN}",
    ),
    "still_error_budget": (
        "Het boekhoudpakket weigerde zoveel dat de koppeling al twee dagen wordt ontzien.",
        f"Herstel wat er geweigerd wordt {_AGAIN}",
    ),
    "still_unreachable": (
        "Het boekhoudpakket is al drie dagen niet bereikbaar.",
        f"Zoek uit of het nog op hetzelfde adres staat {_AGAIN}",
    ),
    "still_unavailable": (
        "Het boekhoudpakket zegt al drie dagen dat het niet werkt.",
        f"Vraag zijn leverancier wanneer het weer werkt {_AGAIN}",
    ),
    "still_sign_in": (
        "De aanmelding bij het boekhoudpakket kon een dag lang niet worden vernieuwd.",
        "Meld de koppeling opnieuw aan en laat de aflevering daarna opnieuw gaan.",
    ),
    "still_unclear": (
        "Bij {number} brak de verbinding met het boekhoudpakket drie dagen lang telkens af.",
        f"{_LOOK} en laat de aflevering opnieuw gaan: dan wordt eerst gezocht.",
    ),
}
"""What is the matter and what to do, by cause."""
