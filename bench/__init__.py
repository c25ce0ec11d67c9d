"""Measurements of speed and memory, each beside its floor in the same run: ``python -m bench`` or ``make bench``.

measure    repetitions, medians, rows with their goal
report     rows as a table on the terminal and as JSON
machine    what it ran on
places     databases of our own, gone afterwards
world      an administration with customers, contracts, a tariff and questions to work on
filler     a million issued invoices behind it, as copies of one
floors     the same work in raw SQL
web        gunicorn around our service and around a bare application; load comes from a process of its own
rows/      one module per kind of work; ``rows.ROWS`` names them

Nothing here is asserted by a test: tests/test_bench.py only proves that every row still runs.
"""
