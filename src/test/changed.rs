//! Records that change in a declared world: what a change named, and what makes a condition of the connector hold.

use crate::eval::{Comparison, Op, Shape, Step};
use crate::test::body;

/// The fields of what was sent that are not as they were.
pub(super) fn difference(before: &str, sent: &str) -> String {
    let fields = crate::connect::json::fields(sent).ok().flatten().unwrap_or_default();
    let same = |name: &str, value: &str| {
        crate::connect::json::fields(before)
            .ok()
            .flatten()
            .unwrap_or_default()
            .iter()
            .any(|(field, there)| field == name && *there == value)
    };
    fields
        .into_iter()
        .filter(|(name, value)| !same(name, value))
        .fold("{}".to_string(), |body, (name, value)| body::over(&body, &format!("{{{}:{value}}}", body::text(&name))))
}

/// The record changed so that a condition holds, where that takes a value in a field or two.
pub(super) fn made_true(record: &str, condition: &Op, shape: &Shape) -> String {
    match condition {
        Op::And(a, b) => made_true(&made_true(record, &a.op, shape), &b.op, shape),
        Op::Compare(Comparison::Equal, _, a, b) => {
            let (path, value) = match (path_of(&a.op, shape), path_of(&b.op, shape)) {
                (Some(path), _) => (path, &b.op),
                (_, Some(path)) => (path, &a.op),
                _ => return record.to_string(),
            };
            let value = match value {
                Op::Text(text) => body::text(text),
                Op::Bool(truth) => truth.to_string(),
                Op::Number(number) => number.to_string(),
                Op::Date(date) => body::text(&date.to_string()),
                _ => return record.to_string(),
            };
            body::with(record, &path, &value)
        }
        path => path_of(path, shape).map_or_else(|| record.to_string(), |path| body::with(record, &path, "true")),
    }
}

/// The dotted name that a plain path of a shape stands for.
pub(super) fn path_of(op: &Op, shape: &Shape) -> Option<String> {
    let Op::Path(_, steps) = op else {
        if let Op::Coalesce(first, _) = op {
            return path_of(&first.op, shape);
        }
        return None;
    };
    let mut names: Vec<String> = Vec::new();
    let mut shape = shape;
    for step in steps {
        let Step::Field(slot) = step else { return None };
        let field = shape.fields.get(*slot as usize)?;
        names.push(field.name.to_string());
        if let Some(inner) = &field.shape {
            shape = inner;
        }
    }
    Some(names.join("."))
}
