//! VAT numbers of the European Union, and of Northern Ireland.

use crate::builtin::bank::bare;
use crate::builtin::expect_text;
use crate::builtin::text::{put, read};
use crate::builtin::vat_check as check;
use crate::value::{Builtin, Example, Kind, Typed, Value};

pub(super) const ROWS: &[Builtin] = &[Builtin {
    name: "vat_number",
    signature: "vat_number(number: text, country: text?) -> text?",
    doc: "The EU VAT number with its country before it and without signs; not set when its form is not that of the country, or its check digits are wrong. The country (an ISO code) counts where the number does not begin with one. Whether it was given out only the tax office knows.",
    examples: &[
        Example { call: r#"vat_number("be 0403.019.261")"#, gives: r#""BE0403019261""# },
        Example { call: r#"vat_number("004495445B01", "NL")"#, gives: r#""NL004495445B01""# },
        Example { call: r#"vat_number("094259216", "GR")"#, gives: r#""EL094259216""# },
        Example { call: r#"vat_number("NL004495446B01")"#, gives: "none" },
        Example { call: r#"vat_number("123")"#, gives: "none" },
    ],
    arity: (1, 2),
    kind: |given| {
        expect_text(given, 0)?;
        expect_text(given, 1)?;
        Ok(Typed::maybe(Kind::Text))
    },
    literals: None,
    spreads: false,
    call: |arena, given| {
        let number = bare(read(arena, given[0]));
        let country = given.get(1).map_or("", |country| read(arena, *country)).trim().to_uppercase();
        match canonical(&number, &country) {
            Some(number) => put(arena, &number),
            None => Ok(Value::Unset),
        }
    },
}];

/// How numbers of a country look, and what their check digits must be.
struct Country {
    /// As it stands before the number.
    prefix: &'static str,
    /// 9 is a digit, A a letter, X either; all else stands as it is. The forms without a check have none that is public.
    forms: &'static [&'static str],
    is_right: fn(&str) -> bool,
}

/// Forms as the European Commission tells them (VIES, frequently asked questions, https://ec.europa.eu/taxation_customs/vies),
/// check digits as the tax offices, or those who read their papers, publish them (among them the documentation of the
/// python-stdnum project). Where a rule is not public, the form alone counts: of Bulgarian, Czech and Latvian numbers of
/// persons, and of Dutch ones after 2020 besides their ninety-seven.
static COUNTRIES: &[Country] = &[
    Country { prefix: "AT", forms: &["U99999999"], is_right: check::austria },
    Country { prefix: "BE", forms: &["0999999999", "1999999999"], is_right: check::belgium },
    Country { prefix: "BG", forms: &["999999999", "9999999999"], is_right: check::bulgaria },
    Country { prefix: "CY", forms: &["99999999A"], is_right: check::cyprus },
    Country { prefix: "CZ", forms: &["99999999", "999999999", "9999999999"], is_right: check::czechia },
    Country { prefix: "DE", forms: &["999999999"], is_right: check::germany },
    Country { prefix: "DK", forms: &["99999999"], is_right: check::denmark },
    Country { prefix: "EE", forms: &["999999999"], is_right: check::estonia },
    Country { prefix: "EL", forms: &["999999999"], is_right: check::greece },
    Country { prefix: "ES", forms: &["X9999999X"], is_right: check::spain },
    Country { prefix: "FI", forms: &["99999999"], is_right: check::finland },
    Country { prefix: "FR", forms: &["XX999999999"], is_right: check::france },
    Country { prefix: "HR", forms: &["99999999999"], is_right: check::croatia },
    Country { prefix: "HU", forms: &["99999999"], is_right: check::hungary },
    Country { prefix: "IE", forms: &["9X99999A", "9999999AA"], is_right: check::ireland },
    Country { prefix: "IT", forms: &["99999999999"], is_right: check::italy },
    Country { prefix: "LT", forms: &["999999999", "999999999999"], is_right: check::lithuania },
    Country { prefix: "LU", forms: &["99999999"], is_right: check::luxembourg },
    Country { prefix: "LV", forms: &["99999999999"], is_right: check::latvia },
    Country { prefix: "MT", forms: &["99999999"], is_right: check::malta },
    Country { prefix: "NL", forms: &["999999999B99"], is_right: check::netherlands },
    Country { prefix: "PL", forms: &["9999999999"], is_right: check::poland },
    Country { prefix: "PT", forms: &["999999999"], is_right: check::portugal },
    Country {
        prefix: "RO",
        forms: &["99", "999", "9999", "99999", "999999", "9999999", "99999999", "999999999", "9999999999"],
        is_right: check::romania,
    },
    Country { prefix: "SE", forms: &["999999999999"], is_right: check::sweden },
    Country { prefix: "SI", forms: &["99999999"], is_right: check::slovenia },
    Country { prefix: "SK", forms: &["9999999999"], is_right: check::slovakia },
    Country {
        prefix: "XI",
        forms: &["999999999", "999999999999", "GD999", "HA999"],
        is_right: check::northern_ireland,
    },
];

fn canonical(number: &str, country: &str) -> Option<String> {
    let own = number.get(..2).and_then(|prefix| number_of(prefix, &number[2..]));
    own.or_else(|| number_of(country, number))
}

fn number_of(country: &str, number: &str) -> Option<String> {
    let prefix = if country == "GR" { "EL" } else { country };
    let country = COUNTRIES.iter().find(|country| country.prefix == prefix)?;
    let is_formed = country.forms.iter().any(|form| fits(number, form));
    (is_formed && (country.is_right)(number)).then(|| format!("{prefix}{number}"))
}

fn fits(number: &str, form: &str) -> bool {
    number.len() == form.len()
        && number.bytes().zip(form.bytes()).enumerate().all(|(index, (letter, wanted))| match wanted {
            // The first sign of a Belgian number is what it is.
            b'0' | b'1' => index == 0 && letter == wanted,
            b'9' => letter.is_ascii_digit(),
            b'A' if form.len() == 5 => letter == wanted,
            b'A' => letter.is_ascii_uppercase(),
            b'X' => letter.is_ascii_uppercase() || letter.is_ascii_digit(),
            _ => letter == wanted,
        })
}

#[cfg(test)]
mod tests {
    use super::canonical;

    /// Numbers that are published as examples, or printed in their owners' imprints.
    const RIGHT: &[&str] = &[
        "ATU13585627",
        "BE0403019261",
        "BE0000000097",
        "BG175074752",
        "CY10259033P",
        "CZ25123891",
        "CZ699001237",
        "DE136695976",
        "DK13585628",
        "EE100931558",
        "EL094259216",
        "EL023456780",
        "ESJ99216582",
        "ES54362315K",
        "ESX5253868R",
        "ESM1234567L",
        "FI20774740",
        "FR40303265045",
        "FR23334175221",
        "FRK7399859412",
        "FR4Z123456782",
        "HR33392005961",
        "HU12892312",
        "IE6433435F",
        "IE6433435OA",
        "IE8D79739I",
        "IT00743110157",
        "LT119511515",
        "LT100001919017",
        "LU15027442",
        "LV40003521600",
        "MT11679112",
        "NL004495445B01",
        "NL002455799B11",
        "PL8567346215",
        "PT501964843",
        "RO18547290",
        "SE123456789701",
        "SI50223054",
        "SK2022749619",
        "XI980780684",
        "XIGD001",
    ];

    #[test]
    fn published_numbers_are_right_and_their_slips_wrong() {
        for number in RIGHT {
            assert_eq!(canonical(number, "").as_deref(), Some(*number), "{number}");
            let (country, rest) = number.split_at(2);
            assert_eq!(canonical(rest, country).as_deref(), Some(*number), "{number} without its country");
        }
        // One digit is another; where there is a check digit, that is seen (some checks miss one slip in eleven).
        let mut missed = 0;
        let mut tried = 0;
        for number in RIGHT.iter().filter(|number| !matches!(&number[..4], "XIGD" | "CZ69")) {
            for (at, digit) in number.char_indices().skip(2).filter(|(_, digit)| digit.is_ascii_digit()) {
                // The digits behind a Dutch `B` and at the end of a Swedish number are no part of the check.
                if (number.starts_with("NL") || number.starts_with("SE")) && at > 11 {
                    continue;
                }
                let other = char::from_digit((digit.to_digit(10).unwrap_or(0) + 1) % 10, 10).unwrap_or('0');
                let wrong: String =
                    number.char_indices().map(|(index, sign)| if index == at { other } else { sign }).collect();
                tried += 1;
                missed += usize::from(canonical(&wrong, "").is_some());
            }
        }
        assert!(tried > 300 && missed * 50 < tried, "{missed} of {tried} slips were missed");
        for strange in ["", "N", "é", "éé123", "NL", "NL00449544éB01", "XX123456789", "BE2403019261", "ATU1358562"]
        {
            assert_eq!(canonical(strange, "é"), None, "{strange}");
        }
    }
}
