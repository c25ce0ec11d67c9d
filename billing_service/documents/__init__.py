"""Document values to bytes and back: PDF, later UBL, bank files, spreadsheets."""
