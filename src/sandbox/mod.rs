//! The two simulated systems, a webshop and a bookkeeping: in go HTTP requests, out come the answers that the real ones
//! give, with faults on demand; nothing here leaves the machine.

mod books;
mod call;
mod country;
mod credentials;
mod fault;
mod gate;
pub mod generate;
mod ident;
mod inspect;
mod log;
mod money;
mod options;
mod pace;
mod samples;
mod shop;
mod wire;

pub use credentials::CLIENT_ID;
pub use credentials::CLIENT_SECRET;
pub use credentials::PARTNER_TOKEN;
pub use credentials::SHOP_TOKEN;
pub use credentials::workspace_toml;
pub use fault::Broken;
pub use fault::Fault;
pub use fault::FaultKind;
pub use fault::Rate;
pub use log::Request;
pub use options::Consent;
pub use options::Options;
pub use options::SCOPES;

use axum::Router;
use books::Books;
use fault::Faults;
use gate::System;
use jiff::Timestamp;
use log::Log;
use pace::Pace;
use serde_json::Value;
use shop::Shop;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

/// Tells what time it is.
pub type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Both systems with their state; clones share it.
#[derive(Clone)]
pub struct Sandbox {
    options: Arc<Options>,
    now: Now,
    state: Arc<Mutex<State>>,
}

struct State {
    shop: Shop,
    books: Books,
    faults: Faults,
    log: Log,
    shop_pace: Pace,
    books_pace: Pace,
}

impl State {
    fn new(options: &Options) -> State {
        let mut faults = Faults::default();
        faults.set(options.faults.clone());
        State {
            shop: Shop::new(options),
            books: Books::new(options),
            faults,
            log: Log::default(),
            shop_pace: Pace::default(),
            books_pace: Pace::default(),
        }
    }
}

impl Sandbox {
    /// Both systems as the options say, on the given clock.
    pub fn new(options: Options, now: Now) -> Sandbox {
        let state = State::new(&options);
        Sandbox { options: Arc::new(options), now, state: Arc::new(Mutex::new(state)) }
    }

    /// The webshop, to be called without a socket too.
    pub fn shop(&self) -> Router {
        gate::router(self.clone(), System::Shop)
    }

    /// The bookkeeping with its token endpoint, to be called without a socket too.
    pub fn books(&self) -> Router {
        gate::router(self.clone(), System::Books)
    }

    /// Everything back to how it was at the start.
    pub fn reset(&self) {
        *self.state() = State::new(&self.options);
    }

    /// Switches these faults on and all others off.
    pub fn set_faults(&self, faults: Vec<Fault>) {
        self.state().faults.set(faults);
    }

    /// The requests since the start, oldest first (the last twenty thousand).
    pub fn requests(&self) -> Vec<Request> {
        self.state().log.list()
    }

    /// The invoices in the bookkeeping as it shows them, oldest first.
    pub fn invoices(&self) -> Vec<Value> {
        let now = self.time();
        let mut state = self.state();
        state.books.settle(now);
        state.books.all_invoices()
    }

    /// The customers in the bookkeeping as it shows them, oldest first.
    pub fn customers(&self) -> Vec<Value> {
        self.state().books.all_customers()
    }

    /// The orders in the webshop as it shows them, by number.
    pub fn orders(&self) -> Vec<Value> {
        self.state().shop.all_orders()
    }

    /// Puts an order into the webshop, in place of the one with its number where there is one.
    pub fn put_order(&self, order: &str) -> Result<(), String> {
        self.state().shop.put_order(order)
    }

    /// Gives an order another status now; false when there is no such order.
    pub fn set_order_status(&self, number: &str, status: i64) -> bool {
        let now = self.time();
        self.state().shop.set_status(number, status, call::local(now))
    }

    /// A person takes back what they agreed to in the bookkeeping: its tokens open nothing any more.
    pub fn revoke(&self) {
        self.state().books.revoke();
    }

    /// Notes an invoice as paid in full; false when there is no such sent invoice.
    pub fn pay_invoice(&self, id: &str) -> bool {
        let now = self.time();
        let mut state = self.state();
        state.books.settle(now);
        state.books.pay(id)
    }

    fn time(&self) -> Timestamp {
        (self.now)()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
