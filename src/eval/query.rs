//! A path that cannot be compiled: parsed once at check time, asked of one subtree.

use std::sync::Arc;

use jsonpath_rust::parser::model::{JpQuery, Segment, Selector};
use jsonpath_rust::parser::parse_json_path;
use jsonpath_rust::query::js_path_process;
use jsonpath_rust::query::queryable::Queryable;
use regex::Regex;
use rust_decimal::Decimal;

use crate::value::{Arena, Kind, Value, exact};

/// A parsed JSONPath (RFC 9535).
#[derive(Debug)]
pub struct Query {
    query: JpQuery,
    /// It asks which of two numbers is larger, which the library does in binary.
    orders: bool,
}

/// A query, and what it gives of the kind it was parsed for.
#[derive(Debug)]
pub struct Compiled {
    /// The query.
    pub query: Query,
    /// The kind of one value that it names.
    pub kind: Kind,
    /// It names one value at most.
    pub single: bool,
}

impl Query {
    /// Parses a path that begins with `$`, to be asked of a value of that kind.
    ///
    /// # Errors
    /// In words, when it is no RFC 9535 path, or names fields that the kind does not have.
    pub fn compile(text: &str, kind: &Kind) -> Result<Compiled, String> {
        let query = parse_json_path(text).map_err(|_| format!("`{text}` is no JSONPath (RFC 9535)"))?;
        let printed = format!("{query:?}");
        if printed.contains("Custom(") {
            return Err("functions in a path are `length`, `count`, `value`, `match` and `search`".to_string());
        }
        names_are_sound(text, &printed)?;
        patterns_are_sound(text)?;
        let orders = ["Lt(", "Lte(", "Gt(", "Gte("].iter().any(|word| printed.contains(word));
        let mut kinds = vec![kind.clone()];
        let mut single = true;
        for segment in &query.segments {
            single &= matches!(segment, Segment::Selector(Selector::Name(_) | Selector::Index(_)));
            kinds = kinds.iter().map(|kind| after(segment, kind)).collect::<Result<Vec<_>, _>>()?.concat();
            kinds.dedup();
        }
        let Some(first) = kinds.first().cloned() else { return Err(format!("`{text}` can name nothing here")) };
        if kinds.iter().any(|other| *other != first) {
            return Err(format!("`{text}` names values of different kinds: {first} and others"));
        }
        Ok(Compiled { query: Query { query, orders }, kind: first, single })
    }

    /// Asks a value; what it names are parts of that value.
    pub(super) fn ask(&self, root: Value, kind: &Kind, single: bool, arena: &mut Arena) -> Result<Value, String> {
        if !root.is_set() {
            return Ok(Value::Unset);
        }
        let tree = Node::of(root, kind, arena);
        if self.orders {
            tree.can_be_ordered()?;
        }
        let named: Vec<Value> = js_path_process(&self.query, &tree)
            .map_err(|error| format!("the path cannot be followed: {error}"))?
            .into_iter()
            .map(|found| found.val().value)
            .filter(|value| value.is_set())
            .collect();
        if let Some(bad) = named.iter().find(|value| matches!(value, Value::Bad(_))) {
            return Ok(*bad);
        }
        if single {
            return Ok(named.first().copied().unwrap_or_default());
        }
        let height = arena.stack_len();
        for value in named {
            arena.push(value);
        }
        Ok(Value::List(arena.take_list(height)))
    }
}

/// The library takes `@.a b` as a field of that name; the standard does not.
fn names_are_sound(text: &str, printed: &str) -> Result<(), String> {
    for part in printed.split("Name(\"").skip(1) {
        let name = part.split("\")").next().unwrap_or_default();
        if name.contains(char::is_whitespace)
            && !text.contains(&format!("'{name}'"))
            && !text.contains(&format!("\"{name}\""))
        {
            return Err(format!(
                "`{name}` is no field's name: put it in quotes and brackets, or use the words of a path"
            ));
        }
    }
    Ok(())
}

/// A pattern that cannot be read would match nothing without a word.
fn patterns_are_sound(text: &str) -> Result<(), String> {
    for function in ["match(", "search("] {
        for call in text.split(function).skip(1) {
            let Some((_, pattern)) = call.split_once(',') else { continue };
            let pattern = pattern.trim_start();
            let Some(quote) = pattern.chars().next().filter(|first| matches!(first, '\'' | '"')) else { continue };
            let Some(pattern) = pattern[1..].split(quote).next() else { continue };
            Regex::new(pattern).map_err(|_| format!("`{pattern}` is no pattern"))?;
        }
    }
    Ok(())
}

/// The kinds that a segment can lead to.
fn after(segment: &Segment, kind: &Kind) -> Result<Vec<Kind>, String> {
    let mut kinds = match segment {
        Segment::Selector(selector) => selected(selector, kind)?,
        Segment::Selectors(selectors) => {
            selectors.iter().map(|selector| selected(selector, kind)).collect::<Result<Vec<_>, _>>()?.concat()
        }
        Segment::Descendant(inner) => {
            let mut all = Vec::new();
            descend(kind, &mut |below| {
                if let Ok(found) = after(inner, below) {
                    all.extend(found);
                }
            });
            all
        }
    };
    kinds.dedup();
    Ok(kinds)
}

fn selected(selector: &Selector, kind: &Kind) -> Result<Vec<Kind>, String> {
    Ok(match (selector, kind) {
        (Selector::Name(name), Kind::Record(record)) => match record.position(name) {
            Some(slot) => vec![record.fields[slot].typed.kind.clone()],
            None => return Err(format!("{kind} has no field `{name}`")),
        },
        (Selector::Wildcard | Selector::Filter(_), Kind::Record(record)) => {
            record.fields.iter().map(|field| field.typed.kind.clone()).collect()
        }
        (Selector::Wildcard | Selector::Filter(_) | Selector::Index(_) | Selector::Slice(..), Kind::List(inner)) => {
            vec![(**inner).clone()]
        }
        (Selector::Name(name), kind) => return Err(format!("{kind} has no field `{name}`")),
        (_, kind) => return Err(format!("{kind} has no elements")),
    })
}

fn descend(kind: &Kind, told: &mut dyn FnMut(&Kind)) {
    told(kind);
    match kind {
        Kind::Record(record) => record.fields.iter().for_each(|field| descend(&field.typed.kind, told)),
        Kind::List(inner) => descend(inner, told),
        _ => {}
    }
}

/// A value as the library wants to see it, with the slot it stands for.
#[derive(Clone, Debug, Default)]
struct Node {
    value: Value,
    leaf: Leaf,
    elements: Option<Vec<Node>>,
    fields: Vec<(Arc<str>, Node)>,
}

#[derive(Clone, Debug, Default, PartialEq)]
enum Leaf {
    #[default]
    None,
    Text(String),
    Number(Decimal),
    Bool(bool),
}

impl Node {
    fn of(value: Value, kind: &Kind, arena: &Arena) -> Node {
        let mut node = Node { value, ..Node::default() };
        match (value, kind) {
            (Value::Record(run), Kind::Record(record)) => {
                for (field, value) in record.fields.iter().zip(arena.slots(run)) {
                    if value.is_set() {
                        node.fields.push((field.name.clone(), Node::of(*value, &field.typed.kind, arena)));
                    }
                }
            }
            (Value::List(run), Kind::List(inner)) => {
                node.elements = Some(arena.slots(run).iter().map(|value| Node::of(*value, inner, arena)).collect());
            }
            (Value::Text(text), _) => node.leaf = Leaf::Text(arena.text(text).to_string()),
            (Value::Number(number), _) => node.leaf = Leaf::Number(number),
            (Value::Bool(truth), _) => node.leaf = Leaf::Bool(truth),
            (Value::Date(date), _) => node.leaf = Leaf::Text(date.to_string()),
            (Value::Datetime(at), _) => node.leaf = Leaf::Text(at.to_string()),
            _ => {}
        }
        node
    }

    /// A number that binary holds well enough to be ordered: at most 15 digits, 6 of them decimals.
    fn binary(number: Decimal) -> Option<f64> {
        let number = exact::plain(number);
        let short = number.mantissa().unsigned_abs() < 1_000_000_000_000_000 && number.scale() <= 6;
        short.then(|| number.to_string().parse().ok()).flatten()
    }

    fn can_be_ordered(&self) -> Result<(), String> {
        if let Leaf::Number(number) = self.leaf
            && Node::binary(number).is_none()
        {
            return Err(format!("{number} has too many digits to be compared in a path's filter: use `each … where`"));
        }
        self.fields
            .iter()
            .map(|(_, node)| node)
            .chain(self.elements.iter().flatten())
            .try_for_each(Node::can_be_ordered)
    }
}

impl PartialEq for Node {
    fn eq(&self, other: &Node) -> bool {
        self.leaf == other.leaf && self.elements == other.elements && self.fields == other.fields
    }
}

impl From<&str> for Node {
    fn from(text: &str) -> Node {
        Node::from(text.to_string())
    }
}

impl From<String> for Node {
    fn from(text: String) -> Node {
        Node { leaf: Leaf::Text(text), ..Node::default() }
    }
}

impl From<bool> for Node {
    fn from(truth: bool) -> Node {
        Node { leaf: Leaf::Bool(truth), ..Node::default() }
    }
}

impl From<i64> for Node {
    fn from(number: i64) -> Node {
        Node { leaf: Leaf::Number(number.into()), ..Node::default() }
    }
}

impl From<f64> for Node {
    fn from(number: f64) -> Node {
        // The shortest text that stands for it is what was written.
        exact::parse(&number.to_string())
            .map_or_else(|_| Node::default(), |number| Node { leaf: Leaf::Number(number), ..Node::default() })
    }
}

impl From<Vec<Node>> for Node {
    fn from(elements: Vec<Node>) -> Node {
        Node { elements: Some(elements), ..Node::default() }
    }
}

impl Queryable for Node {
    fn get(&self, key: &str) -> Option<&Node> {
        self.fields.iter().find(|(name, _)| **name == *key).map(|(_, node)| node)
    }

    fn as_array(&self) -> Option<&Vec<Node>> {
        self.elements.as_ref()
    }

    fn as_object(&self) -> Option<Vec<(&str, &Node)>> {
        (!self.fields.is_empty()).then(|| self.fields.iter().map(|(name, node)| (&**name, node)).collect())
    }

    fn as_str(&self) -> Option<&str> {
        if let Leaf::Text(text) = &self.leaf { Some(text) } else { None }
    }

    fn as_i64(&self) -> Option<i64> {
        None
    }

    fn as_f64(&self) -> Option<f64> {
        if let Leaf::Number(number) = self.leaf { Node::binary(number) } else { None }
    }

    fn as_bool(&self) -> Option<bool> {
        if let Leaf::Bool(truth) = self.leaf { Some(truth) } else { None }
    }

    fn null() -> Node {
        Node::default()
    }
}
