//! What a person or a test may ask and change beside the two systems, under `/_sandbox/`.

use super::Sandbox;
use super::call::Answer;
use super::call::Call;
use super::fault::Fault;
use serde_json::Value;
use serde_json::json;

/// Answers a request under `/_sandbox/`.
pub(super) fn answer(sandbox: &Sandbox, call: &Call) -> Answer {
    let parts = call.parts();
    let ok = || Answer::json(200, &json!({"ok": true}));
    let wrong = |message: String| Answer::json(422, &json!({"error": message}));
    let missing = || Answer::json(404, &json!({"error": "not there"}));
    match (call.method.as_str(), &parts[1..]) {
        ("GET", [] | ["state"]) => Answer::json(200, &state(sandbox)),
        ("GET", ["requests"]) => Answer::json(200, &sandbox.state().log.view()),
        ("GET", ["invoices"]) => Answer::json(200, &Value::Array(sandbox.invoices())),
        ("GET", ["customers"]) => Answer::json(200, &Value::Array(sandbox.customers())),
        ("GET", ["orders"]) => Answer::json(200, &Value::Array(sandbox.orders())),
        ("POST", ["reset"]) => {
            sandbox.reset();
            ok()
        }
        ("POST", ["orders"]) => match std::str::from_utf8(&call.body) {
            Ok(order) => sandbox.put_order(order).map_or_else(wrong, |()| ok()),
            Err(_) => wrong("an order is UTF-8".to_owned()),
        },
        ("POST", ["orders", number, "status"]) => match body(call)["status"].as_i64() {
            Some(status) if sandbox.set_order_status(number, status) => ok(),
            Some(_) => missing(),
            None => wrong("a `status` is a number".to_owned()),
        },
        ("POST", ["revoke"]) => {
            sandbox.revoke();
            ok()
        }
        ("POST", ["invoices", id, "pay"]) if sandbox.pay_invoice(id) => ok(),
        ("POST", ["faults"]) => {
            let list = body(call);
            let list = list.as_array().cloned().unwrap_or_else(|| vec![list]);
            match list.iter().map(Fault::read).collect::<Result<Vec<_>, _>>() {
                Ok(faults) => {
                    sandbox.set_faults(faults);
                    ok()
                }
                Err(message) => wrong(message),
            }
        }
        _ => missing(),
    }
}

fn body(call: &Call) -> Value {
    serde_json::from_slice(&call.body).unwrap_or(Value::Null)
}

fn state(sandbox: &Sandbox) -> Value {
    let now = sandbox.time();
    let mut state = sandbox.state();
    state.books.settle(now);
    json!({
        "at": now.to_string(),
        "seed": sandbox.options.seed,
        "shop": state.shop.counts(),
        "books": state.books.counts(),
    })
}
