"""The whole flow on the example administration, step by step with what to look at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

from sqlalchemy import func, select

from billing_service import access, imports, invoicing, service_reports
from billing_service.cli import bill, service_report, walk_agreed
from billing_service.cli.program import Program
from billing_service.cli.telling import Teller
from billing_service.cli.walk_package import walk_package
from billing_service.core.tariff import explain
from billing_service.demo import agreed, members, parties
from billing_service.demo.questions import questions
from billing_service.intake import single, times
from billing_service.rating import persons
from billing_service.service_reports import Wanted
from billing_service.store.administrations import Administration
from billing_service.store.charges import Decision
from billing_service.store.invoices import Invoice
from billing_service.store.parties import Contract
from billing_service.store.questions import Question, TimeEntry
from billing_service.store.scope import AMSTERDAM, Scope

PDF_FOLDER = "demo"
KEY_LABEL = "example"


def is_empty(program: Program) -> bool:
    """Whether there is no administration yet."""
    with program.context.database.read() as session:
        return session.scalar(select(func.count()).select_from(Administration)) == 0


def walk(program: Program, teller: Teller) -> str:
    """Question, decision, charge, invoice, PDF on an empty database. Gives an API key of the example."""
    return Walk(program, teller).whole()


class Walk:
    """One walk: each step works in transactions of its own and prints what came of it."""

    def __init__(self, program: Program, teller: Teller) -> None:
        self._program = program
        self._tell = teller
        today = program.context.clock().astimezone(AMSTERDAM).date()
        self._month_end = today.replace(day=1) - timedelta(days=1)
        self._month = self._month_end.replace(day=1)
        self._questions: dict[str, UUID] = {}
        self._contracts: dict[str, UUID] = {}
        self._administration: UUID

    def whole(self) -> str:
        with self._program.operator_scope() as operator:
            self._administration = parties.make_administration(operator)
        self._agree()
        with self._scope() as scope:
            walk_agreed.agree(scope, self._tell, self._contracts, self._month)
        self._ask()
        self._explain()
        self._put_right()
        self._import()
        with self._scope() as scope:
            question = self._questions[agreed.CONSULT_QUESTION]
            walk_agreed.consult(scope, self._tell, self._contracts, question, self._month_end)
        run_id = self._bill()
        with self._reading() as scope:
            walk_agreed.balances(scope, self._tell, self._contracts)
        folder = self._pdfs(run_id)
        self._report(folder)
        walk_package(self._program, self._tell, self._administration, run_id, folder)
        return self._key()

    def _agree(self) -> None:
        self._tell.step(f"{parties.ADMINISTRATION['legal_name']} agrees with its customers")
        with self._scope() as scope:
            customers = parties.make_customers(scope)
            organisations, people = parties.make_people(scope)
            tariffs = parties.make_tariffs(scope, date(self._month.year - 1, 1, 1))
            self._contracts = parties.make_contracts(scope, self._month, customers, tariffs, organisations, people)
        names = {values["number"]: values["name"] for values in parties.CUSTOMERS}
        self._tell.table(
            ["Contract", "Customer that pays", "Tariff", "Covers the questions of"],
            [
                (
                    contract["reference"],
                    names[contract["customer"]],
                    contract["tariff"],
                    ", ".join(parties.ORGANISATIONS[code] for code in contract["organisations"]),
                )
                for contract in parties.CONTRACTS
            ],
        )
        self._tell.say("Look at NG-2025: the holding pays for what its subsidiaries ask.", "dim")

    def _ask(self) -> None:
        self._tell.step(f"A month at the helpdesk: {self._month:%B %Y}")
        for row in questions(self._month):
            with self._scope() as scope:
                receipt = single.receive_question(scope, row)
                assert receipt.question_id is not None  # noqa: S101 a refusal has raised
                self._questions[row["external_id"]] = receipt.question_id
        self._tell.say(f"{len(self._questions)} questions came in and were decided as they came:")
        self._show_decisions()
        self._tell.say("* provisional: the place in the month's count that prices it is settled at release", "dim")

    def _explain(self) -> None:
        self._tell.step("Why? Every decision explains itself, in Dutch and English")
        for reference, language in (("HD-1003", "nl"), ("HD-1008", "en")):
            with self._reading() as scope:
                question = single.get_question(scope, self._questions[reference])
                decision = persons.get_decision(scope, question.id)
                self._tell.say(f"{reference} {question.subject}: {decision.amount}", "bold")
                for sentence in explain(decision.explanation, language):
                    self._tell.say(f"  {sentence}")

    def _put_right(self) -> None:
        self._tell.step("What waits for a person: nothing is billed or dropped in silence")
        with self._scope() as scope:
            entry = scope.session.scalars(
                select(TimeEntry).where(
                    TimeEntry.administration_id == scope.administration_id,
                    TimeEntry.question_id == self._questions["HD-1015"],
                )
            ).one()
            times.correct_entry(scope, entry, 90, "Veertig minuten waren uitzoekwerk voor onszelf")
            wish = {"disposition": "charge", "amount": Decimal("40.00"), "reason": "Afgesproken met Marloes van Dam"}
            decided = persons.decide_by_person(scope, self._questions["HD-1016"], wish)
            self._tell.say(f"HD-1015: {entry.raw_minutes} minutes were corrected to {entry.corrected_minutes}.")
            self._tell.say(f"HD-1016: no rule fits; a person decides: {decided.amount}.")
        self._tell.say("HD-1018: no contract covers the asker. It stays blocked until there is one.")
        self._tell.say("HD-1020: nobody wrote time yet. It stays blocked until somebody does.")
        self._show_decisions("HD-1015", "HD-1016", "HD-1018", "HD-1020")

    def _import(self) -> None:
        self._tell.step("A member file is imported: two moments are included, the third is charged")
        file = members.read_members()
        with self._scope() as scope:
            contract = scope.session.scalars(
                select(Contract).where(
                    Contract.administration_id == scope.administration_id, Contract.reference == members.CONTRACT
                )
            ).one()
            history = members.import_members(scope, contract.id, file, self._month)
            shown = imports.describe_project(scope, history, "en", "EUR")
        for event in shown["history"]:
            self._tell.say(f"{event['on']}  {event['sentence']}")
        for fee in shown["fees"]:
            self._tell.say(f"{fee['description']}: {fee['amount']}", "bold")
            for sentence in fee["explanation"]:
                self._tell.say(f"  {sentence}")
        self._tell.say("Nothing of the file is kept but its titles, counts and notations.", "dim")

    def _bill(self) -> UUID:
        self._tell.step(f"Preview of the invoices up to {self._month_end} (writes nothing)")
        bill.show_preview(self._program, self._tell, self._administration, self._month_end)
        self._tell.step("Release, then issue: a gapless number and a frozen document in one transaction")
        run_id = bill.release(self._program, self._administration, self._month_end)
        bill.issue(self._program, self._administration, run_id)
        bill.show_invoices(self._program, self._tell, self._administration, run_id)
        self._tell.say("VT-2025 pays no Dutch VAT: it is reverse-charged to a business in Belgium.", "dim")
        return run_id

    def _pdfs(self, run_id: UUID) -> Path:
        self._tell.step("The worker has rendered the PDFs")
        folder = self._program.settings.data_dir / PDF_FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        with self._reading() as scope:
            ids = scope.session.scalars(
                select(Invoice.id)
                .where(
                    Invoice.administration_id == scope.administration_id,
                    Invoice.billing_run_id == run_id,
                    Invoice.state == "issued",
                )
                .order_by(Invoice.number)
            ).all()
        for invoice_id in ids:
            pdf = invoicing.pdf_of(self._reading, self._scope, invoice_id)
            path: Path = folder / pdf.file_name
            path.write_bytes(pdf.content)
            self._tell.say(str(path))
        return folder

    def _report(self, folder: Path) -> None:
        self._tell.step("A service report: how fast it was against what was agreed, and what it came to")
        with self._reading() as scope:
            contract_id = service_report.named(scope, Contract, Contract.reference, parties.REPORTED, "contract")
            wanted = Wanted(contract_id=contract_id, first=self._month, last=self._month_end, language="en")
            plan = service_reports.plan(scope, wanted, self._program.context.working_time)
            path = folder / service_reports.file_name(plan, "pdf")
            totals = service_reports.write(scope, plan, path)
        service_report.tell(self._tell, totals, plan)
        self._tell.say(str(path))

    def _key(self) -> str:
        with self._scope() as scope:
            _key, text = access.create_key(scope, KEY_LABEL, access.SCOPES)
        return text

    def _show_decisions(self, *references: str) -> None:
        with self._reading() as scope:
            rows = scope.session.execute(
                select(Question.external_id, Question.subject, Decision)
                .join(
                    Decision,
                    (Decision.administration_id == Question.administration_id) & (Decision.question_id == Question.id),
                )
                .where(
                    Question.administration_id == scope.administration_id,
                    Question.external_id.in_(references or self._questions),
                )
                .order_by(Question.external_id)
            ).all()
        self._tell.table(
            ["Question", "Subject", "Decision", "Rule", ">Amount"],
            [
                (
                    row.external_id,
                    row.subject,
                    row.Decision.disposition or f"{row.Decision.state}: {row.Decision.reason or 'no rule fits'}",
                    row.Decision.rule or "",
                    _amount(row.Decision),
                )
                for row in rows
            ],
        )
        if references:
            return
        counts = Counter(row.Decision.disposition or row.Decision.state for row in rows)
        self._tell.say(", ".join(f"{count} {what.replace('_', ' ')}" for what, count in counts.most_common()))

    @contextmanager
    def _scope(self) -> Iterator[Scope]:
        with self._program.scope(self._administration) as scope:
            yield scope

    @contextmanager
    def _reading(self) -> Iterator[Scope]:
        context = self._program.context
        with context.database.read() as session:
            yield Scope(session, self._administration, "cli", context.clock())


def _amount(decision: Decision) -> str:
    if decision.amount is None:
        return ""
    return f"{decision.amount}{' *' if decision.provisional else '  '}"
