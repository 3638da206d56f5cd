//! Amounts as both systems know them: decimals read from texts or numbers of bounded size, rounded half away from zero.

use rust_decimal::Decimal;
use rust_decimal::RoundingStrategy;
use serde_json::Value;

/// Reads a number from its JSON text or string; none for anything else or too long.
pub(super) fn read(value: &Value) -> Option<Decimal> {
    match value {
        Value::String(text) => parse(text),
        Value::Number(number) => parse(&number.to_string()),
        _ => None,
    }
}

/// Reads a plain decimal of at most nine digits before and ten after the point.
pub(super) fn parse(text: &str) -> Option<Decimal> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let sound = |text: &str, most| (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if sound(whole, 9) && sound(part, 10) { Decimal::from_str_exact(text).ok() } else { None }
}

/// Rounds half away from zero.
pub(super) fn round(amount: Decimal, places: u32) -> Decimal {
    amount.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero)
}

/// The sum; amounts are bounded when they are read, so it holds.
pub(super) fn add(left: Decimal, right: Decimal) -> Decimal {
    left.checked_add(right).expect("amounts are bounded when they are read")
}

/// The difference.
pub(super) fn sub(left: Decimal, right: Decimal) -> Decimal {
    left.checked_sub(right).expect("amounts are bounded when they are read")
}

/// The product.
pub(super) fn mul(left: Decimal, right: Decimal) -> Decimal {
    left.checked_mul(right).expect("amounts are bounded when they are read")
}

/// What a gross amount is without VAT at a rate that is a fraction.
pub(super) fn without_vat(gross: Decimal, rate: Decimal) -> Decimal {
    gross.checked_div(add(Decimal::ONE, rate)).expect("a rate is not negative")
}

/// The amount with so many places, never `-0.00`.
pub(super) fn text(amount: Decimal, places: u32) -> String {
    let mut rounded = round(amount, places);
    if rounded.is_zero() {
        rounded = Decimal::ZERO;
    }
    rounded.rescale(places);
    rounded.to_string()
}
