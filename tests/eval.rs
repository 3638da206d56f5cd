//! Records are read by their shape, expressions computed and bodies written, from JSON to JSON.

mod decode;
mod functions;
mod queries;
mod scripts;
mod writer;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::tz::TimeZone;
use koppel::check::{self, Catalog, Program, Step, Work};
use koppel::eval::{self, Fields, Frame, Reader, Shape, Watch};
use koppel::report::{Diagnostic, Sources};
use koppel::value::{Arena, Value};
use koppel::{builtin, syntax};

/// A system with a shape of things, from which one body is made.
struct Probe {
    /// Fields of what is read, behind its id.
    thing: String,
    /// Fields of what is written, behind its id and `k`.
    made: String,
    /// Further shapes.
    shapes: String,
    /// Further statements of the flow.
    flow: String,
}

impl Probe {
    fn new(thing: &str, made: &str) -> Probe {
        Probe { thing: thing.into(), made: made.into(), shapes: String::new(), flow: String::new() }
    }

    fn shapes(mut self, shapes: &str) -> Probe {
        self.shapes = shapes.into();
        self
    }

    fn flow(mut self, flow: &str) -> Probe {
        self.flow = flow.into();
        self
    }

    /// The flow that makes this body, or its mistakes.
    fn program(&self, body: &str) -> Result<Program, Vec<Diagnostic>> {
        let mut sources = Sources::default();
        let connector = format!(
            "koppel 1\nconnector probe \"Probe\"\nbase \"https://probe.example\"\nzone \"Europe/Amsterdam\"\n\
             auth keys {{ query \"k\" = secret.k }}\n{}\n\
             shape thing {{ id: id required\n {} }}\n\
             shape made {{ id: id\n k: text\n {} }}\n\
             resource things of thing {{ list GET \"/things\" pages none }}\n\
             resource mades of made {{ list GET \"/mades\" pages none create POST \"/mades\" }}\n",
            self.shapes, self.thing, self.made
        );
        let source = sources.add("probe.connector", connector);
        let connector = check::connector(&syntax::parse(&source)?, &source)?;
        let flow = format!(
            "koppel 1\nflow probe \"Probe\"\nuse probe as shop\nfrom shop.things as thing {{ key thing.id }}\n{}\n\
             create shop.mades as made {{ key k = \"K{{thing.id}}\"\n {body} }}\n",
            self.flow
        );
        let source = sources.add("probe.flow", flow);
        let connectors = BTreeMap::from([("probe".into(), Arc::new(connector))]);
        let catalog = Catalog { connectors, ..Catalog::new(builtin::all()) };
        check::check(&syntax::parse(&source)?, &source, &catalog)
    }

    fn sound(&self, body: &str) -> Program {
        self.program(body).unwrap_or_else(|problems| {
            let titles: Vec<String> =
                problems.iter().map(|problem| format!("{}: {}", problem.title, problem.label)).collect();
            panic!("{}", titles.join("\n"))
        })
    }

    /// What is sent for a thing, or why nothing is.
    fn send(&self, body: &str, json: &str) -> Result<String, String> {
        Sender::new(self.sound(body)).send(json)
    }

    /// The mistakes of the flow.
    fn mistakes(&self, body: &str) -> Vec<String> {
        match self.program(body) {
            Ok(_) => Vec::new(),
            Err(problems) => problems.into_iter().map(|problem| problem.title).collect(),
        }
    }
}

struct Sender {
    program: Program,
    reader: Reader,
    arena: Arena,
}

impl Sender {
    fn new(program: Program) -> Sender {
        let reader = Reader::new(&program.source.at.resource.shape, &program.source.used);
        Sender { program, reader, arena: Arena::new(TimeZone::UTC) }
    }

    fn send(&mut self, json: &str) -> Result<String, String> {
        let mark = self.arena.mark();
        let sent = self.attempt(json);
        self.arena.reset(mark);
        sent
    }

    fn attempt(&mut self, json: &str) -> Result<String, String> {
        let thing = self.reader.read(json, &mut self.arena).map_err(|error| error.words)?;
        let mut frame = Frame::new(self.program.variables as usize, Arc::new([]));
        frame.set(check::SOURCE, thing);
        for name in &self.program.lets {
            frame.set(*name, Value::Pending);
        }
        let Some(Step { work: Work::Create(create), .. }) = self.program.steps.last() else { panic!("one is made") };
        let body = eval::eval(&create.body, &mut frame, &mut self.arena).map_err(|failure| failure.words)?;
        let mut out = Vec::new();
        eval::write(&create.at.resource.shape, body, Fields::All, &mut self.arena, &mut out)
            .map_err(|failure| failure.words)?;
        let text = String::from_utf8(out).unwrap();
        serde_json::from_str::<serde::de::IgnoredAny>(&text).unwrap();
        Ok(text.replacen("\"k\":\"K1\",", "", 1).replacen("\"k\":\"K1\"", "", 1))
    }
}

/// The shape of the things of a probe.
fn shape(probe: &Probe) -> Arc<Shape> {
    probe.sound("").source.at.resource.shape.clone()
}

/// What is read of a thing, printed as JSON; a part of a wrong kind is null.
fn read(probe: &Probe, json: &str) -> String {
    let shape = shape(probe);
    let mut arena = Arena::new(TimeZone::UTC);
    let value = Reader::new(&shape, &eval::Used::all()).read(json, &mut arena).unwrap();
    let mut out = Vec::new();
    eval::write_plain(&koppel::value::Kind::Record(shape.kind.clone()), value, &arena, &mut out);
    String::from_utf8(out).unwrap()
}

/// What is wrong with a thing's value: path, what is expected, what was found.
fn wrong(probe: &Probe, json: &str) -> String {
    let shape = shape(probe);
    let mut arena = Arena::new(TimeZone::UTC);
    let value = Reader::new(&shape, &eval::Used::all()).read(json, &mut arena).unwrap();
    let Value::Record(run) = value else { panic!("{json} is no record") };
    let bad = arena.slots(run).iter().find_map(|value| first_bad(*value, &arena));
    let bad = arena.bad(bad.unwrap_or_else(|| panic!("{json} is sound")));
    format!("{}: {}, {}", bad.path, bad.expected, bad.found)
}

fn first_bad(value: Value, arena: &Arena) -> Option<u32> {
    match value {
        Value::Bad(number) => Some(number),
        Value::List(run) | Value::Record(run) => arena.slots(run).iter().find_map(|value| first_bad(*value, arena)),
        _ => None,
    }
}

/// The unknown fields of a thing.
fn unknown(probe: &Probe, json: &str) -> Vec<String> {
    let mut watch = Watch::default();
    let mut arena = Arena::new(TimeZone::UTC);
    Reader::new(&shape(probe), &eval::Used::all()).read_watching(json, &mut arena, &mut watch).unwrap();
    watch.fields().map(|(name, count)| format!("{name} {count}")).collect()
}
