"""Imports of member files: what a customer delivers, what is included, what costs something and why.

policies      what imports cost, in dated sets; a project keeps the one of its opening day
projects      opened, assessed, agreed, given feedback on, closed
deliveries    files read for their titles, imported or sent back
quotes        a price frozen with all it was based on; accepted or declined through the API or by a link
history       events under the project's lock; everything else follows from them
charging      one charge per fee, in the transaction of its event
checking      stored charges against those recomputed from the history
"""

from billing_service.imports.checking import check_project, recomputed
from billing_service.imports.deliveries import (
    ReadFile,
    add_file,
    discard,
    get_delivery,
    import_delivery,
    read_file,
    receive,
    refuse_used,
    send_back,
)
from billing_service.imports.describe import (
    describe_delivery,
    describe_policy,
    describe_policy_on,
    describe_project,
    describe_project_item,
    describe_quote,
    quote_file_name,
)
from billing_service.imports.history import History, get_project, load
from billing_service.imports.policies import create_policy, get_policy, pinned_policy
from billing_service.imports.projects import (
    add_website,
    close_project,
    confirm_facts,
    give_feedback,
    open_project,
    record_agreement,
)
from billing_service.imports.quotes import (
    decide,
    get_quote,
    new_link,
    quote_by_token,
    quote_pdf,
    send_quote,
    state_on,
)

__all__ = [
    "History",
    "ReadFile",
    "add_file",
    "add_website",
    "check_project",
    "close_project",
    "confirm_facts",
    "create_policy",
    "decide",
    "describe_delivery",
    "describe_policy",
    "describe_policy_on",
    "describe_project",
    "describe_project_item",
    "describe_quote",
    "discard",
    "get_delivery",
    "get_policy",
    "get_project",
    "get_quote",
    "give_feedback",
    "import_delivery",
    "load",
    "new_link",
    "open_project",
    "pinned_policy",
    "quote_by_token",
    "quote_file_name",
    "quote_pdf",
    "read_file",
    "receive",
    "recomputed",
    "record_agreement",
    "refuse_used",
    "send_back",
    "send_quote",
    "state_on",
]
