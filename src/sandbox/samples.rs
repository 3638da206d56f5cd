//! The sample payloads that come with the program, as their files have them.

macro_rules! sample {
    ($path:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/samples/", $path))
    };
}

pub(super) const STORE: &str = sample!("store.json");
pub(super) const ARTICLES: &str = sample!("articles.json");
pub(super) const STATUSES: &str = sample!("orderstatuses.json");
pub(super) const GATEWAYS: &str = sample!("gateways.json");
pub(super) const CUSTOMERS: &str = sample!("customers.json");
pub(super) const TAX_REGIONS: &str = sample!("tricky/11-tax-policy-regions-wrapped.json");

/// All sample orders.
pub(super) const ORDERS: [&str; 27] = [
    sample!("orders/01-person-nl-21.json"),
    sample!("orders/02-company-nl-b2b.json"),
    sample!("orders/03-mixed-9-21.json"),
    sample!("orders/04-discount.json"),
    sample!("orders/05-shipping-payment-costs.json"),
    sample!("orders/06-eu-reverse-charge.json"),
    sample!("orders/07-export-ch.json"),
    sample!("orders/08-guest-without-company.json"),
    sample!("orders/09-missing-optional-fields.json"),
    sample!("orders/10-unicode-and-suffixes.json"),
    sample!("orders/11-credit-order.json"),
    sample!("orders/12-test-order.json"),
    sample!("orders/13-unknown-sku.json"),
    sample!("orders/14-zero-total.json"),
    sample!("orders/15-ten-euro-custom-line.json"),
    sample!("tricky/01-live-shapes.json"),
    sample!("tricky/02-test-order-text-number.json"),
    sample!("tricky/03-action-price-option.json"),
    sample!("tricky/04-amounts-as-numbers.json"),
    sample!("tricky/05-credit-positive-quantity.json"),
    sample!("tricky/06-total-off-by-one-cent.json"),
    sample!("tricky/07-empty-strings.json"),
    sample!("tricky/08-combined-street-number.json"),
    sample!("tricky/09-unknown-line-type-and-zero-shipping.json"),
    sample!("tricky/10-no-gross-amounts.json"),
    sample!("tricky/13-company-only-in-deprecated-field.json"),
    sample!("tricky/14-gift-card-zero-rate.json"),
];
