"""Why something cannot be done now, and where a project stands: Dutch and English, equal keys (tested)."""

from __future__ import annotations

from typing import Final

Texts = dict[str, dict[str, str]]

REFUSALS: Final[Texts] = {
    "nl": {
        "not_opened": "Het importproject is nog niet geopend.",
        "opened_before": "Het importproject is al geopend.",
        "closed": "Het importproject is afgesloten.",
        "dates_run_back": "De laatste gebeurtenis was op {last}; een eerdere datum kan niet meer.",
        "not_assessed": "Het bestand is nog niet beoordeeld: iemand moet eerst de feiten bevestigen.",
        "facts_differ": "Deze aanlevering heeft een ander aantal bestanden of kolommen dan er is beoordeeld: beoordeel "
        "haar opnieuw.",
        "skipped_differ": "Er worden meer of minder kolommen overgeslagen dan er is beoordeeld: beoordeel de "
        "aanlevering "
        "opnieuw.",
        "new_structure_not_assessed": "De nieuwe opbouw is nog niet beoordeeld: iemand moet eerst de feiten van "
        "deze aanlevering bevestigen.",
        "quote_needed": "Deze import is niet gratis: eerst moet de klant een offerte accepteren.",
        "new_quote_needed": "De nieuwe opbouw valt niet meer onder het gratis importtarief: eerst moet de klant een "
        "offerte daarvoor accepteren.",
        "quote_open": "Offerte {quote} staat nog open: wacht op het antwoord van de klant, of trek haar in.",
        "quote_unknown": "Offerte {quote} hoort niet bij dit importproject.",
        "quote_decided": "Offerte {quote} staat niet meer open.",
        "quote_expired": "Offerte {quote} is verlopen: stuur een nieuwe.",
        "no_quote_open": "Er staat geen offerte open.",
        "quote_exists": "Offerte {quote} bestaat al in dit importproject.",
        "import_is_free": "Deze import is gratis: er is geen offerte nodig.",
        "import_price_agreed": "De prijs van de import is al afgesproken.",
        "import_delivered": "De eerste import is al uitgevoerd: daarvoor is geen offerte meer nodig.",
        "new_structure_has_price": "Voor de nieuwe opbouw is geen offerte nodig: haar prijs staat vast.",
        "new_structure_quote_accepted": "De offerte voor de nieuwe opbouw is al geaccepteerd.",
        "further_not_agreed": "Alle inbegrepen momenten zijn gebruikt: leg eerst vast dat de klant akkoord is met de "
        "prijs van een volgend moment.",
        "new_structure_not_agreed": "De opbouw is nieuw: vraag eerst om de oude. Kan die niet meer, leg dan vast "
        "dat de "
        "klant akkoord is met de prijs van een nieuwe opbouw.",
        "return_not_agreed": "De gratis terugzendingen zijn gebruikt: leg eerst vast dat de klant akkoord is met de "
        "kosten van een nieuwe controle.",
        "moment_is_included": "Het volgende moment is inbegrepen: er is geen akkoord nodig.",
        "agreed_already": "Dit akkoord ligt al vast en is nog niet gebruikt.",
        "costs_nothing": "Dit kost niets: er is geen akkoord nodig.",
        "return_is_free": "Terugzenden is nu gratis: er is geen akkoord nodig.",
        "no_round": "Na dit moment is er geen feedbackronde.",
        "round_used": "De feedbackronde is gebruikt. Een tweede ronde kan alleen als volgend importmoment.",
        "round_needs_agreement": "De feedbackronde is gebruikt. Een tweede kost een volgend moment: leg eerst vast dat "
        "de klant daarmee akkoord is.",
        "feedback_before_import": "Feedback kan pas na de eerste import.",
        "feedback_open": "De gegeven feedback is nog niet verwerkt: importeer die eerst.",
        "no_feedback": "Er is geen feedback die nog verwerkt moet worden.",
        "other_structure": "Deze opbouw is in dit project niet eerder geïmporteerd: importeer die als nieuw moment.",
        "nothing_delivered": "Er is nog niets geïmporteerd.",
        "delivery_handled": "Aanlevering {delivery} is al geïmporteerd of teruggestuurd.",
        "website_already": "Dit project heeft al een website.",
    },
    "en": {
        "not_opened": "The import project has not been opened yet.",
        "opened_before": "The import project was opened before.",
        "closed": "The import project is closed.",
        "dates_run_back": "The last event was on {last}; an earlier date is no longer possible.",
        "not_assessed": "The file has not been assessed yet: somebody must confirm the facts first.",
        "facts_differ": "This delivery has another number of files or columns than was assessed: assess it again.",
        "skipped_differ": "More or fewer columns are skipped than was assessed: assess the delivery again.",
        "new_structure_not_assessed": "The new structure has not been assessed yet: somebody must confirm the facts of "
        "this delivery first.",
        "quote_needed": "This import is not free: the customer must accept a quote first.",
        "new_quote_needed": "The new structure is no longer free of charge: the customer must accept a quote for it "
        "first.",
        "quote_open": "Quote {quote} is still open: wait for the customer's answer, or withdraw it.",
        "quote_unknown": "Quote {quote} does not belong to this import project.",
        "quote_decided": "Quote {quote} is no longer open.",
        "quote_expired": "Quote {quote} has expired: send a new one.",
        "no_quote_open": "No quote is open.",
        "quote_exists": "Quote {quote} exists already in this import project.",
        "import_is_free": "This import is free: no quote is needed.",
        "import_price_agreed": "The price of the import has been agreed already.",
        "import_delivered": "The first import has been carried out: it needs no quote any more.",
        "new_structure_has_price": "The new structure needs no quote: its price is fixed.",
        "new_structure_quote_accepted": "The quote for the new structure has been accepted already.",
        "further_not_agreed": "All included moments have been used: record first that the customer agrees to the price "
        "of a further moment.",
        "new_structure_not_agreed": "The structure is new: ask for the old one first. If that is impossible, record "
        "that the customer agrees to the price of a new structure.",
        "return_not_agreed": "The free returns have been used: record first that the customer agrees to the costs of "
        "another check.",
        "moment_is_included": "The next moment is included: no agreement is needed.",
        "agreed_already": "This agreement has been recorded already and is not used yet.",
        "costs_nothing": "This costs nothing: no agreement is needed.",
        "return_is_free": "Sending back is free now: no agreement is needed.",
        "no_round": "There is no round of feedback after this moment.",
        "round_used": "The round of feedback has been used. A second one is possible only as a further import moment.",
        "round_needs_agreement": "The round of feedback has been used. A second one costs a further moment: record "
        "first that the customer agrees to that.",
        "feedback_before_import": "Feedback is possible only after the first import.",
        "feedback_open": "The feedback that was given has not been processed yet: import that first.",
        "no_feedback": "There is no feedback left to process.",
        "other_structure": "This structure was not imported in this project before: deliver it as a new moment.",
        "nothing_delivered": "Nothing has been imported yet.",
        "delivery_handled": "Delivery {delivery} has been imported or sent back already.",
        "website_already": "This project has a website already.",
    },
}

STATUS: Final[Texts] = {
    "nl": {
        "closed": "Afgesloten op {on}.",
        "needs_assessment": "Het bestand moet nog worden beoordeeld.",
        "needs_quote": "Niet gratis: er moet een offerte naar de klant.",
        "quote_open": "Offerte {quote} ligt bij de klant, geldig tot en met {until}.",
        "quote_declined": "De klant heeft offerte {quote} afgewezen; er kan een nieuwe komen.",
        "quote_expired": "Offerte {quote} is verlopen op {until}; er kan een nieuwe komen.",
        "waiting_for_agreement": "De nieuwe opbouw wacht op het akkoord van de klant.",
        "waiting_for_file": "Wacht op een bestand voor moment {moment}.",
        "feedback_open": "De feedback van de klant moet nog worden verwerkt.",
        "all_moments_delivered": "Alle inbegrepen momenten zijn geweest; een volgend moment kost geld en vraagt "
        "akkoord.",
    },
    "en": {
        "closed": "Closed on {on}.",
        "needs_assessment": "The file has still to be assessed.",
        "needs_quote": "Not free: a quote must go to the customer.",
        "quote_open": "Quote {quote} is with the customer, valid until {until} inclusive.",
        "quote_declined": "The customer declined quote {quote}; a new one may follow.",
        "quote_expired": "Quote {quote} expired on {until}; a new one may follow.",
        "waiting_for_agreement": "The new structure is waiting for the customer's agreement.",
        "waiting_for_file": "Waiting for a file for moment {moment}.",
        "feedback_open": "The customer's feedback has still to be processed.",
        "all_moments_delivered": "All included moments are over; a further one costs money and needs agreement.",
    },
}
