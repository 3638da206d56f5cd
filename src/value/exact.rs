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
        return Decimal::from_str_exact(text).map_err(|_| NumberError::TooLong).and_then(short);
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
    if number.is_zero() != mantissa.is_zero() { Err(NumberError::TooLong) } else { short(number) }
}

/// Some numbers of 29 digits fit as well: that they are refused keeps the rule one that people can know.
fn short(number: Decimal) -> Result<Decimal, NumberError> {
    const TOO_LONG: u128 = 10_u128.pow(28);
    if number.mantissa().unsigned_abs() < TOO_LONG { Ok(number) } else { Err(NumberError::TooLong) }
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
/// When `b` is zero, or the quotient overflows or, by a power of ten, has more than 28 decimals.
pub fn divide(a: Decimal, b: Decimal) -> Result<Decimal, NumberError> {
    if b.is_zero() {
        return Err(NumberError::ByZero);
    }
    if let Some(places) = power_of_ten(b) {
        return shift(a, places);
    }
    let quotient = a.checked_div(b).ok_or(NumberError::TooLong)?;
    Ok(with_room(quotient))
}

/// A quotient of 28 digits could not be multiplied any more: it is cut to 20, unless that made it look like half a cent.
fn with_room(quotient: Decimal) -> Decimal {
    const DIGITS: u32 = 20;
    let whole = quotient.trunc().mantissa().unsigned_abs().checked_ilog10().map_or(0, |digits| digits + 1);
    let places = DIGITS.saturating_sub(whole).max(10);
    if quotient.scale() <= places {
        return quotient;
    }
    let cut = round(quotient, places);
    if cut.mantissa() % 10 == 0 { quotient } else { cut }
}

/// How many zeros a 10, 100 or another whole power of ten has; 1 is no such number.
fn power_of_ten(b: Decimal) -> Option<u32> {
    let mut rest = b.mantissa();
    if b.scale() != 0 || rest < 10 {
        return None;
    }
    let mut zeros = 0;
    while rest % 10 == 0 {
        rest /= 10;
        zeros += 1;
    }
    (rest == 1).then_some(zeros)
}

/// The point moved so many places to the left.
fn shift(a: Decimal, places: u32) -> Result<Decimal, NumberError> {
    let a = if a.scale() + places > 28 { a.normalize() } else { a };
    Decimal::try_from_i128_with_scale(a.mantissa(), a.scale() + places).map_err(|_| NumberError::TooLong)
}

/// What is left of `a` when `b` is taken off as often as it goes.
///
/// # Errors
/// When `b` is zero or the numbers are too far apart.
pub fn remainder(a: Decimal, b: Decimal) -> Result<Decimal, NumberError> {
    if b.is_zero() {
        return Err(NumberError::ByZero);
    }
    a.checked_rem(b).ok_or(NumberError::TooLong)
}

/// `a` to the power of the whole number `b`.
///
/// # Errors
/// When `b` is no whole number from 0 on, or the power needs more than 28 digits.
pub fn power(a: Decimal, b: Decimal) -> Result<Decimal, NumberError> {
    let times =
        u32::try_from(b).ok().filter(|times| b.fract().is_zero() && *times <= 1_000).ok_or(NumberError::NotANumber)?;
    let mut power = Decimal::ONE;
    for _ in 0..times {
        power = multiply(power, a)?;
        if power.is_zero() || (power == a && power == Decimal::ONE) {
            break;
        }
    }
    Ok(power)
}

/// Rounded to `digits` places, half away from zero.
#[must_use]
pub fn round(value: Decimal, digits: u32) -> Decimal {
    value.round_dp_with_strategy(digits.min(28), RoundingStrategy::MidpointAwayFromZero)
}

/// Which way a number is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// To the nearest, half away from zero.
    HalfUp,
    /// To the nearest, half to the even digit.
    HalfEven,
    /// To the nearest, half towards zero.
    HalfDown,
    /// Away from zero.
    Up,
    /// Towards zero.
    Down,
    /// To the larger number.
    Ceiling,
    /// To the smaller number.
    Floor,
}

/// Rounded to `digits` places, that way.
#[must_use]
pub fn round_to(value: Decimal, digits: u32, rounding: Rounding) -> Decimal {
    let strategy = match rounding {
        Rounding::HalfUp => RoundingStrategy::MidpointAwayFromZero,
        Rounding::HalfEven => RoundingStrategy::MidpointNearestEven,
        Rounding::HalfDown => RoundingStrategy::MidpointTowardZero,
        Rounding::Up => RoundingStrategy::AwayFromZero,
        Rounding::Down => RoundingStrategy::ToZero,
        Rounding::Ceiling => RoundingStrategy::ToPositiveInfinity,
        Rounding::Floor => RoundingStrategy::ToNegativeInfinity,
    };
    value.round_dp_with_strategy(digits.min(28), strategy)
}

/// The number without trailing zeros and without a negative zero, as it stands in a text or a key.
#[must_use]
pub fn plain(value: Decimal) -> Decimal {
    let value = value.normalize();
    if value.is_zero() { Decimal::ZERO } else { value }
}

/// A number as it is written: no trailing zeros but for the places that are asked for, no exponent, no negative zero.
#[derive(Clone, Copy)]
pub struct Digits {
    bytes: [u8; 64],
    start: usize,
}

impl Digits {
    /// The digits of a number, with at least so many places (28 at most).
    #[must_use]
    pub fn of(value: Decimal, least: u32) -> Digits {
        let value = value.normalize();
        let mut digits = Digits { bytes: [b'0'; 64], start: 64 };
        let (scale, places) = (value.scale(), value.scale().max(least.min(28)));
        digits.start -= (places - scale) as usize;
        let mut rest = value.mantissa().unsigned_abs();
        for _ in 0..scale {
            digits.next(&mut rest);
        }
        if places > 0 {
            digits.put(b'.');
        }
        digits.next(&mut rest);
        while rest > 0 {
            digits.next(&mut rest);
        }
        if value.is_sign_negative() && !value.is_zero() {
            digits.put(b'-');
        }
        digits
    }

    /// Them as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[self.start..]).expect("it is made of digits, a point and a sign")
    }

    fn next(&mut self, rest: &mut u128) {
        // Nearly all numbers fit 64 bits, where a division is many times cheaper.
        let digit = if let Ok(short) = u64::try_from(*rest) {
            *rest = u128::from(short / 10);
            short % 10
        } else {
            let digit = *rest % 10;
            *rest /= 10;
            u64::try_from(digit).expect("it is one digit")
        };
        self.put(b'0' + u8::try_from(digit).expect("it is one digit"));
    }

    fn put(&mut self, byte: u8) {
        self.start -= 1;
        self.bytes[self.start] = byte;
    }
}

impl std::fmt::Debug for Digits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
