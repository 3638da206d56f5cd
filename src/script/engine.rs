//! The one rhai engine: decimals only, nothing from outside, every limit set.

use std::any::TypeId;
use std::sync::OnceLock;

use jiff::tz::TimeZone;
use rhai::packages::{
    ArithmeticPackage, BasicArrayPackage, BasicFnPackage, BasicIteratorPackage, BasicMapPackage, BasicMathPackage,
    BasicStringPackage, LogicPackage, MoreStringPackage, Package,
};
use rhai::{Dynamic, Engine, EvalAltResult, FnAccess, ImmutableString, Position};
use rust_decimal::Decimal;

use crate::builtin;
use crate::script::cross;
use crate::value::exact::{self, NumberError};
use crate::value::{Arena, Builtin};

type Outcome = Result<Decimal, Box<EvalAltResult>>;

/// The engine, made once.
pub(super) fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(make)
}

fn make() -> Engine {
    let mut engine = Engine::new_raw();
    ArithmeticPackage::new().register_into_engine(&mut engine);
    LogicPackage::new().register_into_engine(&mut engine);
    BasicStringPackage::new().register_into_engine(&mut engine);
    MoreStringPackage::new().register_into_engine(&mut engine);
    BasicIteratorPackage::new().register_into_engine(&mut engine);
    BasicFnPackage::new().register_into_engine(&mut engine);
    BasicMathPackage::new().register_into_engine(&mut engine);
    BasicArrayPackage::new().register_into_engine(&mut engine);
    BasicMapPackage::new().register_into_engine(&mut engine);
    for symbol in ["eval", "import", "export", "print", "debug"] {
        engine.disable_symbol(symbol);
    }
    engine
        .set_fast_operators(false)
        .set_strict_variables(true)
        .set_fail_on_invalid_map_property(true)
        .set_max_operations(500_000)
        .set_max_call_levels(32)
        .set_max_expr_depths(64, 64)
        .set_max_string_size(32 * 1024)
        .set_max_array_size(2_000)
        .set_max_map_size(500)
        .set_max_variables(200)
        .set_max_functions(200)
        .set_max_modules(0)
        .set_max_strings_interned(0);
    numbers(&mut engine);
    for row in builtin::all() {
        for arguments in row.arity.0..=row.arity.1.min(6) {
            register(&mut engine, row, arguments);
        }
    }
    engine
}

/// Exact arithmetic, over rhai's own.
fn numbers(engine: &mut Engine) {
    fn op(engine: &mut Engine, name: &'static str, work: fn(Decimal, Decimal) -> Result<Decimal, NumberError>) {
        let exactly = move |a: Decimal, b: Decimal| -> Outcome { work(a, b).map_err(|error| error.words().into()) };
        engine.register_fn(name, exactly);
        engine.register_fn(name, move |a: Decimal, b: i64| exactly(a, b.into()));
        engine.register_fn(name, move |a: i64, b: Decimal| exactly(a.into(), b));
    }
    op(engine, "+", exact::add);
    op(engine, "-", exact::subtract);
    op(engine, "*", exact::multiply);
    op(engine, "/", exact::divide);
    // A division of whole numbers is exact too, not cut off.
    engine.register_fn("/", |a: i64, b: i64| -> Outcome {
        exact::divide(a.into(), b.into()).map_err(|error| error.words().into())
    });
    engine.register_fn("to_int", |a: Decimal| -> Result<i64, Box<EvalAltResult>> {
        let whole = exact::plain(a);
        if whole.scale() > 0 {
            return Err(format!("{whole} is no whole number").into());
        }
        i64::try_from(whole).map_err(|_| format!("{whole} is too large for a whole number").into())
    });
    engine.register_fn("to_string", |a: Decimal| exact::plain(a).to_string());
}

/// A function of the language, under its own name, for any arguments.
fn register(engine: &mut Engine, row: &'static Builtin, arguments: usize) {
    let call = move |given: &[Dynamic]| -> Result<Dynamic, Box<EvalAltResult>> {
        let mut arena = Arena::new(TimeZone::UTC);
        let mut values = Vec::with_capacity(given.len());
        for value in given {
            values.push(
                cross::untyped_out(value.clone(), &mut arena).map_err(|words| format!("`{}` {words}", row.name))?,
            );
        }
        if row.spreads && values.iter().any(|value| !value.is_set()) {
            return Ok(Dynamic::UNIT);
        }
        let result = (row.call)(&mut arena, &values).map_err(|words| format!("`{}`: {words}", row.name))?;
        Ok(cross::untyped_into(result, &arena))
    };
    let scalars = [TypeId::of::<ImmutableString>(), TypeId::of::<Decimal>(), TypeId::of::<i64>()];
    // Under the exact types too: rhai's own functions of the same name would go before a wildcard.
    let mut lists: Vec<Vec<TypeId>> = vec![vec![TypeId::of::<Dynamic>(); arguments]];
    if arguments <= 3 {
        let mut exact: Vec<Vec<TypeId>> = vec![Vec::new()];
        for _ in 0..arguments {
            exact = exact
                .iter()
                .flat_map(|list| scalars.iter().map(|kind| list.iter().copied().chain([*kind]).collect()))
                .collect();
        }
        lists.extend(exact);
    }
    for list in lists {
        engine.register_raw_fn(row.name, &list, move |_, given| {
            let given: Vec<Dynamic> = given.iter().map(|value| (**value).clone()).collect();
            call(&given)
        });
    }
    let _ = FnAccess::Public;
}

/// rhai's words for what went wrong, and its place.
pub(super) fn words(error: &EvalAltResult) -> (String, Position) {
    let position = deepest(error);
    let words = match innermost(error) {
        EvalAltResult::ErrorTooManyOperations(_) => "it takes too many steps: does it ever end?".to_string(),
        EvalAltResult::ErrorStackOverflow(_) => "its functions call each other too deep".to_string(),
        EvalAltResult::ErrorDataTooLarge(what, _) => format!("it makes something too large ({})", lower(what)),
        EvalAltResult::ErrorRuntime(value, _) => value.to_string(),
        other => {
            let mut plain = other.to_string();
            if let Some(at) = plain.rfind(" (line ") {
                plain.truncate(at);
            }
            lower(&plain)
        }
    };
    (words, position)
}

fn innermost(error: &EvalAltResult) -> &EvalAltResult {
    match error {
        EvalAltResult::ErrorInFunctionCall(_, _, inner, _) => innermost(inner),
        other => other,
    }
}

fn deepest(error: &EvalAltResult) -> Position {
    match error {
        EvalAltResult::ErrorInFunctionCall(_, _, inner, position) => {
            let deeper = deepest(inner);
            if deeper.is_none() { *position } else { deeper }
        }
        other => other.position(),
    }
}

/// The first letter small, no full stop.
pub(super) fn lower(words: &str) -> String {
    let mut chars = words.trim_end_matches('.').chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}
