"""Why a delivered file is not read: stable codes, each with a Dutch and an English sentence for whoever sent it."""

from __future__ import annotations

from typing import Any, Final

from billing_service.errors import UnreadableFile

Sentences = dict[str, tuple[str, str]]

SENTENCES: Final[Sentences] = {
    "file_too_large": (
        "Het bestand is {size} MB; er worden bestanden tot {most} MB gelezen.",
        "The file is {size} MB; files of up to {most} MB are read.",
    ),
    "empty": ("Het bestand is leeg.", "The file is empty."),
    "other_kind": (
        "Dit is {kind}, geen tabel. Stuur de gegevens als CSV, XLSX, XLS of ODS.",
        "This is {kind}, not a table. Send the data as CSV, XLSX, XLS or ODS.",
    ),
    "unknown_extension": (
        "De naam van het bestand moet eindigen op .csv, .txt, .tsv, .xlsx, .xls of .ods, "
        "en zo moet het ook bewaard zijn.",
        "The file's name must end in .csv, .txt, .tsv, .xlsx, .xls or .ods, and the file must have been saved as such.",
    ),
    "other_extension": (
        "Het bestand heet {named}, maar is bewaard als {format}. Bewaar het opnieuw, of geef het de juiste naam.",
        "The file is called {named} but was saved as {format}. Save it again, or give it the right name.",
    ),
    "encrypted": (
        "Het bestand is met een wachtwoord beveiligd. Haal het wachtwoord eraf en stuur het opnieuw.",
        "The file is protected by a password. Remove the password and send it again.",
    ),
    "macros": (
        "Het bestand bevat macro's. Bewaar het zonder macro's (als XLSX, ODS of CSV) en stuur het opnieuw.",
        "The file holds macros. Save it without macros (as XLSX, ODS or CSV) and send it again.",
    ),
    "unpacks_too_large": (
        "Uitgepakt is het bestand veel groter dan een ledenbestand kan zijn (meer dan {most} MB).",
        "Unpacked, the file is far larger than a member file can be (more than {most} MB).",
    ),
    "packed_too_small": (
        "Een onderdeel van het bestand is meer dan {most} keer zo klein ingepakt; dat doet geen gewoon werkblad.",
        "A part of the file was packed more than {most} times smaller; no ordinary sheet is.",
    ),
    "lies_about_size": (
        "Een onderdeel van het bestand is groter dan het bestand zegt.",
        "A part of the file is larger than the file says.",
    ),
    "too_many_parts": (
        "Het bestand bestaat uit meer dan {most} onderdelen.",
        "The file consists of more than {most} parts.",
    ),
    "damaged": (
        "Het bestand is beschadigd of niet volledig. Open het, bewaar het opnieuw en stuur het nog eens.",
        "The file is damaged or incomplete. Open it, save it again and send it once more.",
    ),
    "declares_entities": (
        "Het bestand verwijst naar tekst buiten zichzelf of beschrijft eigen afkortingen; dat doet geen "
        "gewoon werkblad.",
        "The file refers to text outside itself or declares abbreviations of its own; no ordinary sheet does.",
    ),
    "nested_too_deeply": (
        "Het bestand is dieper genest dan {most} niveaus; dat is geen gewoon werkblad.",
        "The file is nested more than {most} levels deep; no ordinary sheet is.",
    ),
    "too_many_columns": (
        "Het bestand heeft meer dan {most} kolommen.",
        "The file has more than {most} columns.",
    ),
    "too_many_rows": (
        "Het bestand heeft meer dan {most} rijen. Staat er ver onder de gegevens nog iets? Verwijder dat dan.",
        "The file has more than {most} rows. If something stands far below the data, remove it.",
    ),
    "too_many_cells": (
        "Het bestand beslaat meer dan {most} cellen (rijen × kolommen). Verwijder wat ver van de gegevens staat.",
        "The file spans more than {most} cells (rows × columns). Remove what stands far from the data.",
    ),
    "no_sheet": (
        "Het bestand heeft geen zichtbaar werkblad.",
        "The file has no visible sheet.",
    ),
    "no_rows": (
        "Er staan geen gegevens op het eerste werkblad: de eerste rij moet de kolomtitels bevatten.",
        "The first sheet holds nothing: its first row must hold the column titles.",
    ),
    "values_for_titles": (
        "Er zijn geen kolomtitels: de eerste gevulde rij bevat al gegevens (zie kolom {column}). Zet er titels boven.",
        "There are no column titles: the first filled row already holds data (see column {column}). Put "
        "titles above it.",
    ),
    "heading_above": (
        "De eerste gevulde rij heeft één cel en de rij daaronder {cells}. Is het een opschrift? Verwijder het, zodat "
        "de kolomtitels bovenaan staan.",
        "The first filled row has one cell and the row below it {cells}. If it is a heading, remove it, so that the "
        "column titles come first.",
    ),
    "title_too_long": (
        "De titel van kolom {column} is langer dan {most} tekens.",
        "The title of column {column} is longer than {most} characters.",
    ),
    "duplicate_titles": (
        "Deze titels staan boven meer dan één kolom: {titles}. Geef elke kolom een eigen titel.",
        "These titles stand above more than one column: {titles}. Give each column a title of its own.",
    ),
    "nul_bytes": (
        "Het bestand bevat tekens die in geen tekst voorkomen (NUL). Bewaar het opnieuw als CSV in UTF-8.",
        "The file holds characters that no text has (NUL). Save it again as CSV in UTF-8.",
    ),
    "bad_utf16": (
        "Het bestand zegt UTF-16 te zijn, maar is het niet. Bewaar het opnieuw als CSV in UTF-8.",
        "The file says it is UTF-16, but it is not. Save it again as CSV in UTF-8.",
    ),
    "line_too_long": (
        "Regel {line} is langer dan {most} tekens. Ontbreken de regeleinden?",
        "Line {line} is longer than {most} characters. Are the line ends missing?",
    ),
    "quote_never_closed": (
        "Het aanhalingsteken op of na regel {line} wordt nergens gesloten.",
        "The quotation mark on or after line {line} is never closed.",
    ),
    "value_too_long": (
        "Een waarde op of na regel {line} is langer dan {most} tekens. Is een aanhalingsteken niet gesloten?",
        "A value on or after line {line} is longer than {most} characters. Is a quotation mark not closed?",
    ),
    "quote_inside_value": (
        "Op of na regel {line} staat een los aanhalingsteken in een waarde tussen aanhalingstekens; schrijf "
        "het dubbel.",
        'On or after line {line} a quotation mark stands inside a quoted value; write it double ("").',
    ),
    "took_too_long": (
        "Het lezen van het bestand duurde langer dan {most} seconden en is gestopt. Stuur een kleiner bestand.",
        "Reading the file took longer than {most} seconds and was stopped. Send a smaller file.",
    ),
    "took_too_much_memory": (
        "Voor het lezen van het bestand was meer dan {most} MB geheugen nodig. Stuur een kleiner bestand.",
        "Reading the file needed more than {most} MB of memory. Send a smaller file.",
    ),
    "not_on_this_system": (
        "Bestanden worden alleen op Linux gelezen: elders is niet te begrenzen hoeveel geheugen dat kost.",
        "Files are read on Linux only: elsewhere the memory that takes cannot be limited.",
    ),
}
"""Dutch, English. Facts are numbers, notations and column titles; titles are cut at 80 letters."""

KINDS: Final[Sentences] = {
    "pdf": ("een PDF", "a PDF"),
    "program": ("een programma", "a program"),
    "picture": ("een afbeelding", "a picture"),
    "archive": ("een archief met bestanden", "an archive of files"),
    "database": ("een database", "a database"),
    "web_page": ("een webpagina (HTML)", "a web page (HTML)"),
    "xml": ("een XML-bestand", "an XML file"),
    "json": ("een JSON-bestand", "a JSON file"),
    "document": ("een tekstdocument of presentatie", "a text document or presentation"),
    "binary_workbook": ("een binair werkboek (XLSB)", "a binary workbook (XLSB)"),
    "other_container": ("een bestand van een ander programma", "a file of another program"),
}


class RefusedFile(UnreadableFile):
    """A delivered file that is not read. ``case`` and ``facts`` say why; ``describe_refusal`` words them."""

    def __init__(self, case: str, code: str, facts: dict[str, Any]) -> None:
        super().__init__(_sentence(case, facts, "en"), code=code)
        self.case = case
        self.facts = facts


def refused(case: str, *, code: str, **facts: Any) -> RefusedFile:
    """The error for a case of ``SENTENCES``; several cases may share a ``code``."""
    return RefusedFile(case, code, facts)


def damaged() -> RefusedFile:
    """A file that its own reader cannot make sense of."""
    return refused("damaged", code="damaged_file")


def describe_refusal(error: RefusedFile, language: str) -> str:
    """The reason as a sentence, in ``nl`` or ``en``."""
    return _sentence(error.case, error.facts, language)


def _sentence(case: str, facts: dict[str, Any], language: str) -> str:
    at = 0 if language == "nl" else 1
    return SENTENCES[case][at].format(**{name: _shown(name, value, at) for name, value in facts.items()})


def _shown(name: str, value: Any, at: int) -> str:
    if name == "kind":
        return KINDS[value][at]
    if isinstance(value, list):
        return ", ".join(f"“{text[:80]}”" for text in value)
    if isinstance(value, int):
        return f"{value:,}".replace(",", ".") if at == 0 else f"{value:,}"
    return str(value)
