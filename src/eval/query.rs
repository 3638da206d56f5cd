//! A path that cannot be compiled: parsed once at check time, asked of one subtree.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jsonpath_rust::parser::model::{
    Comparable, Comparison, Filter, FilterAtom, FnArg, JpQuery, Literal, Segment, Selector, SingularQuery,
    SingularQuerySegment, Test, TestFunction,
};
use jsonpath_rust::parser::parse_json_path;
use jsonpath_rust::query::js_path_process;
use jsonpath_rust::query::queryable::Queryable;
use regex::RegexBuilder;
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
    /// In words, when it is no RFC 9535 path, names fields that the kind does not have, or holds a pattern that is none.
    pub fn compile(text: &str, kind: &Kind) -> Result<Compiled, String> {
        bounded(text)?;
        numbers_are_short(text)?;
        // The author wrote a name where the standard has `$`.
        let shown = text.strip_prefix('$').unwrap_or(text);
        let query = parse_json_path(text).map_err(|_| format!("`{shown}`, which is no JSONPath (RFC 9535)"))?;
        let mut judge = Judge { root: kind, orders: false };
        let kinds = judge.query(&query.segments, kind)?;
        let Some(first) = kinds.first().cloned() else { return Err(format!("`{shown}`, which can name nothing here")) };
        if let Some(other) = kinds.iter().find(|other| **other != first) {
            return Err(format!("`{shown}`, which names values of different kinds: {first} and {other}"));
        }
        let plain = |segment: &Segment| matches!(segment, Segment::Selector(Selector::Name(_) | Selector::Index(_)));
        let single = query.segments.iter().all(plain);
        Ok(Compiled { query: Query { query, orders: judge.orders }, kind: first, single })
    }

    /// Asks a value; what it names are parts of that value.
    pub(super) fn ask(&self, root: Value, kind: &Kind, single: bool, arena: &mut Arena) -> Result<Value, String> {
        if !root.is_set() {
            return Ok(Value::Unset);
        }
        let guessed = Arc::new(AtomicBool::new(false));
        let tree = Node::of(root, kind, arena, &guessed);
        let found =
            js_path_process(&self.query, &tree).map_err(|error| format!("the path cannot be followed: {error}"))?;
        if self.orders && guessed.load(Ordering::Relaxed) {
            let words = "a number has too many digits to be compared in a path's filter: use `each … where`";
            return Err(words.to_string());
        }
        let height = arena.stack_len();
        for named in found {
            match named.val().value {
                Value::Unset => {}
                bad @ Value::Bad(_) => return Ok(bad),
                value if single => return Ok(value),
                value => arena.push(value),
            }
        }
        Ok(if single { Value::Unset } else { Value::List(arena.take_list(height)) })
    }
}

/// Goes through a query as parsed: the library takes more than the standard, and is silent about what names nothing.
struct Judge<'k> {
    root: &'k Kind,
    orders: bool,
}

impl Judge<'_> {
    /// The kinds that segments lead to.
    fn query(&mut self, segments: &[Segment], kind: &Kind) -> Result<Vec<Kind>, String> {
        let mut kinds = vec![kind.clone()];
        for segment in segments {
            let mut next = Vec::new();
            for kind in &kinds {
                self.segment(segment, kind, &mut next)?;
            }
            kinds = next;
        }
        Ok(kinds)
    }

    fn segment(&mut self, segment: &Segment, kind: &Kind, found: &mut Vec<Kind>) -> Result<(), String> {
        match segment {
            Segment::Selector(selector) => self.selector(selector, kind, found),
            Segment::Selectors(selectors) => {
                selectors.iter().try_for_each(|selector| self.selector(selector, kind, found))
            }
            Segment::Descendant(inner) => {
                let mut below = Vec::new();
                everything(kind, &mut below);
                let before = found.len();
                let mut problem = None;
                for kind in &below {
                    if let Err(words) = self.segment(inner, kind, found) {
                        problem.get_or_insert(words);
                    }
                }
                match problem {
                    Some(words) if found.len() == before => Err(words),
                    _ => Ok(()),
                }
            }
        }
    }

    fn selector(&mut self, selector: &Selector, kind: &Kind, found: &mut Vec<Kind>) -> Result<(), String> {
        match (selector, kind) {
            (Selector::Name(name), kind) => add(field(name, kind)?, found),
            (Selector::Filter(filter), Kind::Record(record)) => {
                for part in &record.fields {
                    self.filter(filter, &part.typed.kind)?;
                    add(part.typed.kind.clone(), found);
                }
            }
            (Selector::Wildcard, Kind::Record(record)) => {
                record.fields.iter().for_each(|part| add(part.typed.kind.clone(), found));
            }
            (Selector::Filter(filter), Kind::List(inner)) => {
                self.filter(filter, inner)?;
                add((**inner).clone(), found);
            }
            (Selector::Wildcard | Selector::Index(_) | Selector::Slice(..), Kind::List(inner)) => {
                add((**inner).clone(), found);
            }
            (_, kind) => return Err(format!("{kind}, which has no elements")),
        }
        Ok(())
    }

    fn filter(&mut self, filter: &Filter, current: &Kind) -> Result<(), String> {
        match filter {
            Filter::Or(parts) | Filter::And(parts) => parts.iter().try_for_each(|part| self.filter(part, current)),
            Filter::Atom(FilterAtom::Filter { expr, .. }) => self.filter(expr, current),
            Filter::Atom(FilterAtom::Test { expr, .. }) => self.test(expr, current),
            Filter::Atom(FilterAtom::Comparison(comparison)) => {
                let (left, right) = comparison.vals();
                if !matches!(**comparison, Comparison::Eq(..) | Comparison::Ne(..)) {
                    self.orders = true;
                    [left, right].into_iter().try_for_each(can_be_ordered)?;
                }
                let (left, right) = (self.comparable(left, current)?, self.comparable(right, current)?);
                match (left, right) {
                    (Some(left), Some(right)) if left != right => {
                        Err(format!("a comparison of {} with {}, which are never equal", left.words(), right.words()))
                    }
                    _ => Ok(()),
                }
            }
        }
    }

    fn test(&mut self, test: &Test, current: &Kind) -> Result<(), String> {
        match test {
            Test::RelQuery(segments) => self.query(segments, current).map(|_| ()),
            Test::AbsQuery(query) => self.query(&query.segments, &self.root.clone()).map(|_| ()),
            Test::Function(function) => self.function(function, current).map(|_| ()),
        }
    }

    /// What a side of a comparison is, where that can be told.
    fn comparable(&mut self, side: &Comparable, current: &Kind) -> Result<Option<Side>, String> {
        match side {
            Comparable::Literal(literal) => Ok(match literal {
                Literal::Int(_) | Literal::Float(_) => Some(Side::Number),
                Literal::String(_) => Some(Side::Text),
                Literal::Bool(_) => Some(Side::Bool),
                Literal::Null => return Err("null: what is not set is asked for by `?@.field` and `?!@.field`".into()),
            }),
            Comparable::Function(function) => self.function(function, current),
            Comparable::SingularQuery(query) => {
                let (segments, from) = match query {
                    SingularQuery::Current(segments) => (segments, current),
                    SingularQuery::Root(segments) => (segments, self.root),
                };
                let mut kind = from.clone();
                for segment in segments {
                    kind = match (segment, &kind) {
                        (SingularQuerySegment::Name(name), kind) => field(name, kind)?,
                        (SingularQuerySegment::Index(_), Kind::List(inner)) => (**inner).clone(),
                        (SingularQuerySegment::Index(_), kind) => return Err(format!("{kind}, which has no elements")),
                    };
                }
                Ok(Side::of(&kind))
            }
        }
    }

    fn function(&mut self, function: &TestFunction, current: &Kind) -> Result<Option<Side>, String> {
        match function {
            TestFunction::Custom(name, _) => Err(format!(
                "the function `{name}`: those of a path are `length`, `count`, `value`, `match` and `search`"
            )),
            TestFunction::Length(argument) => self.argument(argument, current).map(|()| Some(Side::Number)),
            TestFunction::Count(argument) => self.argument(argument, current).map(|()| Some(Side::Number)),
            TestFunction::Value(argument) => self.argument(argument, current).map(|()| None),
            TestFunction::Match(text, pattern) | TestFunction::Search(text, pattern) => {
                self.argument(text, current)?;
                self.argument(pattern, current)?;
                match pattern {
                    FnArg::Literal(Literal::String(pattern)) => sound(pattern).map(|()| Some(Side::Bool)),
                    _ => Err("a pattern that is not written down: a wrong one would match nothing".to_string()),
                }
            }
        }
    }

    fn argument(&mut self, argument: &FnArg, current: &Kind) -> Result<(), String> {
        match argument {
            FnArg::Literal(_) => Ok(()),
            FnArg::Test(test) => self.test(test, current),
            FnArg::Filter(filter) => self.filter(filter, current),
        }
    }
}

/// A number that is written in the path is small enough to be ordered as the library does it.
fn can_be_ordered(side: &Comparable) -> Result<(), String> {
    let written = match side {
        Comparable::Literal(Literal::Int(number)) => Node::from(*number),
        Comparable::Literal(Literal::Float(number)) => Node::from(*number),
        _ => return Ok(()),
    };
    match written.leaf {
        Leaf::Number(number) if Node::binary(number).is_some() => Ok(()),
        Leaf::Number(number) => Err(too_long_to_order(exact::Digits::of(number, 0).as_str())),
        _ => Err(too_long_to_order("a number")),
    }
}

fn too_long_to_order(number: &str) -> String {
    format!("{number}, which has too many digits to be compared in a path's filter: use `each … where`")
}

/// What can be equal to each other.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    Number,
    Text,
    Bool,
}

impl Side {
    fn of(kind: &Kind) -> Option<Side> {
        match kind {
            Kind::Int | Kind::Decimal => Some(Side::Number),
            Kind::Bool => Some(Side::Bool),
            Kind::Text | Kind::Email | Kind::Id(_) | Kind::Choice(_) | Kind::Date | Kind::Datetime => Some(Side::Text),
            Kind::List(_) | Kind::Table(..) | Kind::Record(_) | Kind::Nothing | Kind::Any => None,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Side::Number => "a number",
            Side::Text => "a text",
            Side::Bool => "true or false",
        }
    }
}

/// A path is read by going down into it: one that is too long or nested too deep is refused first.
fn bounded(text: &str) -> Result<(), String> {
    const LONGEST: usize = 4_096;
    const DEEPEST: usize = 32;
    if text.len() > LONGEST {
        return Err(format!("a path of more than {LONGEST} characters"));
    }
    let mut depth = 0_usize;
    for sign in text.chars() {
        match sign {
            '[' | '(' => depth += 1,
            ']' | ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            return Err(format!("a path with more than {DEEPEST} brackets in each other"));
        }
    }
    Ok(())
}

/// A fraction of more than 15 digits would lose some on its way through the library's binary, and a whole number that
/// binary does not hold is none to it.
fn numbers_are_short(text: &str) -> Result<(), String> {
    const LARGEST: u64 = (1 << 53) - 1;
    let mut quote = None;
    let mut escaped = false;
    let mut number = String::new();
    for sign in text.chars().chain([' ']) {
        let in_number = quote.is_none() && (sign.is_ascii_digit() || (sign == '.' && !number.is_empty()));
        if in_number {
            number.push(sign);
            continue;
        }
        let digits = number.trim_start_matches(['0', '.']).bytes().filter(u8::is_ascii_digit).count();
        if digits > 15 && number.contains('.') {
            return Err(format!("{number}, a fraction of more than 15 digits: `each … where` compares any"));
        }
        if digits > 15 && number.parse::<u64>().map_or(true, |number| number > LARGEST) {
            return Err(format!("{number}, a number beyond {LARGEST}: `each … where` compares any"));
        }
        number.clear();
        match quote {
            Some(open) if sign == open && !escaped => quote = None,
            None if matches!(sign, '\'' | '"') => quote = Some(sign),
            _ => {}
        }
        escaped = sign == '\\' && !escaped;
    }
    Ok(())
}

/// A pattern that cannot be read would match nothing without a word; a huge one is refused.
fn sound(pattern: &str) -> Result<(), String> {
    const SIZE: usize = 1 << 20;
    let built = RegexBuilder::new(pattern).size_limit(SIZE).dfa_size_limit(SIZE).build();
    built.map(|_| ()).map_err(|_| format!("`{pattern}`, which is no pattern"))
}

fn field(name: &str, kind: &Kind) -> Result<Kind, String> {
    match kind {
        Kind::Record(record) => match record.position(name) {
            Some(slot) => Ok(record.fields[slot].typed.kind.clone()),
            None => Err(format!("`{name}`, a field that {kind} does not have")),
        },
        kind => Err(format!("`{name}`, a field that {kind} does not have")),
    }
}

fn add(kind: Kind, found: &mut Vec<Kind>) {
    if !found.contains(&kind) {
        found.push(kind);
    }
}

/// A kind and all that can be below it.
fn everything(kind: &Kind, found: &mut Vec<Kind>) {
    found.push(kind.clone());
    match kind {
        Kind::Record(record) => record.fields.iter().for_each(|part| everything(&part.typed.kind, found)),
        Kind::List(inner) => everything(inner, found),
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
    /// Set when the library asks for a number that binary does not hold.
    guessed: Arc<AtomicBool>,
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
    fn of(value: Value, kind: &Kind, arena: &Arena, guessed: &Arc<AtomicBool>) -> Node {
        let mut node = Node { value, guessed: guessed.clone(), ..Node::default() };
        match (value, kind) {
            (Value::Record(run), Kind::Record(record)) => {
                for (field, value) in record.fields.iter().zip(arena.slots(run)) {
                    if value.is_set() {
                        node.fields.push((field.name.clone(), Node::of(*value, &field.typed.kind, arena, guessed)));
                    }
                }
            }
            (Value::List(run), Kind::List(inner)) => {
                let elements = arena.slots(run).iter().map(|value| Node::of(*value, inner, arena, guessed));
                node.elements = Some(elements.collect());
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
        let number = number.normalize();
        let short = number.mantissa().unsigned_abs() < 1_000_000_000_000_000 && number.scale() <= 6;
        short.then(|| exact::Digits::of(number, 0).as_str().parse().ok()).flatten()
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
        let Leaf::Number(number) = self.leaf else { return None };
        let binary = Node::binary(number);
        if binary.is_none() {
            self.guessed.store(true, Ordering::Relaxed);
        }
        binary
    }

    fn as_bool(&self) -> Option<bool> {
        if let Leaf::Bool(truth) = self.leaf { Some(truth) } else { None }
    }

    fn null() -> Node {
        Node::default()
    }
}
