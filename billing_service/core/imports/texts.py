"""What a customer reads about import fees: Dutch and English with equal keys and facts (a test compares them)."""

from __future__ import annotations

from typing import Final

from billing_service.core.imports.sentences import Texts

FEES: Final[Texts] = {
    "nl": {
        "quoted_import": "Import van {files} ({on})",
        "further_moment": "{ordinal} importmoment van {files} ({on})",
        "second_feedback": "Extra feedbackronde bij de import van {files} ({on})",
        "new_structure": "Import van {files} met een nieuwe opbouw ({on})",
        "return": "Nieuwe controle van een teruggestuurd ledenbestand ({on})",
        "policy": "Beleid: {label}.",
    },
    "en": {
        "quoted_import": "Import of {files} ({on})",
        "further_moment": "{ordinal} import moment of {files} ({on})",
        "second_feedback": "Extra round of feedback on the import of {files} ({on})",
        "new_structure": "Import of {files} with a new structure ({on})",
        "return": "Another check of a member file that was sent back ({on})",
        "policy": "Policy: {label}.",
    },
}

REASONS: Final[Texts] = {
    "nl": {
        "free": "Eén bestand met alleen persoonsgegevens van leden; kolommen: {columns}. Dat is gratis.",
        "several_files": "Er zijn {files} bestanden; gratis is één bestand.",
        "too_many_columns": "Er zijn {columns} kolommen; gratis zijn er hoogstens {most}.",
        "not_one_dimensional": "Het gaat om meer dan persoonsgegevens van leden: groepen, onderlinge verbanden, of "
        "bedrijven met contactpersonen.",
        "too_many_extra_fields": "Er zijn {fields} extra velden; gratis zijn er hoogstens {most}.",
        "quote_accepted": "Offerte {quote} van {price} is op {on} geaccepteerd.",
        "moments_included_free": "Het gratis importtarief omvat {moments} {with_website}: {days}.",
        "moments_included_quoted": "De offerteprijs omvat {moments} {with_website}: {days}.",
        "moments_included_restarted": "Met de nieuwe opbouw waren {with_website} weer {moments} inbegrepen: {days}.",
        "further_moment_free_import": "Elk volgend moment kost {amount}.",
        "further_moment_half": "Elk volgend moment kost de helft van de offerteprijs van {price}: {amount}.",
        "further_moment_quoted": "Elk volgend moment kost {percentage}% van de offerteprijs van {price}: {amount}.",
        "further_moment_agreed": "Akkoord van {by} op {on}.",
        "new_structure_one": "De opbouw is anders dan die van {on}.",
        "new_structure_several": "De opbouw is anders dan alle {delivered} eerdere; het meest lijkt zij op die van "
        "{on}.",
        "new_structure_more": "Er zijn nog {more} verschillen.",
        "new_structure_free_import": "Een nieuwe opbouw kost {amount} als de oude niet meer kan.",
        "new_structure_again": "Een nieuwe opbouw kost opnieuw de offerteprijs van {amount} als de oude niet meer kan.",
        "new_structure_quoted": "Een nieuwe opbouw kost {percentage}% van de offerteprijs van {price} als de oude niet "
        "meer kan: {amount}.",
        "new_structure_agreed": "De oude opbouw kan niet meer; akkoord van {by} op {on}.",
        "second_feedback": "De feedbackronde na het moment van {on} was gebruikt; een tweede kost een volgend moment.",
        "returns_used": "Gratis terugzendingen: {free}. Elke volgende kost {amount}.",
        "return_agreed": "Akkoord van {by} op {on}.",
        "title_suggests": "“{title}”: {sign}.",
    },
    "en": {
        "free": "One file with only personal data of members; columns: {columns}. That is free.",
        "several_files": "There are {files} files; one file is free.",
        "too_many_columns": "There are {columns} columns; at most {most} are free.",
        "not_one_dimensional": "It holds more than personal data of members: groups, cross-links, or companies with "
        "contact persons.",
        "too_many_extra_fields": "There are {fields} extra fields; at most {most} are free.",
        "quote_accepted": "Quote {quote} of {price} was accepted on {on}.",
        "moments_included_free": "The free import includes {moments} {with_website}: {days}.",
        "moments_included_quoted": "The quoted price includes {moments} {with_website}: {days}.",
        "moments_included_restarted": "With the new structure, {moments} {with_website} were included again: {days}.",
        "further_moment_free_import": "Each further moment costs {amount}.",
        "further_moment_half": "Each further moment costs half the quoted price of {price}: {amount}.",
        "further_moment_quoted": "Each further moment costs {percentage}% of the quoted price of {price}: {amount}.",
        "further_moment_agreed": "Agreed by {by} on {on}.",
        "new_structure_one": "The structure is not that of {on}.",
        "new_structure_several": "The structure is unlike all {delivered} earlier ones; it is most like that of {on}.",
        "new_structure_more": "There are {more} more differences.",
        "new_structure_free_import": "A new structure costs {amount} where the old one is no longer possible.",
        "new_structure_again": "A new structure costs the quoted price of {amount} again where the old one is no "
        "longer "
        "possible.",
        "new_structure_quoted": "A new structure costs {percentage}% of the quoted price of {price} where the old one "
        "is no longer possible: {amount}.",
        "new_structure_agreed": "The old structure is no longer possible; agreed by {by} on {on}.",
        "second_feedback": "The round of feedback after the moment of {on} had been used; a second one costs a further "
        "moment.",
        "returns_used": "Free returns: {free}. Each further one costs {amount}.",
        "return_agreed": "Agreed by {by} on {on}.",
        "title_suggests": "“{title}”: {sign}.",
    },
}

DIFFERENCES: Final[Texts] = {
    "nl": {
        "renamed": "Kolom “{title}” heet nu “{new_title}” (plaats {new_place}).",
        "swapped": "De kolommen “{title}” en “{new_title}” zijn verwisseld (plaatsen {place} en {new_place}).",
        "reordered": "Kolom “{title}” staat nu op plaats {new_place} in plaats van {place}.",
        "added": "Kolom “{new_title}” is nieuw (plaats {new_place}).",
        "removed": "Kolom “{title}” ontbreekt (was plaats {place}).",
        "file_added": "Er is een bestand bij gekomen, met de kolommen: {title}.",
        "file_removed": "Er ontbreekt een bestand, met de kolommen: {title}.",
        "in_file": "Bestand {file}: {said}",
    },
    "en": {
        "renamed": "Column “{title}” is now called “{new_title}” (place {new_place}).",
        "swapped": "The columns “{title}” and “{new_title}” have changed places ({place} and {new_place}).",
        "reordered": "Column “{title}” is now in place {new_place} instead of {place}.",
        "added": "Column “{new_title}” is new (place {new_place}).",
        "removed": "Column “{title}” is missing (was place {place}).",
        "file_added": "There is another file, with the columns: {title}.",
        "file_removed": "A file is missing, with the columns: {title}.",
        "in_file": "File {file}: {said}",
    },
}

HISTORY: Final[Texts] = {
    "nl": {
        "opened_with": "Project geopend, met een website.",
        "opened_without": "Project geopend, zonder website.",
        "assessed": "Beoordeeld: bestanden {files}, kolommen {columns}, {dimensions}.",
        "website_added": "Er is een website bij gekomen.",
        "quote_sent_import": "Offerte {quote} van {price} voor de import gestuurd, geldig tot en met {until}.",
        "quote_sent_new_structure": "Offerte {quote} van {price} voor een nieuwe opbouw gestuurd, geldig tot en met "
        "{until}.",
        "quote_accepted": "Offerte {quote} geaccepteerd.",
        "quote_declined": "Offerte {quote} afgewezen.",
        "quote_withdrawn": "Offerte {quote} ingetrokken.",
        "sent_back": "Bestand teruggestuurd.",
        "moment_delivered": "Import uitgevoerd.",
        "skipped": "Import uitgevoerd. Niet geïmporteerd: {titles}.",
        "feedback_given": "Feedback ontvangen.",
        "feedback_imported": "Feedback verwerkt en opnieuw geïmporteerd.",
        "redone": "Opnieuw geïmporteerd om een fout van ons te herstellen.",
        "further_moment_agreed": "{by} ging akkoord met de prijs van een volgend moment.",
        "new_structure_agreed": "De oude opbouw kan niet meer; {by} ging akkoord met de prijs van een nieuwe.",
        "return_agreed": "{by} ging akkoord met de kosten van een nieuwe controle.",
        "closed": "Project afgesloten.",
        "fee": "In rekening te brengen: {amount}, exclusief btw.",
    },
    "en": {
        "opened_with": "Project opened, with a website.",
        "opened_without": "Project opened, without a website.",
        "assessed": "Assessed: files {files}, columns {columns}, {dimensions}.",
        "website_added": "A website was added.",
        "quote_sent_import": "Quote {quote} of {price} sent for the import, valid until {until} inclusive.",
        "quote_sent_new_structure": "Quote {quote} of {price} sent for a new structure, valid until {until} inclusive.",
        "quote_accepted": "Quote {quote} accepted.",
        "quote_declined": "Quote {quote} declined.",
        "quote_withdrawn": "Quote {quote} withdrawn.",
        "sent_back": "File sent back.",
        "moment_delivered": "Import carried out.",
        "skipped": "Import carried out. Not imported: {titles}.",
        "feedback_given": "Feedback received.",
        "feedback_imported": "Feedback followed and imported again.",
        "redone": "Imported again to repair a mistake of ours.",
        "further_moment_agreed": "{by} agreed to the price of a further moment.",
        "new_structure_agreed": "The old structure is no longer possible; {by} agreed to the price of a new one.",
        "return_agreed": "{by} agreed to the costs of another check.",
        "closed": "Project closed.",
        "fee": "To be charged: {amount}, excluding VAT.",
    },
}

COSTS: Final[Texts] = {
    "nl": {
        "nothing": "Dit moment kost niets.",
        "amount": "Dit moment kost {amount}, exclusief btw.",
        "assessed": "Eerst moet iemand de feiten van deze aanlevering bevestigen.",
        "quote_accepted": "Hiervoor is eerst een geaccepteerde offerte nodig.",
        "further_moment_agreed": "Hiervoor is eerst het akkoord van de klant met een volgend moment nodig.",
        "new_structure_agreed": "Vraag eerst om de oude opbouw; kan die niet meer, dan is het akkoord van de klant "
        "nodig.",
    },
    "en": {
        "nothing": "This moment costs nothing.",
        "amount": "This moment costs {amount}, excluding VAT.",
        "assessed": "Somebody must confirm the facts of this delivery first.",
        "quote_accepted": "This needs an accepted quote first.",
        "further_moment_agreed": "This needs the customer's agreement to a further moment first.",
        "new_structure_agreed": "Ask for the old structure first; if it is no longer possible, the customer must "
        "agree.",
    },
}

WORDS: Final[Texts] = {
    "nl": {
        "file": "het ledenbestand",
        "files": "de ledenbestanden",
        "moment": "{count} moment",
        "moments": "{count} momenten",
        "with_website": "met een website",
        "without_website": "zonder website",
        "one_dimensional": "alleen persoonsgegevens van leden",
        "more_dimensional": "meer dan persoonsgegevens van leden",
        "and": "{0} en {1}",
        "contact_person": "wijst op contactpersonen bij bedrijven",
        "company": "wijst op bedrijven als lid",
        "group": "wijst op groepen of commissies",
        "function": "wijst op functies binnen groepen of bedrijven",
        "relation": "wijst op verbanden tussen leden",
        "ordinals": "Eerste Tweede Derde Vierde Vijfde Zesde Zevende Achtste Negende Tiende",
        "numbers": "één twee drie vier vijf zes zeven acht negen tien",
        "ordinal": "{0}e",
    },
    "en": {
        "file": "the member file",
        "files": "the member files",
        "moment": "{count} moment",
        "moments": "{count} moments",
        "with_website": "with a website",
        "without_website": "without a website",
        "one_dimensional": "only personal data of members",
        "more_dimensional": "more than personal data of members",
        "and": "{0} and {1}",
        "contact_person": "suggests contact persons of companies",
        "company": "suggests companies as members",
        "group": "suggests groups or committees",
        "function": "suggests functions within groups or companies",
        "relation": "suggests links between members",
        "ordinals": "First Second Third Fourth Fifth Sixth Seventh Eighth Ninth Tenth",
        "numbers": "one two three four five six seven eight nine ten",
        "ordinal": "{0}th",
    },
}
