//! What runs, reloads and webhooks came to goes in; counts for a monitor come out.

use std::time::Duration;

use jiff::Timestamp;
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::ledger::{Counts, Scope, Status};
use crate::run::{Ended, Report};
use crate::serve::classic::classic;

/// How long runs take, in seconds.
const RUN_SECONDS: [f64; 10] = [0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Of {
    tenant: String,
    flow: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RunOf {
    tenant: String,
    flow: String,
    ended: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RecordsOf {
    tenant: String,
    flow: String,
    status: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestsOf {
    tenant: String,
    flow: String,
    kind: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct HooksOf {
    flow: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Result {
    result: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Build {
    version: &'static str,
}

/// How counts are written for whoever asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The text that every monitor reads.
    Classic,
    /// `OpenMetrics`.
    Open,
}

/// All that is counted. No label and no value ever holds something of a record.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    runs: Family<RunOf, Counter>,
    run_records: Family<RecordsOf, Counter>,
    requests: Family<RequestsOf, Counter>,
    seconds: Family<Of, Histogram, fn() -> Histogram>,
    last_run: Family<Of, Gauge>,
    last_good_run: Family<Of, Gauge>,
    records: Family<RecordsOf, Gauge>,
    paused: Family<Of, Gauge>,
    reloads: Family<Result, Counter>,
    hooks: Family<HooksOf, Counter>,
}

impl Default for Metrics {
    fn default() -> Metrics {
        let mut registry = Registry::with_prefix("koppel");
        let histogram: fn() -> Histogram = || Histogram::new(RUN_SECONDS);
        let build = Family::<Build, Gauge>::default();
        build.get_or_create(&Build { version: env!("CARGO_PKG_VERSION") }).set(1);
        registry.register("build_info", "The version that runs", build);
        let mut metrics = Metrics {
            registry,
            runs: Family::default(),
            run_records: Family::default(),
            requests: Family::default(),
            seconds: Family::new_with_constructor(histogram),
            last_run: Family::default(),
            last_good_run: Family::default(),
            records: Family::default(),
            paused: Family::default(),
            reloads: Family::default(),
            hooks: Family::default(),
        };
        let into = &mut metrics.registry;
        into.register("runs", "Runs of a flow, by how they ended", metrics.runs.clone());
        into.register("run_records", "Records that runs worked on, by how they ended", metrics.run_records.clone());
        into.register(
            "requests",
            "Requests that runs made, by whether they may change something",
            metrics.requests.clone(),
        );
        into.register_with_unit("run", "How long runs took", Unit::Seconds, metrics.seconds.clone());
        into.register(
            "last_run_timestamp_seconds",
            "When the last run ended, in seconds since 1970",
            metrics.last_run.clone(),
        );
        into.register(
            "last_good_run_timestamp_seconds",
            "When the last run ended that came to its end, in seconds since 1970",
            metrics.last_good_run.clone(),
        );
        into.register("records", "Records in the ledger, by how they stand", metrics.records.clone());
        into.register("flow_paused", "Whether a flow rests until a person says otherwise", metrics.paused.clone());
        into.register("reloads", "Changes of files, by whether they were taken", metrics.reloads.clone());
        into.register("hooks", "Webhooks that came in, by what they were answered", metrics.hooks.clone());
        metrics
    }
}

impl Metrics {
    /// A run ended at that time, after so long.
    pub fn ran(&self, tenant: &str, report: &Report, took: Duration, at: Timestamp) {
        let (tenant, flow) = (tenant.to_owned(), report.flow.to_string());
        let of = Of { tenant: tenant.clone(), flow: flow.clone() };
        let ended = report.ended.word();
        self.runs.get_or_create(&RunOf { tenant: tenant.clone(), flow: flow.clone(), ended }).inc();
        for status in Status::ALL {
            let labels = RecordsOf { tenant: tenant.clone(), flow: flow.clone(), status: label(status) };
            self.run_records.get_or_create(&labels).inc_by(report.count(status) as u64);
        }
        for (kind, count) in [("read", report.requests.reads), ("write", report.requests.writes)] {
            self.requests.get_or_create(&RequestsOf { tenant: tenant.clone(), flow: flow.clone(), kind }).inc_by(count);
        }
        self.seconds.get_or_create(&of).observe(took.as_secs_f64());
        self.last_run.get_or_create(&of).set(at.as_second());
        if report.ended == Ended::Done {
            self.last_good_run.get_or_create(&of).set(at.as_second());
        }
    }

    /// How many records of a flow stand where, and whether it rests.
    pub fn stands(&self, scope: &Scope, counts: &Counts, paused: bool) {
        let (tenant, flow) = (scope.tenant.to_string(), scope.flow.to_string());
        for status in Status::ALL {
            let labels = RecordsOf { tenant: tenant.clone(), flow: flow.clone(), status: label(status) };
            self.records.get_or_create(&labels).set(i64::try_from(counts.of(status)).unwrap_or(i64::MAX));
        }
        self.paused.get_or_create(&Of { tenant, flow }).set(i64::from(paused));
    }

    /// Files changed, and were taken or refused.
    pub fn reloaded(&self, taken: bool) {
        let result = if taken { "taken" } else { "refused" };
        self.reloads.get_or_create(&Result { result }).inc();
    }

    /// A webhook was answered so. A flow that is not there has no name here: anyone may make one up.
    pub fn hooked(&self, flow: Option<&str>, status: u16) {
        self.hooks.get_or_create(&HooksOf { flow: flow.unwrap_or_default().to_owned(), status }).inc();
    }

    /// All of it as text.
    #[must_use]
    pub fn text(&self, form: Form) -> String {
        let mut text = String::new();
        text::encode(&mut text, &self.registry).expect("a text takes all");
        match form {
            Form::Classic => classic(&text),
            Form::Open => text,
        }
    }
}

/// A status as a label's value.
fn label(status: Status) -> &'static str {
    match status {
        Status::InDoubt => "in_doubt",
        other => other.word(),
    }
}
