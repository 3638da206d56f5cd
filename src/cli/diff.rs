//! `koppel diff`: two versions of a flow over the same records; what comes out of them otherwise is shown.

use std::fmt::Write;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::cli::Exit;
use crate::cli::args::DiffArgs;
use crate::cli::hand::Hand;
use crate::cli::open;
use crate::cli::plan::{difference, difference_json};
use crate::cli::records::Records;
use crate::cli::terminal::clean;
use crate::connect::{Difference, differences};
use crate::ledger::{Ledger, LedgerError, RecordFilter, Scope};
use crate::report::{self, Diagnostic, Sources, Span, codes};
use crate::run::{Make, MapEnd, Mapped, Mapper};
use crate::workspace::{self, Depth, Flow, Problems, Workspace};

/// So many records of the ledger are taken without `--last`.
const LAST: u32 = 100;

/// A version, ready to map.
struct Side {
    name: String,
    workspace: Workspace,
}

impl Side {
    fn flow(&self) -> &Flow {
        open::only_flow(&self.workspace)
    }

    fn mapper(&self) -> Mapper {
        let settings = self.flow().settings.clone().expect("a version is loaded with its settings");
        Mapper::new(self.flow().graph.clone(), settings)
    }
}

/// A record that comes out otherwise.
struct Changed {
    title: String,
    key: String,
    /// The record's own fields that differ: its key, how it ends, why.
    ends: Vec<Difference>,
    /// Where each version ends it.
    places: [Option<String>; 2],
    /// By step: the resource, and the fields that differ.
    makes: Vec<(String, String, Vec<Difference>)>,
}

/// Runs the command.
pub(super) async fn diff(hand: &Hand, args: DiffArgs) -> Exit {
    let (old, new) = match (side(hand, &args.old).await, side(hand, &args.new).await) {
        (Ok(old), Ok(new)) => (old, new),
        (Err(exit), _) | (_, Err(exit)) => return exit,
    };
    let samples = match files(hand, &args) {
        Ok(samples) => samples,
        Err(exit) => return exit,
    };
    let mut unreadable = Vec::new();
    let mut erased = 0;
    let records = if samples.is_empty() {
        match recorded(hand, new.flow(), args.last.unwrap_or(LAST)).await {
            Ok((records, without)) => {
                erased = without;
                records
            }
            Err(exit) => return exit,
        }
    } else {
        match read(hand, &samples, &mut unreadable) {
            Ok(records) => records,
            Err(exit) => return exit,
        }
    };
    if records.is_empty() && unreadable.is_empty() {
        let words = format!("there are no records of `{}` to compare with", new.flow().program.name);
        hand.terminal.wrong(codes::command::NOTHING, &words, Some("koppel diff OLD NEW --samples samples/orders"));
        return Exit::Usage;
    }
    let (before, now) = (old.mapper(), new.mapper());
    let (mut before, mut now) = (before.worker(), now.worker());
    let changed: Vec<Changed> =
        records.iter().filter_map(|json| changed(&old, &before.map(json), &new, &now.map(json))).collect();
    if args.json {
        let value = json!({
            "old": old.name,
            "new": new.name,
            "records": records.len(),
            "unreadable": unreadable.len(),
            "erased": erased,
            "problems": unreadable.iter().map(|problem| report::json(problem, &Sources::default())).collect::<Vec<_>>(),
            "changed": changed.iter().map(value).collect::<Vec<_>>(),
        });
        hand.terminal.say(&value.to_string());
    } else {
        hand.terminal.refuse(&unreadable, &Sources::default());
        let mut text: String = changed.iter().map(shown).collect();
        if erased > 0 {
            writeln!(text, "{erased} more have no bytes any more: they were erased").expect("a text takes all");
        }
        write!(text, "{} -> {}: {} records, {} changed", old.name, new.name, records.len(), changed.len())
            .expect("a text takes all");
        hand.terminal.say(&text);
    }
    if changed.is_empty() && unreadable.is_empty() { Exit::Done } else { Exit::Failed }
}

/// A version: a flow by name or file, or `FLOW@HASH` of those that the ledger keeps.
async fn side(hand: &Hand, named: &str) -> Result<Side, Exit> {
    let kept = named.rsplit_once('@').filter(|(flow, hash)| {
        !flow.is_empty() && hash.len() >= 4 && hash.bytes().all(|letter| letter.is_ascii_hexdigit())
    });
    let Some((flow, hash)) = kept else {
        let workspace = open::workspace(hand, &[named.to_owned()], Depth::Settings)?;
        return Ok(Side { name: named.to_owned(), workspace });
    };
    let home = open::workspace(hand, &[], Depth::Files)?;
    if !home.ledger.exists() {
        hand.terminal.wrong(
            codes::command::NOT_KNOWN,
            &format!("no version of `{flow}` is kept: nothing is recorded yet"),
            None,
        );
        return Err(Exit::Usage);
    }
    let ledger = open::ledger_to_read(hand, &home)?;
    let scope = Scope::new(home.tenant.clone(), flow);
    let versions = ledger.versions(&scope).await.map_err(|error| open::refused(hand, &error))?;
    let hash = hash.to_ascii_lowercase();
    let fitting: Vec<_> = versions.iter().filter(|version| version.hash.to_string().starts_with(&hash)).collect();
    let [version] = fitting.as_slice() else {
        let known: Vec<String> = versions.iter().map(|version| version_name(flow, version.hash)).collect();
        let words = match fitting.len() {
            0 => format!("no version `{hash}` of `{flow}` is kept"),
            several => format!("{several} versions of `{flow}` begin with `{hash}`"),
        };
        let problem = Diagnostic::error(codes::command::NOT_KNOWN, Span::NONE, words).found(hash);
        let problem = match known.is_empty() {
            true => problem,
            false => problem.note(format!("there are {}", known.join(", "))).expected(known.join(", ")),
        };
        hand.terminal.refuse(&[problem], &Sources::default());
        return Err(Exit::Usage);
    };
    match workspace::recall(&version.files) {
        Ok(workspace) => Ok(Side { name: version_name(flow, version.hash), workspace }),
        Err(problems @ Problems::NotThere(_)) => {
            open::refuse(hand, &problems);
            Err(Exit::Failed)
        }
        Err(problems) => Err(open::refuse(hand, &problems)),
    }
}

/// What a kept version is called: `orders@3fa9c1d2`.
pub(super) fn version_name(flow: &str, hash: crate::ledger::Hash) -> String {
    format!("{flow}@{}", &hash.to_string()[..8])
}

/// The sample files that are named.
fn files(hand: &Hand, args: &DiffArgs) -> Result<Vec<PathBuf>, Exit> {
    let mut files = args.files.clone();
    if let Some(folder) = &args.samples {
        let listed = std::fs::read_dir(hand.folder.join(folder)).map_err(|error| {
            hand.terminal.wrong(codes::command::FILE, &format!("`{}` cannot be read: {error}", folder.display()), None);
            Exit::Usage
        })?;
        let is_json = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "json" || ending == "jsonl");
        let mut found: Vec<PathBuf> = listed.filter_map(Result::ok).map(|entry| entry.path()).filter(is_json).collect();
        found.sort();
        if found.is_empty() {
            hand.terminal.wrong(codes::command::FILE, &format!("`{}` holds no files of JSON", folder.display()), None);
            return Err(Exit::Usage);
        }
        files.extend(found);
    }
    Ok(files)
}

/// The records in files.
fn read(hand: &Hand, files: &[PathBuf], unreadable: &mut Vec<Diagnostic>) -> Result<Vec<String>, Exit> {
    let mut all = Vec::new();
    for path in files {
        let shown = path.strip_prefix(&hand.folder).unwrap_or(path).display();
        let file = std::fs::File::open(hand.folder.join(path)).map_err(|error| {
            hand.terminal.wrong(codes::command::FILE, &format!("`{shown}` cannot be read: {error}"), None);
            Exit::Usage
        })?;
        let mut records = Records::new(file);
        while let Some(batch) = records.next_batch() {
            for record in batch {
                match record {
                    Ok(record) => all.push(record.text),
                    Err(wrong) => unreadable.push(wrong.problem(&shown.to_string())),
                }
            }
        }
    }
    Ok(all)
}

/// The last records of a flow as they came, oldest first, and how many have no bytes any more.
async fn recorded(hand: &Hand, flow: &Flow, last: u32) -> Result<(Vec<String>, usize), Exit> {
    let home = open::workspace(hand, &[], Depth::Files)?;
    if !home.ledger.exists() {
        return Ok((Vec::new(), 0));
    }
    let ledger = open::ledger_to_read(hand, &home)?;
    let scope = Scope::new(home.tenant.clone(), flow.program.name.clone());
    bytes_of(&*ledger, &scope, last).await.map_err(|error| open::refused(hand, &error))
}

async fn bytes_of(ledger: &dyn Ledger, scope: &Scope, last: u32) -> Result<(Vec<String>, usize), LedgerError> {
    let filter =
        RecordFilter { flow: Some(scope.flow.to_string()), limit: last, ..RecordFilter::of(scope.tenant.clone()) };
    let mut records = Vec::new();
    let mut erased = 0;
    for summary in ledger.records(filter).await?.iter().rev() {
        match ledger.record(scope, &summary.key).await? {
            Some(record) if record.source.is_empty() => erased += 1,
            Some(record) => records.push(String::from_utf8_lossy(&record.source).into_owned()),
            None => {}
        }
    }
    Ok((records, erased))
}

/// What differs between the two outputs of a record; none where they are the same.
fn changed(old: &Side, before: &Mapped, new: &Side, now: &Mapped) -> Option<Changed> {
    let mut ends = Vec::new();
    let mut compare = |field: &str, one: String, other: String| {
        if one != other {
            let side = |text: String| (!text.is_empty()).then_some(text);
            ends.push(Difference { field: field.to_owned(), old: side(one), new: side(other) });
        }
    };
    let outcome = |mapped: &Mapped| mapped.end.as_ref().map_or("mapped", |end| end.status.word()).to_owned();
    let reason = |mapped: &Mapped| mapped.end.as_ref().map_or_else(String::new, |end| end.reason.clone());
    compare("key", before.key.clone(), now.key.clone());
    compare("title", before.title.clone(), now.title.clone());
    compare("outcome", outcome(before), outcome(now));
    compare("reason", reason(before), reason(now));
    let mut makes = Vec::new();
    let text = |make: &Make| String::from_utf8_lossy(&make.body).into_owned();
    for make in &before.makes {
        let twin = now.makes.iter().find(|twin| twin.step == make.step);
        let other = twin.map(text);
        let fields = match &other {
            Some(other) => differences(&text(make), other),
            None => vec![Difference { field: String::new(), old: Some(text(make)), new: None }],
        };
        if !fields.is_empty() {
            makes.push((make.step.to_string(), make.resource.clone(), fields));
        }
    }
    for make in now.makes.iter().filter(|make| !before.makes.iter().any(|twin| twin.step == make.step)) {
        let whole = Difference { field: String::new(), old: None, new: Some(text(make)) };
        makes.push((make.step.to_string(), make.resource.clone(), vec![whole]));
    }
    if ends.is_empty() && makes.is_empty() {
        return None;
    }
    let place = |side: &Side, end: &Option<MapEnd>| end.as_ref().map(|end| side.workspace.sources.locate(end.span));
    let places = [place(old, &before.end), place(new, &now.end)];
    Some(Changed { title: now.title.clone(), key: now.key.clone(), ends, places, makes })
}

fn shown(changed: &Changed) -> String {
    let title = if changed.title.is_empty() { "(no key)" } else { &changed.title };
    let mut text = format!("{}\n", clean(title));
    for end in &changed.ends {
        writeln!(text, "  {}", clean(&difference(end))).expect("a text takes all");
    }
    for (name, place) in ["was at", "is at"].iter().zip(&changed.places) {
        if let (Some(place), false) = (place, changed.ends.is_empty()) {
            writeln!(text, "  {name} {place}").expect("a text takes all");
        }
    }
    for (step, resource, fields) in &changed.makes {
        match fields.as_slice() {
            [Difference { field, old, new }] if field.is_empty() => {
                let (word, body) = if old.is_some() { ("no more", old) } else { ("now", new) };
                let body = body.as_deref().unwrap_or_default();
                writeln!(text, "  {step} ({resource}) {word}: {}", clean(body)).expect("a text takes all");
            }
            fields => {
                writeln!(text, "  {step} ({resource})").expect("a text takes all");
                for field in fields {
                    writeln!(text, "    {}", clean(&difference(field))).expect("a text takes all");
                }
            }
        }
    }
    text.push('\n');
    text
}

fn value(changed: &Changed) -> Value {
    json!({
        "key": changed.key,
        "title": changed.title,
        "ends": changed.ends.iter().map(difference_json).collect::<Vec<_>>(),
        "old_place": changed.places[0],
        "new_place": changed.places[1],
        "steps": changed.makes.iter().map(|(step, resource, fields)| json!({
            "step": step,
            "resource": resource,
            "changes": fields.iter().map(difference_json).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
    })
}
