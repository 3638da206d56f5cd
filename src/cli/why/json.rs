//! A chain goes in; what a program reads of it comes out.

use serde_json::{Value, json};

use crate::cli::log::chain_json;
use crate::cli::why::gather::Chain;
use crate::ledger::Activity;

/// The chain, as JSON: what `koppel log KEY --json` gives, and more.
pub(super) fn value(chain: &Chain) -> Value {
    let mut value = chain_json(&chain.record, &chain.calls.iter().collect::<Vec<_>>());
    value["version"] = json!(chain.version);
    value["round"] = json!(chain.record.summary.round);
    value["shown_by"] = json!(chain.listed.as_ref().map(brief));
    value["shared"] = chain.shared.iter().map(brief).collect();
    match &chain.stops {
        Err(words) => value["not_recomputed"] = json!(words),
        Ok(stops) => {
            value["stops"] = stops
                .iter()
                .map(|stop| {
                    json!({
                        "verdict": stop.verdict.word(),
                        "place": stop.place,
                        "line": stop.line,
                        "values": stop.values.iter().map(|(name, value)| json!({ "of": name, "value": value }))
                            .collect::<Vec<_>>(),
                        "open": (!stop.open.is_empty()).then_some(&stop.open),
                    })
                })
                .collect();
        }
    }
    let values = |values: &[(String, String)]| -> Vec<Value> {
        values.iter().map(|(name, value)| json!({ "of": name, "value": value })).collect()
    };
    let looks = |step: &str| chain.looks.iter().find(|(of, _)| of == step).map(|(_, looks)| values(looks));
    let decided = chain.record.summary.outcome.iter().flat_map(|outcome| &outcome.decided);
    value["steps"] = decided
        .map(|decision| {
            json!({
                "step": decision.step,
                "what": decision.what,
                "by": decision.by,
                "looked_for": looks(&decision.step),
                "resource": decision.thing.as_ref().map(|thing| &thing.resource),
                "id": decision.thing.as_ref().map(|thing| &thing.id),
            })
        })
        .collect();
    value["links"] = chain
        .links
        .iter()
        .map(|(thing, linked)| {
            json!({
                "resource": thing.resource,
                "id": thing.id,
                "other_resource": linked.thing.resource,
                "other_id": linked.thing.id,
                "extra": linked.extra,
                "flow": linked.flow,
                "at": linked.at.to_string(),
            })
        })
        .collect();
    value
}

/// A call without what was sent and answered.
fn brief(call: &Activity) -> Value {
    json!({
        "at": call.at.to_string(),
        "step": call.step,
        "system": call.system,
        "method": call.method,
        "url": call.url,
        "status": call.status,
    })
}
