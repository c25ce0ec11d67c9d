"""Files that could harm, or are no member files: each is refused by its code, in a sentence that says what to do."""

from __future__ import annotations

import random
import string
import struct
from contextlib import suppress

import pytest
from structlog.testing import capture_logs

from billing_service.documents.delivered import (
    ReadLimits,
    RefusedFile,
    describe_refusal,
    process,
    read_delivered,
    refusals,
)
from billing_service.documents.delivered.refusals import SENTENCES
from tests.documents.delivered.samples import (
    MEMBERS,
    csv_of,
    marked_as_encrypted,
    ods_cell,
    ods_of,
    ods_of_rows,
    ods_row,
    refusal,
    said_to_be_small,
    unzipped,
    with_entry,
    xls_of,
    xls_of_records,
    xlsx_of,
    xlsx_of_cells,
    xlsx_with,
    zipped,
)

CSV, XLSX, XLS, ODS = csv_of(MEMBERS), xlsx_of(("L", MEMBERS)), xls_of(("L", MEMBERS)), ods_of(("L", MEMBERS))
MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384  # of a sheet
WIDE = 'table:number-columns-repeated="900"'


# --- size -----------------------------------------------------------------------------------------------------------


def test_a_hundred_megabytes_are_refused_at_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(process, "run_held", None)  # nothing is started for it
    error = refusal(bytes(100_000_000), "leden.csv", "file_too_large")
    assert error.detail == "The file is 100 MB; files of up to 25 MB are read."
    refusal(CSV, "leden.csv", "file_too_large", most_bytes=len(CSV) - 1)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", csv_of([[f"Veld {at}" for at in range(MOST_COLUMNS)]])),
        ("a.csv", csv_of([("Naam", "Plaats"), ["x"] * MOST_COLUMNS])),
        ("a.xlsx", xlsx_of(("L", [[f"Veld {at}" for at in range(MOST_COLUMNS)]]))),
        ("a.ods", ods_of_rows(("L", [ods_row([ods_cell("x", f'table:number-columns-repeated="{MOST_COLUMNS}"')])]))),
    ],
)
def test_too_many_columns(name: str, content: bytes):
    assert "1,000 columns" in refusal(content, name, "too_many_columns").detail


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b"Naam\n" + b"x\n" * MOST_ROWS),
        ("a.csv", b"Naam\n" + b"\n" * MOST_ROWS + b"x\n"),
        ("a.xlsx", xlsx_of_cells(f'<row r="1"><c r="A1"><v>1</v></c></row><row r="{MOST_ROWS}"><c><v>2</v></c></row>')),
        ("a.xlsx", xlsx_of_cells('<row r="1"><c r="A1"><v>1</v></c><c r="XFD1048576"><v>2</v></c></row>')),
        ("a.ods", ods_of_rows(("L", [ods_row([ods_cell("x")], f'table:number-rows-repeated="{MOST_ROWS}"')]))),
        ("a.ods", ods_of_rows(("L", []), ("M", [ods_row([ods_cell("x")], 'table:number-rows-repeated="9999999"')]))),
    ],
)
def test_too_many_rows(name: str, content: bytes):
    assert "200,000 rows" in refusal(content, name, "too_many_rows").detail


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.xlsx", xlsx_of_cells('<row r="1"><c r="A1"><v>1</v></c><c r="ZZ100000"><v>2</v></c></row>')),
        ("a.ods", ods_of_rows(("L", [ods_row([ods_cell("x", WIDE)], 'table:number-rows-repeated="9999"')]))),
    ],
)
def test_a_sheet_of_few_cells_far_apart_is_refused_before_room_is_made_for_it(name: str, content: bytes):
    refusal(content, name, "too_many_cells")


def test_a_record_of_an_old_workbook_in_a_far_corner_is_refused():
    far = struct.pack("<HHHHHd", 0x0203, 14, 65_535, 65_535, 0, 1)

    def move(records: bytes) -> bytes:
        eof = b"\x0a\x00\x00\x00"
        assert records.endswith(eof)
        return records[: -len(eof)] + far + eof

    refusal(xls_of_records(move), "a.xls", "too_many_columns")


# --- other files than they say --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", XLSX),
        ("a.xls", XLSX),
        ("a.xlsx", CSV),
        ("a.xls", CSV),
        ("a.xlsx", XLS),
        ("a.csv", ODS),
        ("a.xlsx", ODS),
        ("a.ods", XLSX),
        ("leden", CSV),
        ("leden.pdf", CSV),
        ("leden.csv.exe", CSV),
    ],
)
def test_a_name_must_end_as_the_file_was_saved(name: str, content: bytes):
    refusal(content, name, "wrong_extension")


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.xls", b"<html><table><tr><td>Naam</td></tr></table></html>", "a web page"),
        ("a.csv", "\ufeff<!DOCTYPE html><html>".encode(), "a web page"),
        ("a.xls", b'<?xml version="1.0"?><Workbook></Workbook>', "an XML file"),
        ("a.csv", b"%PDF-1.7 ...", "a PDF"),
        ("a.xlsx", b"MZ\x90\x00\x03", "a program"),
        ("a.csv", b"\x7fELF\x02", "a program"),
        ("a.csv", b"#!/bin/sh\nrm -rf /\n", "a program"),
        ("a.xlsx", b"\x89PNG\r\n\x1a\n", "a picture"),
        ("a.csv", b'{"leden": [1, 2]}', "a JSON file"),
        ("a.xlsx", zipped({"leden.csv": CSV}), "an archive"),
        ("a.csv", b"\x1f\x8b\x08\x00", "an archive"),
        ("a.xlsx", zipped({"[Content_Types].xml": "<Types/>", "word/document.xml": "<x/>"}), "a text document"),
        ("a.xlsb", zipped({"[Content_Types].xml": "<Types/>", "xl/workbook.bin": b"x"}), "a binary workbook"),
        ("a.xls", with_entry(XLS, "WordDocument"), "a text document"),
    ],
)
def test_what_is_no_table_is_called_what_it_is(name: str, content: bytes, kind: str):
    assert kind in refusal(content, name, "not_a_table").detail


# --- passwords and programs -----------------------------------------------------------------------------------------


def with_password(records: bytes) -> bytes:
    size = 4 + struct.unpack_from("<H", records, 2)[0]
    return records[:size] + struct.pack("<HH54x", 0x2F, 54) + records[size:]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.xlsx", with_entry(XLS, "EncryptedPackage")),
        ("a.xls", xls_of_records(with_password)),
        ("a.xlsx", marked_as_encrypted(XLSX)),
        ("a.ods", zipped({**unzipped(ODS), "META-INF/manifest.xml": "<m><manifest:encryption-data/></m>"})),
    ],
)
def test_a_file_with_a_password_is_refused(name: str, content: bytes):
    assert "password" in refusal(content, name, "encrypted_file").detail


def with_macro_sheet(records: bytes) -> bytes:
    at = records.index(struct.pack("<H", 0x85), 8)
    while struct.unpack_from("<H", records, at + 2)[0] != 6 + 2 + len("Leden"):
        at = records.index(struct.pack("<H", 0x85), at + 1)
    return records[: at + 9] + b"\x01" + records[at + 10 :]


TYPES = unzipped(XLSX)["[Content_Types].xml"]
assert isinstance(TYPES, bytes)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.xlsx", xlsx_with({"xl/vbaProject.bin": b"x"})),
        ("a.xlsx", xlsx_with({"xl/VBAPROJECT.BIN": b"x"})),
        ("a.xlsx", xlsx_with({"xl/macrosheets/sheet1.xml": "<x/>"})),
        (
            "a.xlsm",
            xlsx_with({"[Content_Types].xml": TYPES.replace(b"sheet.main", b"sheet.macroEnabled.main")}),
        ),
        ("a.xlsb", zipped({"xl/workbook.bin": b"x", "xl/vbaProject.bin": b"x"})),
        ("a.xls", with_entry(XLS, "_VBA_PROJECT_CUR")),
        ("a.xls", xls_of_records(with_macro_sheet)),
        ("a.ods", zipped({**unzipped(ODS), "Basic/Standard/Module1.xml": "<x/>"})),
        ("a.ods", zipped({**unzipped(ODS), "Scripts/python/x.py": "1"})),
    ],
)
def test_a_file_with_macros_is_refused(name: str, content: bytes):
    assert "macros" in refusal(content, name, "file_with_macros").detail


def test_an_ods_that_only_lists_that_it_has_no_macros_is_read():
    content = zipped({**unzipped(ODS), "Basic/script-lc.xml": "<x/>", "Basic/Standard/script-lb.xml": "<x/>"})
    assert read_delivered(content, "a.ods").rows == 2


# --- bombs ----------------------------------------------------------------------------------------------------------


def test_a_part_that_was_packed_unbelievably_small_is_a_bomb():
    refusal(xlsx_with({"xl/worksheets/sheet1.xml": b" " * 60_000_000}), "a.xlsx", "zip_bomb")
    refusal(zipped({"bomb": b"\0" * 60_000_000}), "a.ods", "zip_bomb")


def test_a_file_that_unpacks_to_too_much_is_a_bomb():
    text = "".join(random.Random(1).choices(string.ascii_letters, k=200_000)).encode()  # noqa: S311
    refusal(xlsx_with({"xl/a.bin": text}), "a.xlsx", "zip_bomb", most_unpacked_bytes=100_000)


def test_a_file_of_very_many_parts_is_a_bomb():
    refusal(zipped({f"part {at}": b"" for at in range(6_000)}), "a.xlsx", "zip_bomb")


def test_a_part_that_says_it_is_smaller_than_it_is_is_a_bomb():
    content = said_to_be_small(xlsx_with({"xl/sharedStrings.xml": b" " * 60_000_001}), 60_000_001)
    assert "larger than the file says" in refusal(content, "a.xlsx", "zip_bomb").detail


LAUGHS = '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "lol">' + "".join(
    f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.xlsx", xlsx_with({"xl/sharedStrings.xml": f"{LAUGHS}]><sst><si><t>&i;</t></si></sst>"})),
        ("a.xlsx", xlsx_with({"xl/worksheets/sheet1.xml": f"{LAUGHS}]><worksheet>&i;</worksheet>"})),
        ("a.xlsx", xlsx_with({"xl/workbook.xml": f"{LAUGHS}]><workbook>&i;</workbook>"})),
        (
            "a.ods",
            ods_of_rows(
                ("L", [ods_row([ods_cell("x")])]), before='<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
            ),
        ),
        ("a.xlsx", xlsx_of_cells("<row>" + "<x>" * 200 + "</x>" * 200 + "</row>")),
        ("a.xlsx", xlsx_of_cells("<row>" + "<x>" * 1_000_000)),
        ("a.ods", ods_of_rows(("L", ["<text:p>" * 5_000 + "</text:p>" * 5_000]))),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_entities_and_deep_nesting_are_refused_unexpanded(name: str, content: bytes):
    refusal(content, name, "unsafe_xml", most_times_smaller=10_000)


# --- text -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'Naam;Plaats\nJansen;"Ede\nx;y\n', "line 2 is never closed"),
        (b'Naam;Plaats\nJansen;"' + b"x" * 2_000_000 + b"\n", "longer than"),
        (b'Naam;Plaats\nJansen;"' + b"Ede;\n" * 100_000, "longer than 100,000 characters"),
        (b'Naam;Plaats\n"Jan "de" Boer";x\n', "stands inside a quoted value"),
        (b"Naam;Pla\x00ats\nx;y\n", "NUL"),
        ("Naam;Plaats\nx;y\n".encode("utf-16-le"), "NUL"),
        (b"\xff\xfe\x00\xd8\x00\xd8x", "UTF-16"),
        (b";".join([b"T" * 301, b"Naam"]) + b"\n", "longer than 300"),
    ],
)
def test_text_that_cannot_be_read_is_refused_with_its_line(content: bytes, said: str):
    assert said in refusal(content, "a.csv", "unreadable_text").detail


@pytest.mark.parametrize("filling", [b"x", b"x;", b'"', b'"x",'])
def test_one_line_of_fifty_megabytes_is_refused(filling: bytes):
    content = b"Naam;Plaats\n" + filling * (50_000_000 // len(filling))
    refusal(content, "a.csv", "unreadable_text", most_bytes=60_000_000)


# --- damage ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.xlsx", XLSX[: len(XLSX) // 2]),
        ("a.xls", XLS[: len(XLS) // 2]),
        ("a.ods", ODS[:-30]),
        ("a.xls", XLS[:8] + bytes(600)),
        ("a.xlsx", b"PK\x03\x04 no zip at all"),
        ("a.xlsx", xlsx_with({"xl/worksheets/sheet1.xml": "<worksheet><sheetData>"})),
        ("a.xlsx", xlsx_with({"xl/worksheets/sheet1.xml": '<?xml version="1.0" encoding="nobodys"?><worksheet/>'})),
        ("a.xlsx", zipped({name: part for name, part in unzipped(XLSX).items() if "sheet1" not in name})),
        ("a.xlsx", xlsx_of_cells('<row><c r="A99999999"><v>1</v></c></row>')),
        ("a.ods", zipped({name: part for name, part in unzipped(ODS).items() if name != "content.xml"})),
        ("a.ods", ods_of_rows(("L", [ods_row([ods_cell("x")], 'table:number-rows-repeated="99999999999"')]))),
    ],
)
def test_a_damaged_file_is_refused_as_such(name: str, content: bytes):
    refusal(content, name, "damaged_file")


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("name", "content"), [("a.xlsx", XLSX), ("a.xls", XLS), ("a.ods", ODS), ("a.csv", CSV)])
def test_a_file_with_bytes_changed_is_read_or_refused_and_never_a_surprise(name: str, content: bytes, seed: int):
    chance = random.Random(f"{name} {seed}")  # noqa: S311
    changed = bytearray(content)
    for _ in range(chance.choice([1, 5, 40])):
        changed[chance.randrange(4, len(changed))] = chance.randrange(256)
    with capture_logs() as logged, suppress(RefusedFile):
        assert read_delivered(bytes(changed), name, ReadLimits(seconds=10)).columns
    assert logged == []


# --- wording --------------------------------------------------------------------------------------------------------


def test_every_refusal_is_worded_in_dutch_and_english_with_the_same_facts():
    def facts(sentence: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}

    for case, (dutch, english) in SENTENCES.items():
        assert facts(dutch) == facts(english), case
        assert dutch != english
    error = refusals.refused("too_many_rows", code="too_many_rows", most=200_000)
    assert describe_refusal(error, "nl").startswith("Het bestand heeft meer dan 200.000 rijen.")
    assert describe_refusal(error, "en") == error.detail
    dutch = describe_refusal(refusals.refused("other_kind", code="not_a_table", kind="pdf"), "nl")
    assert dutch == "Dit is een PDF, geen tabel. Stuur de gegevens als CSV, XLSX, XLS of ODS."
