//! Lists in pages of a hundred: in go all rows and a request, out comes one page with links to its neighbours.

use super::errors;
use super::errors::Detail;
use super::token::encode;
use crate::sandbox::call::Answer;
use crate::sandbox::call::Call;
use serde_json::Value;
use serde_json::json;

/// Rows on a page.
const SIZE: usize = 100;

/// The lower-case words that are searched for; none where nothing is.
pub(super) fn words(call: &Call) -> Result<Option<Vec<String>>, Answer> {
    let Some(query) = call.query("query") else { return Ok(None) };
    if query.trim().chars().count() < 3 {
        let detail = Detail::because("query", "is too short (minimum is 3 characters)");
        return Err(errors::invalid(&[detail]));
    }
    Ok(Some(query.split_whitespace().map(str::to_lowercase).collect()))
}

/// One page of the rows, shown by `view`.
pub(super) fn page<T>(call: &Call, rows: &[T], view: impl Fn(&T) -> Value) -> Answer {
    let number = match call.query("page").map(str::parse::<usize>) {
        None => 1,
        Some(Ok(number)) if (1..=1_000_000).contains(&number) => number,
        Some(_) => return errors::invalid(&[Detail::invalid("page")]),
    };
    let start = (number - 1) * SIZE;
    let first = match start {
        0 => 0,
        _ => start.saturating_add_signed(isize::try_from(call.shift).unwrap_or(0)),
    };
    let data = rows.iter().skip(first).take(SIZE).map(view).collect::<Vec<_>>();
    // The filter on a status is lost in these links, as it is in the real ones.
    let query = call.query("query").map(|query| format!("query={}&", encode(query))).unwrap_or_default();
    let link = |page: usize| json!({"href": format!("{}{}?{query}page={page}", call.base, call.path), "type": "application/json"});
    Answer::json(
        200,
        &json!({
            "data": data,
            "_links": {
                "previous": (number > 1).then(|| link(number - 1)),
                "next": (start + SIZE < rows.len()).then(|| link(number + 1)),
                "self": link(number),
                "documentation": {"href": "https://developer.jortt.nl/#pagination", "type": "text/html"},
            },
        }),
    )
}
