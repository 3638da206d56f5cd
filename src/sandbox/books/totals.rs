//! What an invoice comes to: in go its lines, discounts and the meaning of its amounts, out come the totals with VAT
//! counted once for each rate over the whole invoice.

use crate::sandbox::money;
use rust_decimal::Decimal;
use serde_json::Value;
use serde_json::json;
use std::collections::BTreeMap;

/// One line of an invoice.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) description: String,
    pub(super) quantity: Decimal,
    pub(super) amount: Decimal,
    pub(super) rate: Decimal,
    pub(super) category: Option<String>,
    pub(super) ledger_account: Option<String>,
}

/// The sums of an invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) without_vat: Decimal,
    pub(super) with_vat: Decimal,
}

/// How the amounts of an invoice are read.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    /// Whether the amounts include VAT.
    pub(super) includes_vat: bool,
    /// Whether the customer pays the VAT where they are.
    pub(super) is_shifted: bool,
    /// Whole percents taken off everything.
    pub(super) discounts: &'a [(String, i64)],
}

/// Counts an invoice.
pub(super) fn count(lines: &[Line], reading: Reading<'_>) -> Totals {
    let mut by_rate: BTreeMap<(Decimal, Option<&str>), Decimal> = BTreeMap::new();
    for line in lines {
        let sum = by_rate.entry((line.rate, line.category.as_deref())).or_default();
        *sum = money::add(*sum, money::round(money::mul(line.quantity, line.amount), 2));
    }
    let mut totals = Totals { without_vat: Decimal::ZERO, with_vat: Decimal::ZERO };
    for ((rate, _), mut sum) in by_rate {
        for (_, percent) in reading.discounts {
            sum = money::mul(sum, Decimal::new(100 - percent, 2));
        }
        let sum = money::round(sum, 2);
        let (without, with) = match (reading.includes_vat, reading.is_shifted) {
            (true, false) => (money::round(money::without_vat(sum, rate), 2), sum),
            (false, false) => (sum, money::add(sum, money::round(money::mul(sum, rate), 2))),
            (true, true) => {
                let bare = money::round(money::without_vat(sum, rate), 2);
                (bare, bare)
            }
            (false, true) => (sum, sum),
        };
        totals.without_vat = money::add(totals.without_vat, without);
        totals.with_vat = money::add(totals.with_vat, with);
    }
    totals
}

/// What a line is without VAT.
pub(super) fn line_without_vat(line: &Line, includes_vat: bool) -> Decimal {
    let sum = money::round(money::mul(line.quantity, line.amount), 2);
    if includes_vat { money::round(money::without_vat(sum, line.rate), 2) } else { sum }
}

/// An amount as it is shown.
pub(super) fn euros(amount: Decimal) -> Value {
    let places = amount.normalize().scale().max(2);
    json!({"amount": money::text(amount, places), "currency": "EUR"})
}
