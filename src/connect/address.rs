//! Where a request goes: a path with its holes filled, parameters behind it, and the same without keys for people.

use url::Url;

use crate::connect::{Class, Fault, PathPart};

/// The address a connection starts from.
///
/// # Errors
/// When it is no plain `http` or `https` address.
pub(super) fn base(text: &str, what: &str) -> Result<Url, Fault> {
    let wrong = |why: &str| Fault::unsent(Class::Config, format!("the {what} address is wrong: {why}"));
    let url = Url::parse(text).map_err(|error| wrong(&error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("it begins with neither `http://` nor `https://`"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("a name or password does not belong into an address"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("it ends with a query or a fragment"));
    }
    Ok(url)
}

/// The address of an operation.
///
/// # Errors
/// When a hole cannot be filled so that exactly this record is meant.
pub(super) fn fill(base: &Url, path: &[PathPart], value: impl Fn(&str) -> Option<String>) -> Result<Url, Fault> {
    let mut text = base.as_str().trim_end_matches('/').to_string();
    for part in path {
        match part {
            PathPart::Text(characters) => text.push_str(characters),
            PathPart::Field(name) => {
                let value = value(name).unwrap_or_default();
                // An empty piece of a path would mean the list, and dots the level above: another thing than was asked.
                if value.is_empty() || value == "." || value == ".." {
                    let words = format!("`{value}` cannot be the `{name}` of an address");
                    return Err(Fault::unsent(Class::Validation, words));
                }
                text.push_str(&encoded(&value));
            }
        }
    }
    Url::parse(&text).map_err(|error| Fault::unsent(Class::Config, format!("the address is wrong: {error}")))
}

/// A value as it stands in an address.
pub(super) fn encoded(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            text.push(char::from(byte));
        } else {
            const HEX: &[u8; 16] = b"0123456789ABCDEF";
            text.push('%');
            text.push(char::from(HEX[usize::from(byte >> 4)]));
            text.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
    text
}

/// The address with parameters behind it.
pub(super) fn with<'a>(url: &Url, parameters: impl IntoIterator<Item = (&'a str, &'a str)>) -> Url {
    let mut url = url.clone();
    let mut parameters = parameters.into_iter().peekable();
    if parameters.peek().is_some() {
        url.query_pairs_mut().extend_pairs(parameters);
    }
    url
}
