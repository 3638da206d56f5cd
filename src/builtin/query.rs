//! A JSONPath in a text; what it gives is worked out where the flow is checked.

use crate::builtin::expect_text;
use crate::value::{Builtin, Example, Kind, Typed};

/// The name of the function: the checker reads its path.
pub const QUERY: &str = "query";

pub(super) const ROWS: &[Builtin] = &[Builtin {
    name: QUERY,
    signature: "query(record, path: text) -> list of K",
    doc: "What a JSONPath (RFC 9535) names in the record or list, `$`: one value when the path can name one only, else a list. The path is a written text, and checked with the flow.",
    examples: &[
        Example { call: r#"query({ rates = [0, 9, 21] }, "$.rates[?@ > 5]")"#, gives: "[9, 21]" },
        Example { call: r#"query({ rates = [0, 9, 21] }, "$.rates[-1]")"#, gives: "21" },
    ],
    arity: (2, 2),
    kind: |given| {
        expect_text(given, 1)?;
        Ok(Typed::sure(Kind::Any))
    },
    literals: None,
    spreads: true,
    call: |_, _| Err("a script reads its records and lists itself: `record.field`, `list[0]`".to_string()),
}];
