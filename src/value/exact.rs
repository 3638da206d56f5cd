//! Exact arithmetic: a result that would be rounded without a word is an error instead.

use rust_decimal::{Decimal, RoundingStrategy};

/// Why a number could not be had exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberError {
    /// The text is no number.
    NotANumber,
    /// It has, or would have, more than 28 digits.
    TooLong,
    /// It is divided by zero.
    ByZero,
}

impl NumberError {
    /// The words for people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            NumberError::NotANumber => "not a number",
            NumberError::TooLong => "a number with more than 28 digits",
            NumberError::ByZero => "a division by zero",
        }
    }
}

/// A number from its text as JSON and people write it (`-12.50`, `1.5e3`), exact or refused.
///
/// # Errors
/// When it is no number or has more than 28 digits.
pub fn parse(text: &str) -> Result<Decimal, NumberError> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match digits.find(['e', 'E']) {
        Some(at) => (&digits[..at], Some(&digits[at + 1..])),
        None => (digits, None),
    };
    let (whole, fraction) = mantissa.split_once('.').map_or((mantissa, None), |(whole, part)| (whole, Some(part)));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(whole)
        || (whole.len() > 1 && whole.starts_with('0'))
        || fraction.is_some_and(|part| !all_digits(part))
    {
        return Err(NumberError::NotANumber);
    }
    let Some(exponent) = exponent else {
        return Decimal::from_str_exact(text).map_err(|_| NumberError::TooLong);
    };
    if !all_digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)) {
        return Err(NumberError::NotANumber);
    }
    let significant = mantissa.bytes().filter(u8::is_ascii_digit).count();
    if significant > 28 {
        return Err(NumberError::TooLong);
    }
    let number = Decimal::from_scientific(text).map_err(|_| NumberError::TooLong)?;
    let mantissa = Decimal::from_str_exact(mantissa).map_err(|_| NumberError::TooLong)?;
    if number.is_zero() != mantissa.is_zero() { Err(NumberError::TooLong) } else { Ok(number) }
}

/// `a + b`.
///
/// # Errors
/// When the sum needs more than 28 digits.
pub fn add(a: Decimal, b: Decimal) -> Result<Decimal, NumberError> {
    let sum = a.checked_add(b).ok_or(NumberError::TooLong)?;
    if a.is_zero() || b.is_zero() || sum.scale() >= a.scale().max(b.scale()) {
        Ok(sum)
    } else {
        Err(NumberError::TooLong)
    }
}

/// `a - b`.
///
/// # Errors
/// When the difference needs more than 28 digits.
pub fn subtract(a: Decimal, b: Decimal) -> Result<Decimal, NumberError> {
    add(a, -b)
}

/// `a * b`.
///
/// # Errors
/// When the product needs more than 28 digits.
pub fn multiply(a: Decimal, b: Decimal) -> Result<Decimal, NumberError> {
    let product = a.checked_mul(b).ok_or(NumberError::TooLong)?;
    if a.is_zero() || b.is_zero() || product.scale() == a.scale() + b.scale() {
        Ok(product)
    } else {
        Err(NumberError::TooLong)
    }
}

/// `a / b`, to be rounded by the caller (inside `round(…)`), or exact where `b` is a written power of ten.
///
/// # Errors
/// When `b` is zero or the quotient overflows.
pub fn divide(a: Decimal, b: Decimal) -> Result<Decimal, NumberError> {
    if b.is_zero() {
        return Err(NumberError::ByZero);
    }
    a.checked_div(b).ok_or(NumberError::TooLong)
}

/// Rounded to `digits` places, half away from zero.
#[must_use]
pub fn round(value: Decimal, digits: u32) -> Decimal {
    value.round_dp_with_strategy(digits.min(28), RoundingStrategy::MidpointAwayFromZero)
}

/// The number without trailing zeros and without a negative zero, as it stands in a text or a key.
#[must_use]
pub fn plain(value: Decimal) -> Decimal {
    let value = value.normalize();
    if value.is_zero() { Decimal::ZERO } else { value }
}
