//! `plan`: the same work as a run's, at systems where nothing is written and with a ledger that changes nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use rust_decimal::Decimal;

use crate::check::{At, Work};
use crate::connect::{System, Total};
use crate::eval::{self, Frame, Reader, Used};
use crate::ledger::{Scope, Shadow};
use crate::plan::Graph;
use crate::run::compute;
use crate::run::{Options, Report, What, World, run};
use crate::value::{Arena, Value, exact};

/// What a run would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What would become of each record; `requests` are those that a run without trouble would cost.
    pub report: Report,
    /// Why the flow waits for a person, when it does: this is what it would do after `--resume`.
    pub paused: Option<String>,
    /// What the connectors add up of the bodies that would leave.
    pub sums: Vec<Sum>,
}

/// What is added up of a resource's bodies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sum {
    /// The resource as the flow calls it: `books.invoices`.
    pub resource: Arc<str>,
    /// The list whose records are added up.
    pub list: Arc<str>,
    /// What is added up, as the connector says it.
    pub value: Arc<str>,
    /// By what it is told apart, as the connector says it.
    pub by: Arc<str>,
    /// The rows, by that value.
    pub rows: Vec<SumRow>,
}

/// A row of a sum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SumRow {
    /// The value by which it is told apart; empty where it is not set.
    pub by: String,
    /// How many records of lists were added up.
    pub count: usize,
    /// The sum; none where it is too large to be kept exactly.
    pub sum: Option<String>,
}

/// Says what [`run`] would do now, and changes nothing: all reads are real, no write leaves, the ledger is only read.
pub async fn plan(graph: &Arc<Graph>, world: &World, options: &Options) -> Plan {
    let world = World {
        ledger: Arc::new(Shadow::new(world.ledger.clone())),
        systems: rehearsing(&world.systems),
        ..world.clone()
    };
    let scope = Scope::new(world.tenant.clone(), graph.program.name.clone());
    let state = world.ledger.flow(&scope).await;
    let paused = state.ok().and_then(|state| state.paused).map(|pause| pause.reason);
    let options = Options { resume: true, ..options.clone() };
    let report = run(graph, &world, &options).await;
    let sums = sums(graph, &world, &report);
    Plan { report, paused, sums }
}

/// The systems without their writes; roles that share a connection share what would be there.
fn rehearsing(systems: &[System]) -> Vec<System> {
    let mut all: Vec<System> = Vec::new();
    for system in systems {
        let same = all.iter().find(|other| other.connection().name == system.connection().name);
        all.push(same.cloned().unwrap_or_else(|| system.rehearsing()));
    }
    all
}

/// A row that grows.
#[derive(Default)]
struct Growing {
    count: usize,
    sum: Option<Decimal>,
    too_large: bool,
}

/// What the connectors add up of the things that would be made.
fn sums(graph: &Graph, world: &World, report: &Report) -> Vec<Sum> {
    let program = &graph.program;
    let mut arena = Arena::new(world.zone.clone());
    let start = arena.mark();
    let mut all: Vec<(Sum, BTreeMap<String, Growing>)> = Vec::new();
    for step in &program.steps {
        let at: &At = match &step.work {
            Work::Ensure(ensure) => &ensure.at,
            Work::Create(create) => &create.at,
            _ => continue,
        };
        let reader = Reader::new(&at.resource.shape.as_sent(), &Used::all());
        for total in &at.resource.totals {
            let resource: Arc<str> = format!("{}.{}", program.roles[at.role].name, at.resource.name.resource).into();
            let known =
                |(sum, _): &(Sum, _)| sum.resource == resource && sum.list == total.field && sum.by == total.by_text;
            let place = all.iter().position(known).unwrap_or_else(|| {
                let (list, value, by) = (total.field.clone(), total.value_text.clone(), total.by_text.clone());
                all.push((Sum { resource, list, value, by, rows: Vec::new() }, BTreeMap::new()));
                all.len() - 1
            });
            let deeds = report.outcomes.iter().flat_map(|outcome| &outcome.deeds).filter(|deed| deed.step == step.name);
            for deed in deeds {
                let What::Created { body, .. } = &deed.what else { continue };
                arena.reset(start);
                let text = std::str::from_utf8(body).unwrap_or_default();
                if let Ok(record) = reader.read(text, &mut arena) {
                    add(total, record, &mut arena, &mut all[place].1);
                }
            }
        }
    }
    let finished = |(sum, rows): (Sum, BTreeMap<String, Growing>)| Sum {
        rows: rows
            .into_iter()
            .map(|(by, row)| SumRow {
                by,
                count: row.count,
                sum: row.sum.filter(|_| !row.too_large).map(|sum| sum.to_string()),
            })
            .collect(),
        ..sum
    };
    all.into_iter().map(finished).filter(|sum| !sum.rows.is_empty()).collect()
}

/// Adds the records of a body's list.
fn add(total: &Total, record: Value, arena: &mut Arena, rows: &mut BTreeMap<String, Growing>) {
    let Value::List(run) = compute::slot(record, &total.list, arena) else { return };
    for element in arena.slots(run).to_vec() {
        let mut frame = Frame::of(&[element]);
        let Ok(Value::Number(value)) = eval::eval(&total.value, &mut frame, arena) else { continue };
        let Ok(by) = eval::eval(&total.by, &mut frame, arena) else { continue };
        let row = rows.entry(eval::print(by, &total.by_kind, arena)).or_default();
        row.count += 1;
        match exact::add(row.sum.unwrap_or_default(), value) {
            Ok(sum) => row.sum = Some(sum),
            Err(_) => row.too_large = true,
        }
    }
}
