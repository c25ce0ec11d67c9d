"""Over HTTP and on the command line: where documents go, and files to print."""

from __future__ import annotations

import io
from pathlib import Path

from click.testing import CliRunner
from pypdf import PdfReader

from billing_service import cli
from billing_service.app import PROGRAM
from billing_service.cli.program import Program
from billing_service.context import Context
from billing_service.invoicing import issue_invoice
from billing_service.worker.process import Worker
from tests import builders
from tests.api.client import World, problem
from tests.invoicing.world import released_invoice


def issued(world: World, **customer: object) -> None:
    with world.database.write() as session:
        key = world.ours_id
        customer_id = builders.customer(session, key, **customer)
        tariff_id = builders.tariff(session, key, {"name": "Tarief", "rules": []})
        contract_id = builders.contract(session, key, customer_id, tariff_id)
        invoice_id = released_invoice(session, key, contract_id, customer_id)
        issue_invoice(builders.scope(session, key), invoice_id)


def test_the_post_list_and_its_pdfs(world: World) -> None:
    issued(world, email=None)
    (one,) = world.ours.get("/v1/recipients?channel=post").get_json()["items"]
    assert (one["number"], one["channel"], one["email"]) == ("2026-00001", "post", None)
    assert one["address"] == {
        "name": "Vereniging 10001",
        "attention": None,
        "street": "Dorpsstraat 1",
        "postal_code": "1234 AB",
        "city": "Zwolle",
        "country": "NL",
    }
    assert world.ours.get("/v1/recipients?channel=email").get_json()["items"] == []
    assert world.theirs.get("/v1/recipients").get_json()["items"] == []
    listed = world.ours.get("/v1/recipients/csv?channel=post&language=en&decimal=point")
    assert listed.get_data(as_text=True).splitlines()[1] == (
        "2026-00001,invoice,2026-03-31,10001,C-1,post,Vereniging 10001,,Vereniging 10001,,Dorpsstraat 1,1234 AB,Zwolle,"
        "Netherlands"
    )
    answer = world.ours.post("/v1/pdf-files", {"channel": "post"})
    assert answer.status_code == 202
    Worker(Context(world.database, lambda: world.now[0]), tasks={}).drain()
    job = world.ours.get(answer.headers["Location"]).get_json()
    (file,) = job["result"]["files"]
    content = world.ours.get(f"{answer.headers['Location']}/files/{file['name']}").get_data()
    assert "2026-00001" in PdfReader(io.BytesIO(content)).pages[0].extract_text()


def test_a_billing_run_that_is_not_ours_prints_nothing(world: World) -> None:
    run = "018f0000-0000-7000-8000-000000000000"
    assert world.ours.post("/v1/pdf-files", {"billing_run_id": run}).status_code == 404


def test_the_command_line_writes_the_list_and_the_files(world: World, tmp_path: Path) -> None:
    issued(world, email=None)
    program = Program(lambda _: Context(world.database, lambda: builders.NOW), PROGRAM.web_app, PROGRAM.make_worker)

    def billing(*words: str) -> str:
        run = CliRunner().invoke(cli.main, [*words, "-a", "Stichting Ledenhulp"], obj=program)
        assert run.exit_code == 0, run.output
        return run.output

    assert "2026-00001;factuur;2026-03-31;10001;C-1;post;Vereniging 10001" in billing("recipients", "-")
    folder = tmp_path / "post"
    assert "1 documents, 1 pages" in billing("invoices-pdf", "--channel", "post", str(folder))
    assert [path.name for path in folder.iterdir()] == ["invoices-001.pdf"]
    assert "No issued document" in billing("invoices-pdf", "--channel", "email", str(tmp_path / "mail"))


def test_a_refused_issue_leaves_a_finding_until_the_invoice_is_issued(world: World) -> None:
    with world.database.write() as session:
        key = world.ours_id
        customer_id = builders.customer(session, key)
        tariff_id = builders.tariff(session, key, {"name": "Tarief", "rules": []})
        contract_id = builders.contract(session, key, customer_id, tariff_id)
        invoice_id = released_invoice(session, key, contract_id, customer_id)
    address = f"/v1/invoices/{invoice_id}/issue"
    problem(world.ours.post(address, {"issue_date": "2026-04-01"}), 409, "issue_date_in_future")
    (found,) = world.ours.get("/v1/findings?state=open").get_json()["items"]
    assert (found["code"], found["subject_id"]) == ("issue_refused", str(invoice_id))
    assert "lies in the future" in found["facts"]["reason"]
    problem(world.ours.post("/v1/invoices/018f0000-0000-7000-8000-000000000000/issue", {}), 404, "not_found")
    assert len(world.ours.get("/v1/findings").get_json()["items"]) == 1
    assert world.ours.post(address, {}).get_json()["number"] == "2026-00001"
    assert world.ours.get("/v1/findings?state=open").get_json()["items"] == []
