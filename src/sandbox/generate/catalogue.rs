//! The articles that orders are generated from: the samples and more of their kind, each with a price and a rate of VAT.

use crate::sandbox::ident;
use serde_json::Value;
use serde_json::json;

/// An article.
pub(super) struct Article {
    pub(super) id: i64,
    pub(super) sku: &'static str,
    pub(super) name: &'static str,
    /// The price with VAT, in cents.
    pub(super) cents: i64,
    /// The purchase price, in cents.
    pub(super) purchase: i64,
    /// The weight, in hundredths of a kilo.
    pub(super) weight: i64,
    /// VAT in percent.
    pub(super) rate: i64,
}

const fn article(id: i64, sku: &'static str, name: &'static str, [cents, purchase, weight, rate]: [i64; 4]) -> Article {
    Article { id, sku, name, cents, purchase, weight, rate }
}

/// Articles in the sample file.
const SAMPLES: usize = 8;

/// All articles; the first eight are the samples, the last of these a voucher that is never ordered here.
pub(super) const ARTICLES: [Article; 28] = [
    article(41001, "KOP-MOK-WIT", "Mok wit 300 ml", [1250, 410, 35, 21]),
    article(41002, "KOP-THEE-GRN", "Groene thee 100 g", [695, 205, 11, 9]),
    article(41003, "KOP-BOEK-01", "Bakboek voor beginners", [2495, 1120, 80, 9]),
    article(41004, "KOP-KAARS-L", "Geurkaars groot", [1795, 675, 60, 21]),
    article(41005, "KOP-SJAAL-RD", "Wollen sjaal rood", [3900, 1430, 25, 21]),
    article(41006, "KOP-PAPIER-A4", "Notitieblok A4", [499, 115, 30, 21]),
    article(41007, "KOP-KOFFIE-1K", "Koffiebonen 1 kg", [1875, 840, 102, 9]),
    article(41008, "KOP-BON-25", "Cadeaubon 25 euro", [2500, 0, 1, 0]),
    article(41009, "KOP-MOK-ZWT", "Mok zwart 300 ml", [1250, 410, 35, 21]),
    article(41010, "KOP-THEE-ZWT", "Zwarte thee 100 g", [645, 190, 11, 9]),
    article(41011, "KOP-THEE-MUNT", "Muntthee 20 zakjes", [325, 95, 6, 9]),
    article(41012, "KOP-KOFFIE-250", "Koffie gemalen 250 g", [549, 240, 26, 9]),
    article(41013, "KOP-BOEK-02", "Brood uit eigen oven", [2999, 1350, 95, 9]),
    article(41014, "KOP-BOEK-03", "Het kleine theeboek", [1499, 620, 40, 9]),
    article(41015, "KOP-KAARS-S", "Geurkaars klein", [995, 340, 28, 21]),
    article(41016, "KOP-SJAAL-BL", "Wollen sjaal blauw", [3900, 1430, 25, 21]),
    article(41017, "KOP-MUTS-GR", "Gebreide muts grijs", [2250, 810, 15, 21]),
    article(41018, "KOP-PAPIER-A5", "Notitieblok A5", [349, 80, 18, 21]),
    article(41019, "KOP-PEN-3", "Balpennen, set van 3", [575, 160, 5, 21]),
    article(41020, "KOP-KAN-1L", "Theekan glas 1 liter", [2795, 1090, 85, 21]),
    article(41021, "KOP-FILTER-100", "Koffiefilters 100 stuks", [289, 70, 15, 21]),
    article(41022, "KOP-HONING", "Bloemenhoning 350 g", [725, 310, 55, 9]),
    article(41023, "KOP-CHOCO-P", "Chocoladereep puur 70%", [375, 145, 12, 9]),
    article(41024, "KOP-KOEK-ZAK", "Haverkoekjes 200 g", [415, 150, 22, 9]),
    article(41025, "KOP-THEEDOEK", "Theedoek linnen", [1095, 390, 12, 21]),
    article(41026, "KOP-SCHORT", "Keukenschort canvas", [2650, 960, 42, 21]),
    article(41027, "KOP-ONDERZET-6", "Onderzetters kurk, set van 6", [1199, 370, 20, 21]),
    article(41028, "KOP-KAART-10", "Wenskaarten, set van 10", [850, 210, 16, 21]),
];

/// VAT on an article, in percent.
pub(crate) fn rate_of(id: i64) -> i64 {
    ARTICLES.iter().find(|article| article.id == id).map_or(21, |article| article.rate)
}

/// Cents as an amount.
pub(super) fn euros(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", cents.abs() / 100, cents.abs() % 100)
}

/// The articles besides the samples, as the webshop shows them.
pub(crate) fn articles() -> Vec<Value> {
    let view = |article: &Article| {
        let place = article.id - 41000;
        json!({
            "id": article.id,
            "uuid": ident::uuid(0, 0xA0, article.id.unsigned_abs()),
            "name": article.name,
            "description": format!("{} (verzonnen artikel)", article.name),
            "sku": article.sku,
            "taxable": true,
            "price": {"default": euros(article.cents), "purchase": euros(article.purchase)},
            "created_date": format!("2025-11-{place:02}"),
            "created_time": "09:00:00",
            "updated_date": format!("2026-01-{place:02}"),
            "updated_time": "10:30:00",
            "stock": 10_000 + place,
            "delivery_days": 3,
            "can_backorder": false,
            "extra": {"visible": {}, "invisible": {"weight": euros(article.weight)}},
            "categories": [{"category_id": 7001, "article_url_id": 300 + place, "is_active": true, "is_main": true, "position": place}],
            "lists": [],
            "variants": [],
            "images": [],
        })
    };
    ARTICLES[SAMPLES..].iter().map(view).collect()
}

/// Articles that can be ordered.
pub(super) fn for_sale() -> impl Iterator<Item = &'static Article> {
    ARTICLES.iter().filter(|article| article.rate > 0)
}
