//! Generated orders: in go a seed and a position, out comes an order whose lines add up to its total to the cent.

use super::catalogue;
use super::catalogue::euros;
use super::person;
use super::person::Person;
use super::person::Sort;
use crate::sandbox::country;
use crate::sandbox::ident;
use crate::sandbox::ident::Dice;
use jiff::SignedDuration;
use jiff::civil::DateTime;
use jiff::civil::date;
use std::collections::BTreeMap;
use std::fmt::Write;

/// What is known of an order without writing it out.
pub(crate) struct Head {
    pub(crate) status: i64,
    pub(crate) at: DateTime,
    pub(crate) changed: DateTime,
    pub(crate) email: String,
    pub(crate) debtor: Option<String>,
}

/// Orders that share their customers.
const BLOCK: u32 = 16;
/// Customers of one block.
const SHARED: u32 = 4;

/// The number of the order at a position.
pub(crate) fn number(index: u32) -> u64 {
    10_001 + u64::from(index)
}

/// How many customers so many orders have.
pub(crate) fn persons(orders: u32) -> u32 {
    orders.div_ceil(BLOCK) * SHARED
}

/// Whose order it is.
fn owner(seed: u64, index: u32) -> u32 {
    let throw = Dice::new(seed, 0x60, u64::from(index)).below(u64::from(SHARED));
    index / BLOCK * SHARED + u32::try_from(throw).expect("below four")
}

/// What is known of the order at a position without writing it out.
pub(crate) fn head(seed: u64, index: u32) -> Head {
    let person = person::person(seed, owner(seed, index));
    head_of(seed, index, &person)
}

fn head_of(seed: u64, index: u32, person: &Person) -> Head {
    let mut dice = Dice::new(seed, 0x61, u64::from(index));
    let status = match dice.below(100) {
        0..55 => 3,
        55..82 => 2,
        82..90 => 6,
        90..97 => 1,
        _ => 4,
    };
    let seconds = i64::from(index) * 660 + i64::try_from(dice.below(600)).expect("below six hundred");
    let start = date(2026, 1, 5).at(8, 0, 0, 0);
    let after = |at: DateTime, seconds: i64| at.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(at);
    let at = after(start, seconds);
    let delay = if dice.percent(50) { 60 + dice.below(600) } else { 600 + dice.below(130_000) };
    let changed = after(at, i64::try_from(delay).expect("a few days"));
    let debtor = (!dice.percent(10)).then(|| person.id.clone());
    Head { status, at, changed, email: person.email.clone(), debtor }
}

/// One price of a line: rate in percent, without VAT in millionths, with VAT in cents.
#[derive(Clone, Copy)]
struct Price {
    rate: i64,
    net: i64,
    gross: i64,
}

impl Price {
    /// A price with VAT; where none is due, the price without it is left.
    fn new(gross: i64, quantity: i64, rate: i64, is_free: bool) -> Price {
        let net = divide(gross * 1_000_000, 100 + rate) * quantity;
        if is_free {
            return Price { rate: 0, net, gross: divide(net, 10_000) };
        }
        Price { rate, net, gross: gross * quantity }
    }

    fn write(self, into: &mut String) {
        let (rate, net, gross) = (self.rate, millionths(self.net), euros(self.gross));
        let _ = write!(into, r#"{{"rate":"{rate}.00","amount":"{net}","amount_including_tax":"{gross}"}}"#);
    }
}

/// Divides and rounds half away from zero.
fn divide(amount: i64, by: i64) -> i64 {
    let half = if amount < 0 { -(by / 2) } else { by / 2 };
    (amount + half) / by
}

fn millionths(amount: i64) -> String {
    let sign = if amount < 0 { "-" } else { "" };
    format!("{sign}{}.{:06}", amount.abs() / 1_000_000, amount.abs() % 1_000_000)
}

/// The lines of an order while they are written.
struct Lines {
    text: String,
    seed: u64,
    index: u32,
    count: u64,
    sums: BTreeMap<i64, i64>,
    weight: i64,
    is_free: bool,
}

impl Lines {
    fn begin(&mut self, kind: &str, quantity: i64, description: &str) {
        if self.count > 0 {
            self.text.push(',');
        }
        let id = ident::uuid(self.seed, 0x62, u64::from(self.index) * 64 + self.count);
        self.count += 1;
        let _ =
            write!(self.text, r#"{{"id":"{id}","type":"{kind}","quantity":{quantity},"description":"{description}""#);
    }

    fn note(&mut self, price: Price) {
        *self.sums.entry(price.rate).or_default() += price.gross;
    }

    fn article(&mut self, article: &catalogue::Article, quantity: i64, dice: &mut Dice) {
        self.begin("article", quantity, article.name);
        let price = Price::new(article.cents, quantity, article.rate, self.is_free);
        let weight = article.weight * quantity;
        self.weight += weight;
        let _ =
            write!(self.text, r#","weight":"{}","unit_weight":"{}","price":"#, euros(weight), euros(article.weight));
        price.write(&mut self.text);
        let unit = Price::new(article.cents, 1, article.rate, self.is_free);
        let _ = write!(
            self.text,
            r#","articles":[{{"id":{},"sku":"{}","description":"{}","price":{{"amount":"{}","rate":"{}.00","purchase_price":"{}"}}"#,
            article.id,
            article.sku,
            article.name,
            millionths(unit.net),
            unit.rate,
            euros(article.purchase),
        );
        if dice.percent(25) {
            let choice = dice.pick(&["Cadeauverpakking: nee", "Kleur: standaard", "Maat: één maat"]);
            let _ = write!(
                self.text,
                r#","options":[{{"list_option_id":"{}","description":"{choice}","price":{{"amount":"0.000000","rate":"{}.00"}}}}]"#,
                1_537_000 + dice.below(900),
                unit.rate,
            );
        }
        self.text.push_str("}]}");
        self.note(price);
    }

    /// A line whose amount is spread over the rates by their share in the articles.
    fn spread(&mut self, kind: &str, description: &str, parts: &[Price]) {
        self.begin(kind, 1, description);
        self.text.push_str(r#","price":"#);
        if let [one] = parts {
            one.write(&mut self.text);
        } else {
            self.text.push('[');
            for (place, part) in parts.iter().enumerate() {
                if place > 0 {
                    self.text.push(',');
                }
                part.write(&mut self.text);
            }
            self.text.push(']');
        }
        self.text.push('}');
        for part in parts {
            self.note(*part);
        }
    }

    fn total(&self) -> i64 {
        self.sums.values().sum()
    }
}

/// The order at a position, as the webshop shows it.
pub fn order(seed: u64, index: u32) -> String {
    let person = person::person(seed, owner(seed, index));
    let head = head_of(seed, index, &person);
    let mut dice = Dice::new(seed, 0x63, u64::from(index));
    let is_free = matches!(person.sort, Sort::Belgian | Sort::Swiss);
    let mut lines =
        Lines { text: String::with_capacity(3600), seed, index, count: 0, sums: BTreeMap::new(), weight: 0, is_free };
    let bulk = if person.company.is_some() { 24 } else { 4 };
    let mut taken: Vec<i64> = Vec::new();
    let articles: Vec<&catalogue::Article> = catalogue::for_sale().collect();
    for _ in 0..4 + dice.below(4) {
        let article = *dice.pick(&articles);
        if !taken.contains(&article.id) {
            taken.push(article.id);
            let quantity = if dice.percent(60) { 1 } else { 1 + dice.below(bulk) };
            lines.article(article, i64::try_from(quantity).expect("a few"), &mut dice);
        }
    }
    let discount = dice.percent(20);
    if discount {
        // Ten percent off, spread over the rates as the shop does.
        let parts = lines.sums.iter().rev().map(|(rate, sum)| {
            let gross = -divide(*sum, 10);
            if is_free { Price { rate: 0, net: gross * 10_000, gross } } else { Price::new(gross, 1, *rate, false) }
        });
        let parts: Vec<Price> = parts.collect();
        lines.spread("discount", "Kortingscode LENTE10 (10%)", &parts);
    }
    if lines.total() < 7500 || is_free {
        let cents = match person.sort {
            Sort::Belgian => 995,
            Sort::Swiss => 1995,
            _ => 695,
        };
        let name = if is_free { "Verzendkosten buitenland" } else { "Verzendkosten" };
        lines.spread("shipping", name, &[Price::new(cents, 1, 21, is_free)]);
    }
    let paying = paying(&mut dice, &head, &person);
    if paying.costs > 0 {
        let parts = if is_free {
            vec![Price::new(paying.costs, 1, 21, true)]
        } else {
            let high = lines.sums.get(&21).copied().unwrap_or(0).max(0);
            let high = divide(paying.costs * high, lines.total().max(1)).clamp(0, paying.costs);
            let parts = [(high, 21), (paying.costs - high, 9)];
            let parts = parts.into_iter().filter(|(gross, _)| *gross != 0);
            parts.map(|(gross, rate)| Price::new(gross, 1, rate, false)).collect()
        };
        lines.spread("payment", "Betaalkosten", &parts);
    }
    write_order(Written { seed, index, person: &person, head: &head, lines, paying, discount }, &mut dice)
}

/// How an order is paid.
struct Paying {
    gateway: &'static str,
    method: &'static str,
    status: &'static str,
    state: (u8, &'static str),
    costs: i64,
}

fn paying(dice: &mut Dice, head: &Head, person: &Person) -> Paying {
    let choices: [(&str, &str, i64); 9] = [
        ("mollie", "ideal", 0),
        ("mollie", "ideal", 0),
        ("mollie", "ideal:ideal_INGBNL2A", 0),
        ("mollie", "bancontact", 0),
        ("mollie", "klarna_paylater", 50),
        ("multisafepay", "creditcard", 0),
        ("paypal", "paypal", 35),
        ("basic", "advance", 0),
        ("mollie", "apple_pay", 0),
    ];
    let (gateway, method, costs) = match person.sort {
        Sort::Company if dice.percent(60) => ("basic", "invoice", 0),
        _ => *dice.pick(&choices),
    };
    let (status, state) = match (method, head.status) {
        ("invoice", _) => ("pending", (5, "Pending")),
        (_, 1) => ("new", (5, "Pending")),
        (_, 4) => ("voided", (2, "Cancelled")),
        ("klarna_paylater", _) => ("authorized", (1, "Successful")),
        _ => ("captured", (1, "Successful")),
    };
    Paying { gateway, method, status, state, costs }
}

/// Everything an order is written from.
struct Written<'a> {
    seed: u64,
    index: u32,
    person: &'a Person,
    head: &'a Head,
    lines: Lines,
    paying: Paying,
    discount: bool,
}

fn write_order(order: Written<'_>, dice: &mut Dice) -> String {
    let Written { seed, index, person, head, lines, paying, discount } = order;
    let is_live = dice.percent(25);
    let mut text = String::with_capacity(lines.text.len() + 2400);
    let number = number(index);
    let number = if is_live { format!("\"{number}\"") } else { number.to_string() };
    let _ = write!(
        text,
        concat!(
            r#"{{"number":{},"uuid":"{}","date":"{}","time":"{}","status":{},"status_changed_date":"{}","#,
            r#""status_changed_time":"{}","weight":"{}","archived":false,"finished":true,"taxed":"include","#,
            r#""locale":"{}","currency":"EUR","currency_format_locale":"nl_NL","credit_order_numbers":[]"#,
        ),
        number,
        ident::uuid(seed, 0x64, u64::from(index)),
        head.at.date(),
        head.at.time(),
        head.status,
        head.changed.date(),
        head.changed.time(),
        euros(lines.weight),
        if person.sort == Sort::Swiss { "de_DE" } else { "nl_NL" },
    );
    if discount {
        text.push_str(r#","discountcode":"LENTE10""#);
    }
    match (dice.percent(20), is_live) {
        (true, _) => {
            let said = dice.pick(&["Graag in papier verpakken.", "Bel aan bij de buren.", "Het is een cadeau!"]);
            let _ = write!(text, r#","comments":{{"customer":"{said}"}}"#);
        }
        (false, true) => text.push_str(r#","comments":[]"#),
        (false, false) => {}
    }
    let is_business = person.company.is_some();
    let model = if is_business { "B2B" } else { "B2C" };
    let strategy = match person.sort {
        Sort::Belgian => "reverse_charged_vat",
        Sort::Swiss => "zero_percent",
        _ => "",
    };
    if is_business && dice.percent(50) {
        let _ = write!(text, r#","reference":"PO-{}""#, 1000 + dice.below(9000));
    }
    let _ = write!(
        text,
        concat!(
            r#","business_model":"{}","tax_region":"{}","tax_strategy":"{}","payment_status":"{}","payment":"#,
            r#"{{"gateway_name":"{}","method_name":"{}","status":{{"id":{},"text":"{}"}}}}"#,
        ),
        model, person.country, strategy, paying.status, paying.gateway, paying.method, paying.state.0, paying.state.1,
    );
    write_debtor(&mut text, person, head, (is_live, dice.percent(25)));
    let taxes = lines.sums.iter().map(|(rate, gross)| {
        let vat = gross - divide(gross * 100, 100 + rate);
        format!(r#"{{"rate":"{rate}.00","amount":"{}"}}"#, euros(vat))
    });
    let taxes: Vec<String> = taxes.collect();
    let tax = if let [one] = taxes.as_slice() { one.clone() } else { format!("[{}]", taxes.join(",")) };
    let _ = write!(
        text,
        r#","price":{{"tax":{tax},"total":"{}"}},"orderlines":[{}],"shipping":[{{"country":"#,
        euros(lines.total()),
        lines.text,
    );
    if is_live && dice.percent(50) {
        text.push_str("[]}]}");
    } else {
        let name = country::name(person.country);
        let _ = write!(text, r#"{{"description":"{name}","isocode":"{}"}}}}]}}"#, person.country);
    }
    text
}

/// The buyer with the address of the invoice and, where asked for, another to deliver at.
fn write_debtor(text: &mut String, person: &Person, head: &Head, (is_live, has_delivery): (bool, bool)) {
    text.push_str(r#","debtor":{"#);
    if let Some(id) = &head.debtor {
        let _ = write!(text, r#""id":"{id}","#);
    }
    let name = format!("{} {}", person.first, person.last);
    let _ = write!(text, r#""email":"{}","name":"{name}","phone":"{}","#, person.email, person.phone);
    if let Some(company) = &person.company {
        let _ = write!(text, r#""company":"{company}","#);
    }
    let gender = if person.is_woman { "V" } else { "M" };
    let country = country::name(person.country);
    let _ = write!(
        text,
        concat!(
            r#""address":{{"invoice":{{"gender":"{}","name":"{}","street":"{}","number":"{}","zipcode":"{}","#,
            r#""city":"{}","country":"{}","country_code":"{}","phone":"{}""#,
        ),
        gender, name, person.street, person.number, person.zipcode, person.city, country, person.country, person.phone,
    );
    match &person.company {
        Some(company) => {
            let _ = write!(text, r#","company":"{company}""#);
        }
        None if is_live => text.push_str(r#","company":null"#),
        None => {}
    }
    match &person.vat_number {
        Some(number) => {
            let _ = write!(text, r#","taxnumber":"{number}""#);
        }
        None if is_live => text.push_str(r#","taxnumber":null,"bankaccount":null"#),
        None => {}
    }
    text.push('}');
    if has_delivery {
        let _ = write!(
            text,
            concat!(
                r#","delivery":{{"name":"{}","street":"Afhaalpad","number":"1 achter","zipcode":"{}","city":"{}","#,
                r#""country":"{}","country_code":"{}"}}"#,
            ),
            name, person.zipcode, person.city, country, person.country,
        );
    }
    text.push_str("}}");
}
