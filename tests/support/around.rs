//! Lines that a page shows go in; a whole file around them comes out.

/// A whole flow around lines that a page shows: roles and a source, where the lines have none of their own.
pub fn flow(lines: &str) -> String {
    if lines.starts_with("koppel") {
        return lines.to_string();
    }
    let begins = |word: &str| lines.lines().any(|line| line.starts_with(word));
    let mut text = String::from("koppel 1\nflow example \"Example\"\n");
    let source = !begins("from ");
    if (source || lines.contains("shop.")) && !lines.contains("as shop\n") {
        text.push_str("use mijnwebwinkel as shop\n");
    }
    if lines.contains("books.") && !lines.contains("as books\n") {
        text.push_str("use jortt as books\n");
    }
    if source {
        text.push_str("from shop.orders as order { key order.uuid }\n");
    }
    format!("{text}\n{lines}")
}

/// A whole connector around lines that a page shows.
pub fn connector(lines: &str) -> String {
    if lines.starts_with("koppel") {
        return lines.to_string();
    }
    let begins = |word: &str| lines.lines().any(|line| line.starts_with(word));
    let parts = [
        ("base", "base \"https://example.org\"\n"),
        ("auth", "auth keys { header \"X-Key\" = secret.key }\n"),
        ("pages", "pages none\n"),
    ];
    let mut text = String::from("koppel 1\nconnector example \"Example\"\n");
    text.extend(parts.iter().filter(|(word, _)| !begins(word)).map(|(_, part)| *part));
    text.push_str(&format!("\n{lines}"));
    if !begins("shape thing ") {
        text.push_str("\nshape thing { id: id  name: text  amount: decimal  changed: datetime }\n");
    }
    if !begins("resource ") {
        text.push_str("\nresource things of thing { list GET \"/things\" }\n");
    }
    text
}

/// A whole `koppel.toml` around lines that a page shows.
pub fn config(lines: &str) -> String {
    let mut text = lines.to_string();
    let parts = [
        ("[connections.shop]", "\n[connections.shop]\nsecret.token = \"env:SHOP_TOKEN\"\n"),
        (
            "[connections.books]",
            "\n[connections.books]\nsecret.client_id = \"env:BOOKS_ID\"\nsecret.client_secret = \"env:BOOKS_SECRET\"\n",
        ),
        ("[flows.orders]", "\n[flows.orders]\nsettings.first_date = 2026-01-01\n"),
    ];
    text.extend(parts.iter().filter(|(head, _)| !lines.contains(head)).map(|(_, part)| *part));
    text
}
