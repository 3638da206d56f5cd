//! Computes an expression: variables and an arena go in, a value comes out, or the reason why there is none.

use std::cmp::Ordering;

use rust_decimal::Decimal;

use crate::eval::expr::{
    Arithmetic, Arm, Compared, Comparison, Each, Entry, Expr, Function, Op, Piece, RecordExpr, Step, Table, TableRef,
};
use crate::eval::frame::Frame;
use crate::eval::print;
use crate::report::Span;
use crate::value::exact::{self, Digits, NumberError};
use crate::value::{Arena, Builtin, Counter, Failure, Kind, Run, Value};

/// What an expression gives.
pub type Computed = Result<Value, Box<Failure>>;

/// Computes an expression.
///
/// # Errors
/// When it needs a value that was read and is not of its kind, a number that cannot be exact, or a script that fails.
pub fn eval(expr: &Expr, frame: &mut Frame, arena: &mut Arena) -> Computed {
    let value = match &expr.op {
        Op::Unset => Value::Unset,
        Op::Null => Value::Null,
        Op::Number(number) => Value::Number(*number),
        Op::Text(text) => Value::Text(arena.put_text(text)),
        Op::Date(date) => Value::Date(*date),
        Op::Var(_) | Op::Lazy(..) => variable(expr, frame, arena)?,
        Op::Path(root, steps) => {
            let root = variable(root, frame, arena)?;
            walk(root, steps, arena)
        }
        Op::Paths(root, paths) => {
            let root = eval(root, frame, arena)?;
            let height = arena.stack_len();
            for steps in paths {
                gather(root, steps, arena);
            }
            list(height, arena)
        }
        Op::Query { root, kind, query, single } => {
            let root = eval(root, frame, arena)?;
            query.ask(root, kind, *single, arena).map_err(|words| Failure::new(expr.span, words))?
        }
        Op::Concat { pieces, lenient } => concat(pieces, *lenient, frame, arena)?,
        Op::Compare(comparison, compared, a, b) => match orders(*compared, a, b, frame, arena)? {
            None if !matches!(comparison, Comparison::Equal | Comparison::NotEqual) => Value::Unset,
            order => Value::Bool(compare(*comparison, order)),
        },
        Op::Bool(_) | Op::Not(_) | Op::And(..) | Op::Or(..) | Op::IsSet(_) | Op::In(..) => {
            Value::Bool(holds(expr, frame, arena)?)
        }
        Op::Arithmetic(..) => decimal(expr, frame, arena)?.map_or(Value::Unset, Value::Number),
        Op::Negate(value) => match eval(value, frame, arena)? {
            Value::Number(number) => Value::Number(-number),
            value => value,
        },
        Op::Coalesce(a, b) => match eval(a, frame, arena)? {
            Value::Unset => eval(b, frame, arena)?,
            Value::List(Run { len: 0, .. }) => eval(b, frame, arena)?,
            value => value,
        },
        Op::When(condition, value) => {
            if holds(condition, frame, arena)? {
                eval(value, frame, arena)?
            } else {
                Value::Unset
            }
        }
        Op::Match { subject, compared, arms, none, any } => {
            let subject = eval(subject, frame, arena)?;
            match arm_of(subject, *compared, arms, none.as_deref(), any.as_deref(), frame, arena)? {
                Some(value) => eval(value, frame, arena)?,
                None => Value::Unset,
            }
        }
        Op::Each(each) => {
            let height = arena.stack_len();
            turn(each, 0, frame, arena)?;
            Value::List(arena.take_list(height))
        }
        Op::Record(record) => make(record, frame, arena)?,
        Op::List(values) => {
            let height = arena.stack_len();
            for value in values {
                let value = eval(value, frame, arena)?;
                if value.is_set() {
                    arena.push(value);
                }
            }
            Value::List(arena.take_list(height))
        }
        Op::Builtin(builtin, arguments) => {
            with_arguments(arguments, frame, arena, |values, _, arena| call(expr.span, builtin, values, arena))?
        }
        Op::Function(function, arguments) => with_arguments(arguments, frame, arena, |values, frame, arena| {
            run(function, values, frame, arena).map_err(|failure| called(failure, expr.span, Some(&function.name)))
        })?,
        Op::Script(script, arguments) => with_arguments(arguments, frame, arena, |values, _, arena| {
            script.call(values, arena).map_err(|failure| called(failure, expr.span, None))
        })?,
        Op::Lookup(table, key) => {
            let key = eval(key, frame, arena)?;
            match table {
                TableRef::Fixed(table) => look_up(table, key, frame, arena)?,
                TableRef::Setting(setting) => match frame.table(*setting) {
                    Some(table) => look_up(&table, key, frame, arena)?,
                    None => Value::Unset,
                },
            }
        }
        Op::Project(value, fields) => {
            let value = eval(value, frame, arena)?;
            project(value, fields, arena)
        }
        Op::ProjectAll(value, fields) => match eval(value, frame, arena)? {
            Value::List(run) => {
                let height = arena.stack_len();
                for index in 0..run.len as usize {
                    let value = project(arena.slot(run, index), fields, arena);
                    arena.push(value);
                }
                Value::List(arena.take_list(height))
            }
            value => value,
        },
        Op::Sure(value, name) => match eval(value, frame, arena)? {
            Value::Unset => return Err(Failure::new(expr.span, format!("`{name}` is not set"))),
            value => value,
        },
        Op::Counted(counter, value) => counted(counter, value, frame, arena)?,
    };
    if let Value::Bad(number) = value {
        return Err(wrong(number, expr.span, arena));
    }
    Ok(value)
}

/// Whether a condition holds; not set does not.
///
/// # Errors
/// As [`eval`].
pub fn holds(expr: &Expr, frame: &mut Frame, arena: &mut Arena) -> Result<bool, Box<Failure>> {
    Ok(match &expr.op {
        Op::Bool(truth) => *truth,
        Op::Not(value) => !holds(value, frame, arena)?,
        Op::And(a, b) => holds(a, frame, arena)? && holds(b, frame, arena)?,
        Op::Or(a, b) => holds(a, frame, arena)? || holds(b, frame, arena)?,
        Op::IsSet(value) => match eval(value, frame, arena)? {
            Value::List(run) => run.len > 0,
            value => value.is_set(),
        },
        Op::Compare(comparison, compared, a, b) => compare(*comparison, orders(*compared, a, b, frame, arena)?),
        Op::In(compared, value, within) => {
            let value = eval(value, frame, arena)?;
            value.is_set() && is_in(*compared, value, within, frame, arena)?
        }
        _ => matches!(eval(expr, frame, arena)?, Value::Bool(true)),
    })
}

/// A number, where one is set.
fn decimal(expr: &Expr, frame: &mut Frame, arena: &mut Arena) -> Result<Option<Decimal>, Box<Failure>> {
    match &expr.op {
        Op::Number(number) => Ok(Some(*number)),
        Op::Arithmetic(arithmetic, a, b) => {
            let (a, b) = (decimal(a, frame, arena)?, decimal(b, frame, arena)?);
            let (Some(a), Some(b)) = (a, b) else { return Ok(None) };
            calculate(*arithmetic, a, b).map(Some).map_err(|error| number(expr.span, error))
        }
        _ => Ok(if let Value::Number(number) = eval(expr, frame, arena)? { Some(number) } else { None }),
    }
}

/// A variable's value, a `let` computed when it is first needed; most paths begin with one.
fn variable(expr: &Expr, frame: &mut Frame, arena: &mut Arena) -> Computed {
    match &expr.op {
        Op::Var(variable) => Ok(frame.get(*variable)),
        Op::Lazy(variable, computed_by) => match frame.get(*variable) {
            Value::Pending => {
                let value = eval(computed_by, frame, arena)?;
                frame.set(*variable, value);
                Ok(value)
            }
            value => Ok(value),
        },
        _ => eval(expr, frame, arena),
    }
}

#[cold]
fn counted(counter: &Counter, value: &Expr, frame: &mut Frame, arena: &mut Arena) -> Computed {
    let value = eval(value, frame, arena)?;
    let yes = match value {
        Value::Bool(truth) => truth,
        Value::List(run) => run.len > 0,
        value => value.is_set(),
    };
    counter.count(yes);
    Ok(value)
}

/// What was read is not of its kind.
#[cold]
fn wrong(number: u32, span: Span, arena: &Arena) -> Box<Failure> {
    let bad = arena.bad(number);
    let mut failure = Failure::new(span, format!("`{}` is to be {}, but is {}", bad.path, bad.expected, bad.found));
    failure.field.clone_from(&bad.path);
    failure.found.clone_from(&bad.found);
    failure.expected = bad.expected.to_string();
    failure
}

fn number(span: Span, error: NumberError) -> Box<Failure> {
    Failure::new(span, format!("this gives {}", error.words()))
}

fn calculate(arithmetic: Arithmetic, a: Decimal, b: Decimal) -> Result<Decimal, NumberError> {
    match arithmetic {
        Arithmetic::Add => exact::add(a, b),
        Arithmetic::Subtract => exact::subtract(a, b),
        Arithmetic::Multiply => exact::multiply(a, b),
        Arithmetic::Divide => exact::divide(a, b),
    }
}

/// Walks a path that names one value at most.
fn walk(mut value: Value, steps: &[Step], arena: &Arena) -> Value {
    for step in steps {
        value = match (step, value) {
            (Step::Field(slot), Value::Record(run)) => arena.slot(run, *slot as usize),
            (Step::Index(index), Value::List(run)) => {
                at(run, *index).map_or(Value::Unset, |index| arena.slot(run, index))
            }
            (_, Value::Bad(bad)) => return Value::Bad(bad),
            _ => return Value::Unset,
        };
    }
    value
}

fn at(run: Run, index: i64) -> Option<usize> {
    let len = i64::from(run.len);
    let index = if index < 0 { len.checked_add(index)? } else { index };
    (0..len).contains(&index).then(|| usize::try_from(index).ok()).flatten()
}

/// Gathers all that a path names on the stack; what is not set is left out.
fn gather(value: Value, steps: &[Step], arena: &mut Arena) {
    let Some((step, rest)) = steps.split_first() else {
        if value.is_set() {
            arena.push(value);
        }
        return;
    };
    match (step, value) {
        (Step::All, Value::List(run)) | (Step::AllFields, Value::Record(run)) => {
            for index in 0..run.len as usize {
                gather(arena.slot(run, index), rest, arena);
            }
        }
        (Step::Field(slot), Value::Record(run)) => gather(arena.slot(run, *slot as usize), rest, arena),
        (Step::Index(index), Value::List(run)) => {
            if let Some(index) = at(run, *index) {
                gather(arena.slot(run, index), rest, arena);
            }
        }
        (_, Value::Bad(_)) => arena.push(value),
        _ => {}
    }
}

/// The gathered values as a list, or the bad one among them.
fn list(height: usize, arena: &mut Arena) -> Value {
    let run = arena.take_list(height);
    let bad = arena.slots(run).iter().copied().find(|value| matches!(value, Value::Bad(_)));
    bad.unwrap_or(Value::List(run))
}

fn concat(pieces: &[Piece], lenient: bool, frame: &mut Frame, arena: &mut Arena) -> Computed {
    // The pieces are computed first: computing one may put texts into the buffer.
    let height = arena.stack_len();
    for piece in pieces {
        if let Piece::Value(value, _) = piece {
            let value = match eval(value, frame, arena) {
                Ok(value) => value,
                Err(_) if lenient => Value::Unset,
                Err(failure) => return Err(failure),
            };
            arena.push(value);
        }
    }
    let values = arena.take_list(height);
    let start = arena.buffer().len();
    let mut next = 0;
    for piece in pieces {
        match piece {
            Piece::Text(text) => arena.buffer().push_str(text),
            Piece::Value(part, kind) => {
                let value = arena.slot(values, next);
                next += 1;
                if value.is_set() || (matches!(kind, Kind::List(_)) && !lenient) {
                    print::push(value, kind, arena);
                } else if lenient {
                    arena.buffer().push_str("(not set)");
                } else {
                    return Err(Failure::new(part.span, "a piece of this text is not set"));
                }
            }
        }
    }
    Ok(Value::Text(arena.text_since(start)))
}

/// The row of a key, else the row `_`, else not set.
fn look_up(table: &Table, key: Value, frame: &mut Frame, arena: &mut Arena) -> Computed {
    let row = match key {
        Value::Text(text) => table.rows.get(arena.text(text)),
        Value::Number(number) => table.rows.get(Digits::of(number, 0).as_str()),
        Value::Unset => None,
        other => table.rows.get(&*print::print(other, &Kind::Any, arena)),
    };
    row.or(table.any.as_ref()).map_or(Ok(Value::Unset), |row| eval(row, frame, arena))
}

/// The order of two expressions' values.
fn orders(
    compared: Compared,
    a: &Expr,
    b: &Expr,
    frame: &mut Frame,
    arena: &mut Arena,
) -> Result<Option<Ordering>, Box<Failure>> {
    let a = eval(a, frame, arena)?;
    against(compared, a, b, frame, arena)
}

/// A value against an expression; a written text or number is compared where it stands.
fn against(
    compared: Compared,
    value: Value,
    expr: &Expr,
    frame: &mut Frame,
    arena: &mut Arena,
) -> Result<Option<Ordering>, Box<Failure>> {
    match (&expr.op, value) {
        (Op::Text(text), Value::Text(there)) => Ok(Some(texts(compared, arena.text(there), text))),
        (Op::Number(number), Value::Number(there)) => Ok(Some(there.cmp(number))),
        _ => {
            let other = eval(expr, frame, arena)?;
            Ok(order(compared, value, other, arena))
        }
    }
}

/// What the order of two values says; not set equals nothing, and has no order.
fn compare(comparison: Comparison, order: Option<Ordering>) -> bool {
    match comparison {
        Comparison::Equal => order == Some(Ordering::Equal),
        Comparison::NotEqual => order != Some(Ordering::Equal),
        Comparison::Less => order.is_some_and(Ordering::is_lt),
        Comparison::LessEqual => order.is_some_and(Ordering::is_le),
        Comparison::Greater => order.is_some_and(Ordering::is_gt),
        Comparison::GreaterEqual => order.is_some_and(Ordering::is_ge),
    }
}

pub(super) fn order(compared: Compared, a: Value, b: Value, arena: &Arena) -> Option<Ordering> {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => Some(a.cmp(&b)),
        (Value::Text(a), Value::Text(b)) => Some(texts(compared, arena.text(a), arena.text(b))),
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(&b)),
        (Value::Date(a), Value::Date(b)) => Some(a.cmp(&b)),
        (Value::Datetime(a), Value::Datetime(b)) => Some(a.cmp(&b)),
        // An id may be written as a number.
        (Value::Number(a), Value::Text(b)) => Some(Digits::of(a, 0).as_str().cmp(arena.text(b))),
        (Value::Text(a), Value::Number(b)) => Some(arena.text(a).cmp(Digits::of(b, 0).as_str())),
        _ => None,
    }
}

fn texts(compared: Compared, a: &str, b: &str) -> Ordering {
    if compared == Compared::NoCase {
        a.trim().chars().flat_map(char::to_lowercase).cmp(b.trim().chars().flat_map(char::to_lowercase))
    } else {
        a.cmp(b)
    }
}

fn is_in(
    compared: Compared,
    value: Value,
    within: &Expr,
    frame: &mut Frame,
    arena: &mut Arena,
) -> Result<bool, Box<Failure>> {
    // A written list is not built: its elements are compared one by one.
    if let Op::List(elements) = &within.op {
        for element in elements {
            if against(compared, value, element, frame, arena)? == Some(Ordering::Equal) {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    match eval(within, frame, arena)? {
        Value::List(run) => {
            Ok(arena.slots(run).iter().any(|element| order(compared, value, *element, arena) == Some(Ordering::Equal)))
        }
        _ => Ok(false),
    }
}

fn arm_of<'e>(
    subject: Value,
    compared: Compared,
    arms: &'e [Arm],
    none: Option<&'e Expr>,
    any: Option<&'e Expr>,
    frame: &mut Frame,
    arena: &mut Arena,
) -> Result<Option<&'e Expr>, Box<Failure>> {
    if !subject.is_set() {
        return Ok(none.or(any));
    }
    for arm in arms {
        for pattern in &arm.patterns {
            if against(compared, subject, pattern, frame, arena)? == Some(Ordering::Equal) {
                return Ok(Some(&arm.value));
            }
        }
    }
    Ok(any)
}

/// One turn of each list, the outer first; records are gathered on the stack.
fn turn(each: &Each, depth: usize, frame: &mut Frame, arena: &mut Arena) -> Result<(), Box<Failure>> {
    let Some((variable, values)) = each.ranges.get(depth) else {
        for name in &each.record.lets {
            frame.set(*name, Value::Pending);
        }
        if let Some(condition) = &each.condition
            && !holds(condition, frame, arena)?
        {
            return Ok(());
        }
        let record = make(&each.record, frame, arena)?;
        arena.push(record);
        return Ok(());
    };
    let Value::List(run) = eval(values, frame, arena)? else { return Ok(()) };
    for index in 0..run.len as usize {
        let element = arena.slot(run, index);
        if element.is_set() {
            frame.set(*variable, element);
            turn(each, depth + 1, frame, arena)?;
        }
    }
    Ok(())
}

fn make(record: &RecordExpr, frame: &mut Frame, arena: &mut Arena) -> Computed {
    for name in &record.lets {
        frame.set(*name, Value::Pending);
    }
    let run = arena.reserve(record.width as usize);
    fill(&record.entries, run, frame, arena)?;
    Ok(Value::Record(run))
}

fn fill(entries: &[Entry], run: Run, frame: &mut Frame, arena: &mut Arena) -> Result<(), Box<Failure>> {
    for entry in entries {
        match entry {
            Entry::Field(slot, value) => {
                let value = eval(value, frame, arena)?;
                arena.set_slot(run, *slot as usize, value);
            }
            Entry::If(condition, then, otherwise) => {
                let branch = if holds(condition, frame, arena)? { then } else { otherwise };
                fill(branch, run, frame, arena)?;
            }
        }
    }
    Ok(())
}

/// Computes the arguments of a call, without memory of their own where they are few.
#[inline(never)]
fn with_arguments(
    arguments: &[Expr],
    frame: &mut Frame,
    arena: &mut Arena,
    call: impl FnOnce(&[Value], &mut Frame, &mut Arena) -> Computed,
) -> Computed {
    let mut few = [Value::Unset; 8];
    if arguments.len() <= few.len() {
        for (slot, argument) in few.iter_mut().zip(arguments) {
            *slot = eval(argument, frame, arena)?;
        }
        return call(&few[..arguments.len()], frame, arena);
    }
    let many = arguments.iter().map(|argument| eval(argument, frame, arena)).collect::<Result<Vec<Value>, _>>()?;
    call(&many, frame, arena)
}

/// A failure in another file, at the line that called it: a person looks at the flow first.
fn called(mut failure: Box<Failure>, call: Span, function: Option<&str>) -> Box<Failure> {
    if failure.span.source != call.source {
        failure.span = call;
        if let Some(name) = function {
            failure.words = format!("{}, in `{name}`", failure.words);
        }
    }
    failure
}

fn call(span: Span, builtin: &Builtin, arguments: &[Value], arena: &mut Arena) -> Computed {
    if builtin.spreads && arguments.iter().any(|argument| !argument.is_set()) {
        return Ok(Value::Unset);
    }
    (builtin.call)(arena, arguments).map_err(|words| Failure::new(span, format!("`{}`: {words}", builtin.name)))
}

fn run(function: &Function, values: &[Value], frame: &mut Frame, arena: &mut Arena) -> Computed {
    if values.iter().zip(&function.maybe).any(|(value, maybe)| !value.is_set() && !maybe) {
        return Ok(Value::Unset);
    }
    let before = frame.enter(values, function.variables as usize);
    let result = eval(&function.body, frame, arena);
    frame.leave(before);
    result
}

fn project(value: Value, fields: &[Option<u32>], arena: &mut Arena) -> Value {
    let Value::Record(run) = value else { return value };
    let seen = arena.reserve(fields.len());
    for (slot, field) in fields.iter().enumerate() {
        if let Some(field) = field {
            let value = arena.slot(run, *field as usize);
            arena.set_slot(seen, slot, value);
        }
    }
    Value::Record(seen)
}
