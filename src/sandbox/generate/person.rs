//! Generated customers: in go a seed and a position, out comes a person or company that does not exist.

use crate::sandbox::ident;
use crate::sandbox::ident::Dice;
use serde_json::Value;
use serde_json::json;

/// What a customer is for the VAT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    /// A person in the Netherlands.
    Person,
    /// A company in the Netherlands.
    Company,
    /// A company in Belgium with a VAT number.
    Belgian,
    /// A person in Switzerland.
    Swiss,
}

/// A customer.
pub(super) struct Person {
    pub(super) id: String,
    pub(super) address_id: String,
    pub(super) sort: Sort,
    pub(super) first: &'static str,
    pub(super) last: &'static str,
    pub(super) is_woman: bool,
    pub(super) email: String,
    pub(super) company: Option<String>,
    pub(super) street: &'static str,
    pub(super) number: String,
    pub(super) zipcode: String,
    pub(super) city: &'static str,
    pub(super) country: &'static str,
    pub(super) phone: String,
    pub(super) vat_number: Option<String>,
}

const WOMEN: [&str; 16] = [
    "Sanne",
    "Fenna",
    "Noor",
    "Lotte",
    "Zoë",
    "Jasmijn",
    "Renée",
    "Maartje",
    "Anouk",
    "Femke",
    "Hanneke",
    "Iris",
    "Joke",
    "Karin",
    "Willemijn",
    "Yasmina",
];
const MEN: [&str; 16] = [
    "Bram", "Daan", "Joris", "Youssef", "Sjoerd", "André", "Thijs", "Koen", "Rens", "Pim", "Gijs", "Ruben", "Mees",
    "Tijn", "Willem", "Özgür",
];
const LAST: [&str; 24] = [
    "Verzonnen",
    "Bedenksel",
    "Nepnaam",
    "Denkbeeldig",
    "van der Fictie",
    "Schijnman",
    "de Bedachte",
    "Fantasma",
    "Proefpersoon",
    "van Nergens",
    "Sprookjes",
    "Voorbeeld",
    "Plaatshouder",
    "Modelman",
    "Sjabloon",
    "Droomstra",
    "Verzinsma",
    "Nepstra",
    "Hersenschim",
    "van ’t Luchtkasteel",
    "Mirage-Bedenksel",
    "Illusie",
    "te Verzinnen",
    "Namaak",
];
const STREETS: [&str; 16] = [
    "Fantasiestraat",
    "Luchtkasteelweg",
    "Sprookjeslaan",
    "Wensboomdreef",
    "Schijnweg",
    "Verzonnenhof",
    "Droompad",
    "Nergenslaan",
    "Plein 2044",
    "Hersenschimkade",
    "Bedenkselsingel",
    "Illusieplein",
    "Laan van Nooit",
    "’s-Fantasieweg",
    "Modelstraat",
    "Proefstraat",
];
const TOWNS: [&str; 12] = [
    "Nergenshuizen",
    "Verzinsel",
    "Dromendam",
    "Luchtdorp",
    "Niemandsveen",
    "’s-Fantasiebosch",
    "Schijnwoude",
    "Oud-Bedenksel",
    "Wensum",
    "Fictieburg",
    "Nepperveen",
    "Illusterdam",
];
const BUSINESSES: [&str; 16] = [
    "Fictief Kantoor",
    "Luchtkasteel Advies",
    "Nergens Techniek",
    "Bedacht & Zoon",
    "Sjabloon Handel",
    "Droomdrukkerij",
    "Schijn Installaties",
    "Proefbakkerij",
    "Verzonnen Vormgeving",
    "Modelbouw Nepstra",
    "Wensum Logistiek",
    "Illusie Events",
    "Plaatshouder Media",
    "Fantasie Fietsen",
    "Sprookjes Catering",
    "Niemandsveen Groen",
];

/// The customer at a position.
pub(super) fn person(seed: u64, position: u32) -> Person {
    let mut dice = Dice::new(seed, 0x50, u64::from(position));
    let sort = match dice.below(100) {
        0..70 => Sort::Person,
        70..88 => Sort::Company,
        88..95 => Sort::Belgian,
        _ => Sort::Swiss,
    };
    let is_woman = dice.percent(50);
    let first = *dice.pick(if is_woman { &WOMEN } else { &MEN });
    let last = *dice.pick(&LAST);
    let host = if dice.percent(50) { "example.nl" } else { "example.com" };
    let number = dice.below(240) + 1;
    let number = match dice.below(8) {
        0 => format!("{number}a"),
        1 => format!("{number}-{}", dice.below(9) + 1),
        2 if sort == Sort::Belgian => format!("{number} bus {}", dice.below(9) + 1),
        3 => format!("{number} III"),
        _ => number.to_string(),
    };
    let country = match sort {
        Sort::Belgian => "BE",
        Sort::Swiss => "CH",
        _ => "NL",
    };
    let digits = 1000 + dice.below(8999);
    let letter = |throw: u64| char::from(b'A' + u8::try_from(throw % 18).expect("below eighteen"));
    let zipcode = match country {
        "NL" => format!("{digits} {}{}", letter(dice.bits()), letter(dice.bits() % 8)),
        _ => digits.to_string(),
    };
    let business = *dice.pick(&BUSINESSES);
    let company = match sort {
        Sort::Company => Some(format!("{business} {} B.V.", position + 1)),
        Sort::Belgian => Some(format!("{business} {} BV", position + 1)),
        _ => None,
    };
    let vat_number = match sort {
        Sort::Company => Some(dutch_vat(&mut dice)),
        Sort::Belgian => Some(belgian_vat(&mut dice)),
        _ => None,
    };
    let prefix = match country {
        "BE" => "+3230",
        "CH" => "+4100",
        _ => "+3160",
    };
    Person {
        id: ident::uuid(seed, 0x51, u64::from(position)),
        address_id: ident::uuid(seed, 0x52, u64::from(position)),
        sort,
        first,
        last,
        is_woman,
        email: format!("{}.{}{}@{host}", plain(first), plain(last), position + 1),
        company,
        street: dice.pick::<&str>(&STREETS),
        number,
        zipcode,
        city: dice.pick::<&str>(&TOWNS),
        country,
        phone: format!("{prefix}{:07}", dice.below(10_000_000)),
        vat_number,
    }
}

/// A name as it stands in an e-mail address.
fn plain(name: &str) -> String {
    let letter = |letter: char| match letter {
        'ë' | 'é' | 'è' => Some('e'),
        'ö' | 'Ö' => Some('o'),
        'ü' => Some('u'),
        _ => letter.to_ascii_lowercase().is_ascii_alphabetic().then(|| letter.to_ascii_lowercase()),
    };
    name.chars().filter_map(letter).collect()
}

/// A Dutch VAT number that passes its check and belongs to nobody.
fn dutch_vat(dice: &mut Dice) -> String {
    let digits = dice.below(100_000);
    // `NL` counts as 2321 and `B` as 11 before the whole is divided by 97.
    let whole = |suffix: u64| {
        let text = format!("2321{digits:09}11{suffix:02}");
        text.bytes().fold(0, |rest, digit| (rest * 10 + u64::from(digit - b'0')) % 97)
    };
    let suffix = (2..99).find(|suffix| whole(*suffix) == 1).unwrap_or(2);
    format!("NL{digits:09}B{suffix:02}")
}

/// A Belgian VAT number that passes its check and belongs to nobody.
fn belgian_vat(dice: &mut Dice) -> String {
    let digits = dice.below(10_000);
    format!("BE{digits:08}{:02}", 97 - digits % 97)
}

/// The customer's account, as the webshop shows it.
pub(crate) fn customer(seed: u64, position: u32, store: &str) -> Value {
    let person = person(seed, position);
    json!({
        "id": person.id,
        "storeId": store,
        "email": person.email,
        "firstName": person.first,
        "lastName": person.last,
        "dateOfBirth": null,
        "description": null,
        "addresses": [{
            "id": person.address_id,
            "firstName": person.first,
            "lastName": person.last,
            "street": person.street,
            "streetNumber": person.number,
            "zipCode": person.zipcode,
            "city": person.city,
            "countryCode": person.country,
            "company": person.company,
            "gender": if person.is_woman { "F" } else { "M" },
            "phone": person.phone,
            "taxNumber": person.vat_number,
            "iban": null,
            "isDefaultForDelivery": true,
            "isDefaultForInvoice": true,
        }],
    })
}
