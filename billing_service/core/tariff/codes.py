"""The codes a decision's explanation is made of. ``wording`` has a Dutch and an English sentence for each."""

from __future__ import annotations

from typing import Final


class Step:
    """Steps on the way from minutes, or a measure, to an amount; each is written ``[code, argument, …]``."""

    RAW_MINUTES: Final = "raw_minutes"
    CORRECTED_MINUTES: Final = "corrected_minutes"
    RAW_USED: Final = "raw_used"
    GRACE: Final = "grace"
    ROUNDED: Final = "rounded"
    TIME_MINIMUM: Final = "time_minimum"
    BILLED_MINUTES: Final = "billed_minutes"
    ROUNDED_TOGETHER: Final = "rounded_together"
    FIXED: Final = "fixed"
    RATE_ROLE: Final = "rate_role"
    RATE_HANDLER: Final = "rate_handler"
    DRAWN_MINUTES: Final = "drawn_minutes"
    DRAWN_QUESTION: Final = "drawn_question"
    USED_UP: Final = "used_up"
    NONE_VALID: Final = "none_valid"
    TIME_PRICE: Final = "time_price"
    ORDINAL: Final = "ordinal"
    ORDINAL_PROVISIONAL: Final = "ordinal_provisional"
    ORDINAL_ASSUMED: Final = "ordinal_assumed"
    MEASURE_MINUTES: Final = "measure_minutes"
    MEASURE_QUANTITY: Final = "measure_quantity"
    MEASURE_BASE_AMOUNT: Final = "measure_base_amount"
    CLASS_UP_TO: Final = "class_up_to"
    CLASS_RANGE: Final = "class_range"
    CLASS_OPEN: Final = "class_open"
    SLICE_UP_TO: Final = "slice_up_to"
    SLICE_RANGE: Final = "slice_range"
    SLICE_OPEN: Final = "slice_open"
    ROW_AMOUNT: Final = "row_amount"
    ROW_PER_UNIT: Final = "row_per_unit"
    ROW_PERCENTAGE: Final = "row_percentage"
    ROW_PER_MILLE: Final = "row_per_mille"
    TABLE_TOTAL: Final = "table_total"
    TABLE_MINIMUM: Final = "table_minimum"
    TABLE_MAXIMUM: Final = "table_maximum"
    IN_CONSULT: Final = "in_consult"
    BY_PERSON: Final = "by_person"
    BY_PERSON_NOTE: Final = "by_person_note"


class Reason:
    """Why a question is not decided."""

    NO_RULE: Final = "no_rule"
    NO_TARIFF: Final = "no_tariff"
    MISSING_RATE: Final = "missing_rate"
    MISSING_QUANTITY: Final = "missing_quantity"
    MISSING_BASE_AMOUNT: Final = "missing_base_amount"
    NEGATIVE_MEASURE: Final = "negative_measure"
    PREPAID_SHORT: Final = "prepaid_short"
    AMOUNT_TOO_LARGE: Final = "amount_too_large"
    MISSING_TIME: Final = "missing_time"
    MISSING_CORRECTION: Final = "missing_correction"
    NO_CONTRACT: Final = "no_contract"


BLOCKING: Final = frozenset({Reason.MISSING_TIME, Reason.MISSING_CORRECTION, Reason.NO_CONTRACT})
STEPS: Final = frozenset(value for name, value in vars(Step).items() if name.isupper())
REASONS: Final = frozenset(value for name, value in vars(Reason).items() if name.isupper())
