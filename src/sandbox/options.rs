//! What a sandbox is started with: its size, its rules, its limits and the faults switched on from the beginning.

use super::fault::Fault;
use jiff::SignedDuration;

/// What a sandbox is started with.
#[derive(Clone, Debug)]
pub struct Options {
    /// What all generated data and all chance faults follow from.
    pub seed: u64,
    /// How many orders are generated besides the samples.
    pub orders: u32,
    /// Whether the sample orders, customers and articles are there.
    pub samples: bool,
    /// Requests per second that the webshop allows; none is unlimited.
    pub shop_limit: Option<u32>,
    /// Requests per second that the bookkeeping allows; none is unlimited.
    pub books_limit: Option<u32>,
    /// How long an access token lives.
    pub token_lifetime: SignedDuration,
    /// How long a refresh token is still good after it was used.
    pub refresh_grace: SignedDuration,
    /// What a person says who is asked to let an application in.
    pub consent: Consent,
    /// Where a browser may be sent back to; none is any port of this machine.
    pub redirects: Option<Vec<String>>,
    /// How long something new in the bookkeeping cannot be found by a search.
    pub search_lag: SignedDuration,
    /// How long it takes from asking to send an invoice until it has its number.
    pub number_delay: SignedDuration,
    /// How late a `slow` answer comes.
    pub slow: std::time::Duration,
    /// The scopes that are ticked for the application in the bookkeeping.
    pub scopes: Vec<String>,
    /// Whether the administration has a plan that includes the API.
    pub plan: bool,
    /// Whether the webshop lets the integrator read customers.
    pub customers_open: bool,
    /// The last closed financial year.
    pub closed_year: Option<i16>,
    /// The faults that are on from the beginning.
    pub faults: Vec<Fault>,
}

/// What a person says who is asked to let an application in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    /// Yes, at once.
    Given,
    /// No, at once.
    Refused,
    /// What they click on the page.
    Asked,
}

/// The scopes that the demo application has.
pub const SCOPES: [&str; 6] = [
    "customers:read",
    "customers:write",
    "invoices:read",
    "invoices:write",
    "organizations:read",
    "organizations:write",
];

impl Default for Options {
    fn default() -> Options {
        Options {
            seed: 1,
            orders: 0,
            samples: true,
            shop_limit: Some(20),
            books_limit: Some(10),
            token_lifetime: SignedDuration::from_secs(7200),
            refresh_grace: SignedDuration::ZERO,
            consent: Consent::Given,
            redirects: None,
            search_lag: SignedDuration::ZERO,
            number_delay: SignedDuration::from_millis(300),
            slow: std::time::Duration::from_secs(60),
            scopes: SCOPES.iter().map(|scope| (*scope).to_owned()).collect(),
            plan: true,
            customers_open: true,
            closed_year: Some(2024),
            faults: Vec::new(),
        }
    }
}
