//! A checked value and the kind that is wanted go in; the value as that kind, or a mistake with its fix, comes out.

use std::sync::Arc;

use jiff::civil::Date;

use crate::check::checker::{Checked, Checker};
use crate::check::kinds;
use crate::eval::{Each, Entry, Expr, Op, RecordExpr, Step};
use crate::report::{Diagnostic, codes};
use crate::value::{Kind, RecordKind, Typed, exact};

impl Checker<'_> {
    /// The value as the wanted kind. Whether it is set is not asked here.
    pub(super) fn assign(&mut self, value: Checked, wanted: &Kind, what: &str) -> Expr {
        self.note_wish(value.span(), wanted);
        let value = if value.literal { self.adapt(value, wanted) } else { value };
        if kinds::fits(&value.typed.kind, wanted) {
            return value.expr;
        }
        let span = value.span();
        if let Some(expr) = self.project(&value, wanted) {
            return expr;
        }
        if let (Kind::Choice(texts), Kind::Choice(wanted)) = (&value.typed.kind, wanted)
            && texts.len() == 1
        {
            self.not_in_list(&value, wanted);
            return Expr::new(Op::Unset, span);
        }
        let found = kinds::words(&value.typed.kind);
        let mut problem = Diagnostic::error(
            codes::check::WRONG_KIND,
            span,
            format!("expected {}, found {found}", kinds::words(wanted)),
        )
        .label(format!("{what} wants {}", kinds::words(wanted)));
        if let (Kind::Record(from), Kind::Record(to)) = (&value.typed.kind, wanted) {
            problem = problem.note(why_not(from, to));
        }
        problem = self.conversion(problem, &value, wanted);
        self.problems.push(problem);
        Expr::new(Op::Unset, span)
    }

    /// The value as the wanted kind, and sure.
    pub(super) fn assign_sure(&mut self, value: Checked, wanted: &Kind, what: &str) -> Expr {
        if value.typed.maybe && !self.told(&value) {
            self.not_sure(&value, &format!("{what} must be sure"));
        }
        self.assign(value, wanted, what)
    }

    /// A literal as the wanted kind, where it can be that; as it was otherwise.
    pub(super) fn adapt(&mut self, value: Checked, wanted: &Kind) -> Checked {
        self.note_wish(value.span(), wanted);
        match adapted(&value.expr, wanted) {
            Some(expr) => {
                let kind = if value.typed.kind == Kind::Nothing { Kind::Nothing } else { wanted.clone() };
                Checked { expr, typed: Typed { kind, ..value.typed }, ..value }
            }
            None => value,
        }
    }

    /// Two values to be compared: a literal takes the other's kind.
    pub(super) fn adapt_both(&mut self, left: Checked, right: Checked) -> (Checked, Checked) {
        match (left.literal, right.literal) {
            (false, true) => {
                let right = self.adapt(right, &left.typed.kind);
                (left, right)
            }
            (true, false) => {
                let left = self.adapt(left, &right.typed.kind);
                (left, right)
            }
            _ => (left, right),
        }
    }

    /// A record (or list of records) seen as another kind of record, where its fields allow it.
    fn project(&mut self, value: &Checked, wanted: &Kind) -> Option<Expr> {
        let span = value.span();
        match (&value.typed.kind, wanted) {
            (Kind::Record(from), Kind::Record(to)) => {
                if let Some(fields) = direct(from, to) {
                    return Some(Expr::new(Op::Project(Box::new(value.expr.clone()), fields), span));
                }
                let mut entries = Vec::new();
                for (slot, field) in to.fields.iter().enumerate() {
                    let Some(at) = from.position(&field.name) else {
                        if field.typed.maybe || matches!(field.typed.kind, Kind::List(_)) {
                            continue;
                        }
                        return None;
                    };
                    let typed = from.fields[at].typed.clone();
                    if typed.maybe && !field.typed.maybe {
                        return None;
                    }
                    let path = Op::Path(Box::new(value.expr.clone()), Box::from([Step::Field(number(at))]));
                    let part = Checked::new(Expr::new(path, span), typed);
                    let part = if kinds::fits(&part.typed.kind, &field.typed.kind) {
                        part.expr
                    } else {
                        self.project(&part, &field.typed.kind)?
                    };
                    entries.push(Entry::Field(number(slot), part));
                }
                let record = RecordExpr { width: number(to.fields.len()), lets: Vec::new(), entries };
                Some(Expr::new(Op::Record(Box::new(record)), span))
            }
            (Kind::List(from), Kind::List(to)) => {
                if let (Kind::Record(from), Kind::Record(to)) = (&**from, &**to)
                    && let Some(fields) = direct(from, to)
                {
                    return Some(Expr::new(Op::ProjectAll(Box::new(value.expr.clone()), fields), span));
                }
                let variable = self.frame.variable();
                let element = Checked::new(Expr::new(Op::Var(variable), span), Typed::sure((**from).clone()));
                let Op::Record(record) = self.project(&element, to)?.op else { return None };
                let ranges = vec![(variable, value.expr.clone())];
                Some(Expr::new(Op::Each(Box::new(Each { ranges, condition: None, record: *record })), span))
            }
            _ => None,
        }
    }

    /// Adds the fix for a value of another kind, where one word does it.
    pub(super) fn conversion(&self, problem: Diagnostic, value: &Checked, wanted: &Kind) -> Diagnostic {
        let Some(text) = self.slice(value.span()) else { return problem };
        let text = text.trim();
        let span = value.span();
        match (&value.typed.kind, wanted) {
            (Kind::Text, Kind::Choice(_)) => {
                problem.note("a text turns into one of a closed list by `match … { \"a\" => \"b\", _ => … }`")
            }
            (Kind::Choice(_), Kind::Date) if value.literal && text.trim_matches('"').parse::<Date>().is_ok() => {
                problem.fix("write a date without quotes", span, text.trim_matches('"'))
            }
            (Kind::Choice(_), Kind::Int | Kind::Decimal)
                if value.literal && exact::parse(text.trim_matches('"')).is_ok() =>
            {
                problem.fix("write a number without quotes", span, text.trim_matches('"'))
            }
            (Kind::Datetime, Kind::Date) => problem.fix("take its day", span, format!("date({text})")),
            (Kind::Int | Kind::Decimal | Kind::Date, Kind::Text) if value.literal => {
                problem.fix("write it in quotes", span, format!("\"{text}\""))
            }
            (from, Kind::Text) if kinds::printable(from) && !matches!(from, Kind::List(_)) => {
                problem.fix("put it into a text", span, format!("\"{{{text}}}\""))
            }
            (from, Kind::List(of)) if kinds::fits(from, of) => {
                problem.fix("make it a list of one", span, format!("[{text}]"))
            }
            (Kind::List(of), to) if kinds::fits(of, to) => {
                problem.fix("take the first", span, format!("first({text})"))
            }
            _ => problem,
        }
    }
}

/// For each field of `to` the number of the one in `from`, when every field is there as it is.
fn direct(from: &RecordKind, to: &RecordKind) -> Option<Box<[Option<u32>]>> {
    to.fields
        .iter()
        .map(|field| match from.position(&field.name) {
            None => (field.typed.maybe || matches!(field.typed.kind, Kind::List(_))).then_some(None),
            Some(at) => {
                let typed = &from.fields[at].typed;
                let fits = kinds::fits(&typed.kind, &field.typed.kind) && (field.typed.maybe || !typed.maybe);
                fits.then_some(Some(number(at)))
            }
        })
        .collect()
}

/// Why one kind of record is not the other, in words.
fn why_not(from: &RecordKind, to: &RecordKind) -> String {
    for field in &to.fields {
        match from.position(&field.name) {
            None if !field.typed.maybe => return format!("it has no field `{}`", field.name),
            None => {}
            Some(at) => {
                let typed = &from.fields[at].typed;
                if typed.maybe && !field.typed.maybe {
                    return format!("its field `{}` may be not set", field.name);
                }
                if !kinds::fits(&typed.kind, &field.typed.kind) {
                    let (wanted, found) = (kinds::words(&field.typed.kind), kinds::words(&typed.kind));
                    return format!("its field `{}` is {found}, wanted is {wanted}", field.name);
                }
            }
        }
    }
    "its fields are others".to_owned()
}

/// A literal expression as the wanted kind.
fn adapted(expr: &Expr, wanted: &Kind) -> Option<Expr> {
    let op = match (&expr.op, wanted) {
        (Op::Unset, _) => Op::Unset,
        (Op::Text(text), Kind::Text | Kind::Id(_)) => Op::Text(text.clone()),
        (Op::Text(text), Kind::Email) if text.contains('@') => Op::Text(text.clone()),
        (Op::Text(text), Kind::Choice(known)) if known.iter().any(|known| **known == **text) => Op::Text(text.clone()),
        (Op::Number(number), Kind::Decimal) => Op::Number(*number),
        (Op::Number(number), Kind::Int) if number.scale() == 0 => Op::Number(*number),
        (Op::Number(number), Kind::Id(_)) if number.scale() == 0 => Op::Text(number.to_string().into()),
        (Op::Bool(truth), Kind::Bool) => Op::Bool(*truth),
        (Op::Date(date), Kind::Date) => Op::Date(*date),
        (Op::List(items), Kind::List(of)) => {
            Op::List(items.iter().map(|item| adapted(item, of)).collect::<Option<Vec<_>>>()?)
        }
        (Op::Coalesce(a, b), _) => Op::Coalesce(Box::new(adapted(a, wanted)?), Box::new(adapted(b, wanted)?)),
        (Op::Match { subject, compared, arms, none, any }, _) => {
            let arms = arms.iter().map(|arm| {
                Some(crate::eval::Arm { patterns: arm.patterns.clone(), value: adapted(&arm.value, wanted)? })
            });
            let other = |arm: &Option<Box<Expr>>| match arm {
                None => Some(None),
                Some(arm) => Some(Some(Box::new(adapted(arm, wanted)?))),
            };
            Op::Match {
                subject: subject.clone(),
                compared: *compared,
                arms: arms.collect::<Option<Vec<_>>>()?,
                none: other(none)?,
                any: other(any)?,
            }
        }
        _ => return None,
    };
    Some(Expr::new(op, expr.span))
}

/// A number of a field.
pub(super) fn number(at: usize) -> u32 {
    u32::try_from(at).expect("a record has fewer than four billion fields")
}

/// The empty record kind of that name.
pub(super) fn record(name: &str, fields: Vec<crate::value::FieldKind>) -> Arc<RecordKind> {
    Arc::new(RecordKind { name: Arc::from(name), fields })
}
