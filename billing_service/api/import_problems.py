"""Problem types of imports and of the files that are delivered for them: title, meaning, remedy (``problems``)."""

from __future__ import annotations

from typing import Final

IMPORT_PROBLEMS: Final[dict[str, tuple[str, str, str]]] = {
    "cannot_read_here": (
        "Files cannot be read on this system",
        "Reading is limited by means that only Linux has.",
        "Run it on Linux.",
    ),
    "damaged_file": (
        "The file is damaged",
        "It is incomplete or breaks the rules of its format.",
        "Open it, save it again and send it anew.",
    ),
    "duplicate_titles": (
        "A title stands above several columns",
        "Columns are told apart by their titles.",
        "Give every column a title of its own.",
    ),
    "encrypted_file": (
        "The file is protected by a password",
        "It cannot be read.",
        "Remove the password and send it again.",
    ),
    "file_too_large": (
        "The file is too large",
        "Member files are read up to 25 MB.",
        "Leave out what is no member data.",
    ),
    "file_with_macros": (
        "The file holds macros",
        "Files with programs in them are not opened.",
        "Save it as XLSX, ODS or CSV.",
    ),
    "import_agreement_needed": (
        "The customer must agree first",
        "What would happen costs something, and nothing is charged without the customer's agreement.",
        "Ask the customer and record the agreement; the detail says to what.",
    ),
    "import_dates_run_back": (
        "The date lies before what happened last",
        "What happens in an import project is recorded in order.",
        "Use the day of the last event or a later one.",
    ),
    "import_delivery_handled": (
        "The delivery was dealt with",
        "A delivery is imported, sent back or discarded once.",
        "Record a new delivery.",
    ),
    "import_feedback_open": (
        "Feedback waits to be followed",
        "The customer gave feedback that was not imported yet.",
        "Import a delivery as feedback first.",
    ),
    "import_feedback_refused": (
        "There is no round of feedback",
        "Feedback is given once, after the first import; the policy may allow more.",
        "What should be better can come with a further moment.",
    ),
    "import_no_agreement_needed": (
        "No agreement is needed",
        "It costs nothing, or the customer agreed before.",
        "Go on without.",
    ),
    "import_no_feedback": (
        "There is no feedback to follow",
        "No feedback waits to be imported.",
        "Import it as a moment instead.",
    ),
    "import_no_quote_needed": (
        "No quote is needed",
        "The import is free, or its price is agreed.",
        "See the detail; go on without.",
    ),
    "import_not_assessed": (
        "Nobody confirmed the facts",
        "A person must confirm what was delivered: files, columns, one-dimensional or not.",
        "Assess the delivery first.",
    ),
    "import_not_open": (
        "The import project is not open",
        "It was closed.",
        "Open another import project.",
    ),
    "import_nothing_delivered": (
        "Nothing was delivered",
        "The delivery has no file yet, or no import was carried out.",
        "See the detail.",
    ),
    "import_other_structure": (
        "The structure is another one",
        "Feedback and redoing use a structure that was imported before in the project.",
        "Ask for the old structure, or import it as a new moment.",
    ),
    "import_quote_needed": (
        "An accepted quote is needed",
        "The import is not free; nothing is imported before the customer accepts a quote.",
        "Send a quote, or wait for the customer's decision.",
    ),
    "import_quote_not_open": (
        "The quote is not open",
        "It was decided, withdrawn, or has expired.",
        "Send a new quote.",
    ),
    "import_quote_open": (
        "A quote is open",
        "The customer can still accept it for what it says.",
        "Wait for the decision, or withdraw the quote.",
    ),
    "import_website_already": (
        "It has a website already",
        "A website is added once.",
        "Nothing is left to do.",
    ),
    "no_titles": (
        "There are no column titles",
        "The first row of the first sheet must hold the titles of the columns.",
        "Put a title above every column.",
    ),
    "not_a_table": (
        "The file is no table",
        "It is another kind of file.",
        "Send the data as CSV, XLSX, XLS or ODS.",
    ),
    "reading_took_too_long": (
        "Reading took too long",
        "It was stopped.",
        "Send a smaller file.",
    ),
    "reading_took_too_much_memory": (
        "Reading took too much memory",
        "It was stopped.",
        "Send a smaller file.",
    ),
    "too_many_cells": (
        "The file has too many cells",
        "Rows times columns, filled or not.",
        "Remove what stands far from the data.",
    ),
    "too_many_columns": (
        "The file has too many columns",
        "No member file has that many.",
        "Remove what stands far from the data.",
    ),
    "too_many_rows": (
        "The file has too many rows",
        "No member file has that many.",
        "Remove what stands far below the data.",
    ),
    "unreadable_text": (
        "The text cannot be read",
        "Its encoding, quotation marks or line ends are not those of a table.",
        "Save it again as CSV in UTF-8.",
    ),
    "unsafe_xml": (
        "The file does what no sheet does",
        "It refers outside itself or is nested too deeply.",
        "Save it again from the program it was made with.",
    ),
    "wrong_extension": (
        "The file is not what its name says",
        "Its name ends as another format does.",
        "Give it the right name.",
    ),
    "zip_bomb": (
        "The file unpacks to far more than it seems",
        "No ordinary workbook is packed that tightly.",
        "Save it again from the program it was made with.",
    ),
}
