//! Whether the check digits of a VAT number are right; the form of each number was looked at before.

/// The digits of a number; letters are left out.
fn digits(number: &str) -> Vec<u32> {
    number.chars().filter_map(|letter| letter.to_digit(10)).collect()
}

fn whole(number: &str) -> u64 {
    number.parse().unwrap_or(0)
}

fn weighted(digits: &[u32], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum()
}

fn last(digits: &[u32]) -> u32 {
    digits.last().copied().unwrap_or(0)
}

/// Every second digit from the right is doubled, and 9 taken off what is above 9; the sum ends in 0.
fn luhn(digits: &[u32]) -> bool {
    let doubled = |digit: u32| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(index, digit)| if index % 2 == 1 { doubled(*digit) } else { *digit })
        .sum();
    sum.is_multiple_of(10)
}

/// ISO 7064, modulo 11 and 10.
fn mod_11_10(digits: &[u32]) -> bool {
    let mut product = 10;
    for digit in &digits[..digits.len().saturating_sub(1)] {
        let sum = (digit + product) % 10;
        product = (if sum == 0 { 10 } else { sum }) * 2 % 11;
    }
    (product + last(digits)) % 10 == 1
}

pub(super) fn austria(number: &str) -> bool {
    let digits = digits(number);
    let sum: u32 = digits[..7]
        .iter()
        .enumerate()
        .map(|(index, digit)| if index % 2 == 1 { digit * 2 / 10 + digit * 2 % 10 } else { *digit })
        .sum();
    (96 - sum) % 10 == last(&digits)
}

pub(super) fn belgium(number: &str) -> bool {
    97 - whole(&number[..8]) % 97 == whole(&number[8..])
}

pub(super) fn bulgaria(number: &str) -> bool {
    let digits = digits(number);
    if digits.len() == 10 {
        return true;
    }
    let first = weighted(&digits[..8], &[1, 2, 3, 4, 5, 6, 7, 8]) % 11;
    let second = weighted(&digits[..8], &[3, 4, 5, 6, 7, 8, 9, 10]) % 11;
    (if first < 10 { first } else { second % 10 }) == last(&digits)
}

pub(super) fn cyprus(number: &str) -> bool {
    const ODD: [u32; 10] = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21];
    let digits = digits(&number[..8]);
    let sum: u32 = digits
        .iter()
        .enumerate()
        .map(|(index, digit)| if index % 2 == 0 { ODD[*digit as usize % 10] } else { *digit })
        .sum();
    !number.starts_with("12") && number.bytes().last().map(|letter| u32::from(letter - b'A')) == Some(sum % 26)
}

pub(super) fn czechia(number: &str) -> bool {
    let digits = digits(number);
    if digits.len() > 8 {
        return true;
    }
    let sum = weighted(&digits[..7], &[8, 7, 6, 5, 4, 3, 2]) % 11;
    let check = match (11 - sum) % 11 {
        0 => 1,
        check => check % 10,
    };
    digits[0] != 9 && check == last(&digits)
}

pub(super) fn germany(number: &str) -> bool {
    !number.starts_with('0') && mod_11_10(&digits(number))
}

pub(super) fn denmark(number: &str) -> bool {
    !number.starts_with('0') && weighted(&digits(number), &[2, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11)
}

pub(super) fn estonia(number: &str) -> bool {
    weighted(&digits(number), &[3, 7, 1, 3, 7, 1, 3, 7, 1]).is_multiple_of(10)
}

pub(super) fn greece(number: &str) -> bool {
    let digits = digits(number);
    let sum = digits[..8].iter().fold(0, |sum, digit| sum * 2 + digit);
    sum * 2 % 11 % 10 == last(&digits)
}

/// A person's number (`12345678Z`), a foreigner's (`X1234567L`), or an organisation's (`A12345674`, `P1234567D`).
pub(super) fn spain(number: &str) -> bool {
    const PERSONS: &[u8; 23] = b"TRWAGMYFPDXBNJZSQVHLCKE";
    let bytes = number.as_bytes();
    let (first, middle, end) = (bytes[0], &number[1..8], bytes[8]);
    if !middle.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let person = |digits: &str| PERSONS.get(usize::try_from(whole(digits) % 23).unwrap_or(0)) == Some(&end);
    match first {
        b'0'..=b'9' => person(&number[..8]),
        b'X' | b'K' | b'L' | b'M' => person(middle),
        b'Y' => person(&format!("1{middle}")),
        b'Z' => person(&format!("2{middle}")),
        b'A'..=b'H' | b'J' | b'N' | b'P'..=b'S' | b'U' | b'V' | b'W' => {
            let digits = digits(middle);
            (0..10_u8).any(|check| {
                let whole: Vec<u32> = digits.iter().copied().chain([u32::from(check)]).collect();
                luhn(&whole) && (end == b'0' + check || end == b"JABCDEFGHI"[usize::from(check)])
            })
        }
        _ => false,
    }
}

pub(super) fn finland(number: &str) -> bool {
    weighted(&digits(number), &[7, 9, 10, 5, 8, 4, 2, 1]).is_multiple_of(11)
}

pub(super) fn france(number: &str) -> bool {
    let (key, siren) = number.split_at(2);
    // Numbers of Monaco begin with three zeros and end otherwise.
    if !siren.starts_with("000") && !luhn(&digits(siren)) {
        return false;
    }
    if key.bytes().all(|byte| byte.is_ascii_digit()) {
        return whole(key) == (whole(siren) * 100 + 12) % 97;
    }
    let sign = |byte: u8| b"0123456789ABCDEFGHJKLMNPQRSTUVWXYZ".iter().position(|known| *known == byte);
    let (Some(first), Some(second)) = (sign(key.as_bytes()[0]), sign(key.as_bytes()[1])) else { return false };
    let check = if first < 10 { (first * 24 + second).checked_sub(10) } else { (first * 34 + second).checked_sub(100) };
    check.is_some_and(|check| {
        let check = check as u64;
        (whole(siren) + 1 + check / 11) % 11 == check % 11
    })
}

pub(super) fn croatia(number: &str) -> bool {
    mod_11_10(&digits(number))
}

pub(super) fn hungary(number: &str) -> bool {
    weighted(&digits(number), &[9, 7, 3, 1, 9, 7, 3, 1]).is_multiple_of(10)
}

/// Seven digits, a check letter and perhaps one more; older ones have a letter in the second place.
pub(super) fn ireland(number: &str) -> bool {
    const LETTERS: &[u8; 23] = b"WABCDEFGHIJKLMNOPQRSTUV";
    let bytes = number.as_bytes();
    let is_old = bytes[1].is_ascii_uppercase();
    let counted = if is_old { format!("0{}{}", &number[2..7], &number[..1]) } else { number[..7].to_owned() };
    let more = match bytes.get(8) {
        Some(letter) => LETTERS.iter().position(|known| known == letter),
        None => Some(0),
    };
    let sum = weighted(&digits(&counted), &[8, 7, 6, 5, 4, 3, 2]) as usize;
    more.is_some_and(|more| LETTERS[(sum + 9 * more) % 23] == bytes[7])
}

pub(super) fn italy(number: &str) -> bool {
    !number.starts_with("0000000") && luhn(&digits(number))
}

pub(super) fn lithuania(number: &str) -> bool {
    let digits = digits(number);
    let body = &digits[..digits.len() - 1];
    if body.last() != Some(&1) {
        return false;
    }
    let sum = |shift: u32| -> u32 { (0..).zip(body).map(|(index, digit)| (1 + (index + shift) % 9) * digit).sum() };
    let first = sum(0) % 11;
    (if first == 10 { sum(2) % 11 % 10 } else { first }) == last(&digits)
}

pub(super) fn luxembourg(number: &str) -> bool {
    whole(&number[..6]) % 89 == whole(&number[6..])
}

pub(super) fn latvia(number: &str) -> bool {
    let digits = digits(number);
    digits[0] <= 3 || weighted(&digits, &[9, 1, 4, 8, 3, 10, 2, 5, 7, 6, 1]) % 11 == 3
}

pub(super) fn malta(number: &str) -> bool {
    !number.starts_with('0') && weighted(&digits(number), &[3, 4, 6, 7, 8, 9, 10, 1]).is_multiple_of(37)
}

/// The check of a citizen's or organisation's number, or, since 2020, that of the whole number by 97.
pub(super) fn netherlands(number: &str) -> bool {
    let digits = digits(&number[..9]);
    let eleven = weighted(&digits[..8], &[9, 8, 7, 6, 5, 4, 3, 2]) % 11 == last(&digits);
    let rest = format!("NL{number}")
        .chars()
        .filter_map(|letter| letter.to_digit(36))
        .fold(0, |rest, value| (if value > 9 { rest * 100 + value } else { rest * 10 + value }) % 97);
    whole(&number[10..]) > 0 && (eleven && whole(&number[..9]) > 0 || rest == 1)
}

pub(super) fn poland(number: &str) -> bool {
    let digits = digits(number);
    weighted(&digits[..9], &[6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11 == last(&digits)
}

pub(super) fn portugal(number: &str) -> bool {
    let digits = digits(number);
    let sum = weighted(&digits[..8], &[9, 8, 7, 6, 5, 4, 3, 2]) % 11;
    digits[0] != 0 && (11 - sum) % 11 % 10 == last(&digits)
}

pub(super) fn romania(number: &str) -> bool {
    let digits = digits(&format!("{number:0>10}"));
    let sum = weighted(&digits[..9], &[7, 5, 3, 2, 1, 7, 5, 3, 2]);
    !number.starts_with('0') && sum * 10 % 11 % 10 == last(&digits)
}

pub(super) fn sweden(number: &str) -> bool {
    luhn(&digits(&number[..10])) && (1..=94).contains(&whole(&number[10..]))
}

pub(super) fn slovenia(number: &str) -> bool {
    let digits = digits(number);
    let check = 11 - weighted(&digits[..7], &[8, 7, 6, 5, 4, 3, 2]) % 11;
    digits[0] != 0 && check != 11 && check % 10 == last(&digits)
}

pub(super) fn slovakia(number: &str) -> bool {
    let digits = digits(number);
    digits[0] != 0 && [2, 3, 4, 7, 8, 9].contains(&digits[2]) && whole(number).is_multiple_of(11)
}

/// A trader's number by 97, in its older or newer way; `GD` is a department, below 500, `HA` a health authority.
pub(super) fn northern_ireland(number: &str) -> bool {
    if let Some(department) = number.strip_prefix("GD") {
        return whole(department) < 500;
    }
    if let Some(authority) = number.strip_prefix("HA") {
        return whole(authority) >= 500;
    }
    let sum = weighted(&digits(&number[..9]), &[8, 7, 6, 5, 4, 3, 2, 10, 1]) % 97;
    sum == 0 || (whole(&number[..3]) >= 100 && [42, 55].contains(&sum))
}
