//! The one rhai engine: decimals only, nothing from outside, every limit set.

use std::any::TypeId;
use std::sync::{Arc, OnceLock};

use jiff::tz::TimeZone;
use rhai::packages::{
    ArithmeticPackage, BasicArrayPackage, BasicFnPackage, BasicIteratorPackage, BasicMapPackage, BasicMathPackage,
    BasicStringPackage, LogicPackage, MoreStringPackage, Package,
};
use rhai::{Array, Dynamic, Engine, EvalAltResult, ImmutableString, NativeCallContext, OptimizationLevel, Position};
use rust_decimal::Decimal;

use crate::script::cross;
use crate::value::exact::{self, Digits, NumberError};
use crate::value::{Arena, Builtin};

type Outcome<T> = Result<T, Box<EvalAltResult>>;

/// The engine, made once, with the functions of the language in it.
pub(super) fn engine(builtins: &'static [Builtin]) -> Arc<Engine> {
    static ENGINE: OnceLock<Arc<Engine>> = OnceLock::new();
    ENGINE.get_or_init(|| Arc::new(make(builtins))).clone()
}

/// The same with a function that passes a truth through and tells it, with a number.
pub(super) fn counting(
    builtins: &'static [Builtin],
    name: &'static str,
    tell: impl Fn(i64, bool) + Send + Sync + 'static,
) -> Engine {
    let mut engine = make(builtins);
    engine.register_fn(name, move |number: i64, held: bool| {
        tell(number, held);
        held
    });
    engine
}

fn make(builtins: &'static [Builtin]) -> Engine {
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
    // What is folded before a run would be folded by rhai's own arithmetic.
    engine.set_optimization_level(OptimizationLevel::None);
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
    for row in builtins {
        for arguments in row.arity.0..=row.arity.1.min(6) {
            register(&mut engine, row, arguments);
        }
    }
    engine
}

/// Exact arithmetic, over rhai's own.
fn numbers(engine: &mut Engine) {
    type Work = fn(Decimal, Decimal) -> Result<Decimal, NumberError>;
    fn op(engine: &mut Engine, name: &'static str, assign: &'static str, work: Work) {
        let exactly = move |a: Decimal, b: Decimal| -> Outcome<Decimal> { work(a, b).map_err(said) };
        engine.register_fn(name, exactly);
        engine.register_fn(name, move |a: Decimal, b: i64| exactly(a, b.into()));
        engine.register_fn(name, move |a: i64, b: Decimal| exactly(a.into(), b));
        engine.register_fn(assign, move |a: &mut Decimal, b: Decimal| -> Outcome<()> {
            *a = exactly(*a, b)?;
            Ok(())
        });
        engine.register_fn(assign, move |a: &mut Decimal, b: i64| -> Outcome<()> {
            *a = exactly(*a, b.into())?;
            Ok(())
        });
        // A whole number that is added to becomes what the sum is.
        engine.register_raw_fn(assign, [TypeId::of::<i64>(), TypeId::of::<Decimal>()], move |_, given| {
            let (a, b) = (given[0].as_int().unwrap_or_default(), given[1].as_decimal().unwrap_or_default());
            *given[0] = Dynamic::from_decimal(exactly(a.into(), b)?);
            Ok(Dynamic::UNIT)
        });
    }
    op(engine, "+", "+=", exact::add);
    op(engine, "-", "-=", exact::subtract);
    op(engine, "*", "*=", exact::multiply);
    op(engine, "/", "/=", exact::divide);
    op(engine, "%", "%=", exact::remainder);
    op(engine, "**", "**=", exact::power);
    // A division of whole numbers is exact too, not cut off.
    engine.register_fn("/", |a: i64, b: i64| exact::divide(a.into(), b.into()).map_err(said));
    engine.register_raw_fn("/=", [TypeId::of::<i64>(), TypeId::of::<i64>()], |_, given| {
        let (a, b) = (given[0].as_int().unwrap_or_default(), given[1].as_int().unwrap_or_default());
        *given[0] = Dynamic::from_decimal(exact::divide(a.into(), b.into()).map_err(said)?);
        Ok(Dynamic::UNIT)
    });
    engine.register_fn("to_int", |a: i64| a);
    engine.register_fn("to_int", |a: Decimal| -> Outcome<i64> {
        let whole = exact::plain(a);
        if whole.scale() > 0 {
            return Err(format!("{whole} is no whole number").into());
        }
        i64::try_from(whole).map_err(|_| format!("{whole} is too large for a whole number").into())
    });
    engine.register_fn("to_decimal", |a: Decimal| a);
    engine.register_fn("to_decimal", |a: i64| Decimal::from(a));
    engine.register_fn("parse_decimal", |text: &str| -> Outcome<Decimal> {
        exact::parse(text.trim()).map_err(|error| format!("{text:?} is {}", error.words()).into())
    });
    engine.register_fn("to_string", |a: Decimal| Digits::of(a, 0).as_str().to_string());
    engine.register_fn("to_debug", |a: Decimal| Digits::of(a, 0).as_str().to_string());
}

fn said(error: NumberError) -> Box<EvalAltResult> {
    format!("this gives {}", error.words()).into()
}

/// A function of the language, under its own name, for any arguments.
fn register(engine: &mut Engine, row: &'static Builtin, arguments: usize) {
    let scalars = [TypeId::of::<ImmutableString>(), TypeId::of::<Decimal>(), TypeId::of::<i64>()];
    let mut lists: Vec<Vec<TypeId>> = vec![vec![TypeId::of::<Dynamic>(); arguments]];
    // Under the exact types too: rhai's own functions of the same name would go before any wildcard.
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
    if arguments == 1 {
        lists.push(vec![TypeId::of::<Array>()]);
    }
    for list in lists {
        engine.register_raw_fn(row.name, &list, move |context, given| {
            let given: Vec<Dynamic> = given.iter().map(|value| (**value).clone()).collect();
            call(row, &context, &given)
        });
    }
}

fn call(row: &'static Builtin, context: &NativeCallContext, given: &[Dynamic]) -> Outcome<Dynamic> {
    let zone = context.tag().and_then(|tag| tag.clone().try_cast::<TimeZone>()).unwrap_or(TimeZone::UTC);
    let mut arena = Arena::new(zone);
    let mut values = Vec::with_capacity(given.len());
    for value in given {
        values.push(cross::untyped_out(value, &mut arena).map_err(|words| format!("`{}` {words}", row.name))?);
    }
    if row.spreads && values.iter().any(|value| !value.is_set()) {
        return Ok(Dynamic::UNIT);
    }
    let result = (row.call)(&mut arena, &values).map_err(|words| format!("`{}`: {words}", row.name))?;
    Ok(cross::untyped_into(result, &arena))
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
