//! A program goes in; a short form of it that a person reads, and a test compares, comes out.

use std::fmt::Write as _;

use crate::check::program::{At, By, Program, Rung, Step, Work};
use crate::eval::Used;
use crate::value::{Kind, Typed};

/// A program in a few lines: kinds of names, steps with what they read, fields that are used.
#[must_use]
pub fn outline(program: &Program) -> String {
    let mut out = String::new();
    let mut line = |words: String| writeln!(out, "{}", words.trim_end()).expect("a text takes all that is written");
    line(format!("flow {} \"{}\"", program.name, program.title));
    for role in &program.roles {
        line(format!("  role {} = {}", role.name, role.connector.name));
    }
    for setting in &program.settings {
        let default = match (&setting.default, &setting.table) {
            (Some(_), _) => " with a default".to_owned(),
            (None, Some(table)) => {
                let any = if table.any.is_some() { " and `_`" } else { "" };
                format!(" with {} rows{any}", table.rows.len())
            }
            (None, None) => String::new(),
        };
        line(format!("  setting {}: {}{default}", setting.name, setting.typed));
    }
    let source = &program.source;
    line(format!("  from {} as {}: {}", at(program, &source.at), source.name, source.at.resource.shape.name));
    line(format!("    key {}", source.key_kind));
    source.by.iter().for_each(|by| line(format!("    by {}", by_words(by, &source.at))));
    if let Some(cursor) = &source.cursor {
        let since = cursor.since.map(|since| format!(", asked as \"{}\"", source.at.resource.since[since].parameter));
        let begin = if cursor.from.is_some() { ", begins" } else { "" };
        let kind = if cursor.is_date { "date" } else { "datetime" };
        let overlap = cursor.overlap.as_secs();
        line(format!("    cursor {}: {kind}{}{begin}, overlap {overlap} s", cursor.field, since.unwrap_or_default()));
    }
    let record = Kind::Record(source.at.resource.shape.kind.clone());
    line(format!("    used {}", used_words(&source.used, &record)));
    for variable in &program.lets {
        if let (Some(name), Some(typed)) = (program.names.get(variable), program.kinds.get(variable)) {
            line(format!("  let {name}: {}", kind_words(typed)));
        }
    }
    for step in &program.steps {
        line(format!("  {}{}", step.name, if step.guard.is_some() { " when …" } else { "" }));
        if let Some(words) = work_words(program, step) {
            line(format!("    {words}"));
        }
        let mut reads: Vec<String> = Vec::new();
        if step.reads_source {
            reads.push(source.name.to_string());
        }
        for (variable, used) in &step.reads {
            let name = program.names.get(variable).map_or("?", |name| &**name);
            let kind = program.kinds.get(variable).map_or(Kind::Any, |typed| typed.kind.clone());
            reads.push(format!("{name}: {}", used_words(used, &kind)));
        }
        if !reads.is_empty() {
            line(format!("    reads {}", reads.join("; ")));
        }
        if let Some(made) = step.makes
            && let (Some(name), Some(typed)) = (program.names.get(&made), program.kinds.get(&made))
        {
            line(format!("    makes {name}: {}, used {}", kind_words(typed), used_words(&step.used, &typed.kind)));
        }
    }
    for policy in &program.policies {
        let classes: Vec<&str> = policy.classes.iter().map(|class| class.word()).collect();
        line(format!("  on {} {:?}", classes.join(", "), policy.action));
    }
    for name in program.functions.keys() {
        line(format!("  fn {name}"));
    }
    for (name, table) in &program.tables {
        line(format!("  table {name}: {} rows", table.rows.len()));
    }
    for test in &program.tests {
        line(format!("  test \"{}\": {} lines", test.title, test.items.len()));
    }
    out
}

fn at(program: &Program, at: &At) -> String {
    let role = program.roles.get(at.role).map_or("?", |role| &*role.name);
    format!("{role}.{}", at.resource.name.resource)
}

fn by_words(by: &By, at: &At) -> String {
    match by {
        By::Linked { of, .. } => format!("linked id of {of}"),
        By::Id(_) => "id".to_owned(),
        By::Field { field, compared, many, filter, .. } => {
            let many = if *many { "in" } else { "=" };
            let filter = filter.map(|filter| format!(", asked as \"{}\"", at.resource.filters[filter].parameter));
            format!("{} {many} … as {compared:?}{}", field.dotted, filter.unwrap_or_default())
        }
    }
}

fn work_words(program: &Program, step: &Step) -> Option<String> {
    Some(match &step.work {
        Work::Stop(_) => return None,
        Work::Find(find) => {
            let by: Vec<String> = find.by.iter().map(|by| by_words(by, &find.at)).collect();
            format!("{} by {}", at(program, &find.at), if by.is_empty() { "nothing".to_owned() } else { by.join(", ") })
        }
        Work::Require(require) => format!("{} by {}", at(program, &require.at), by_words(&require.by, &require.at)),
        Work::Ensure(ensure) => {
            let fields = &ensure.at.resource.shape.fields;
            let name = |slot: &u32| fields.get(*slot as usize).map_or("?", |field| &*field.name).to_owned();
            let rungs = ensure.rungs.iter().map(|rung| match rung {
                Rung::Use(_) => "use".to_owned(),
                Rung::By { linked, fields, .. } => {
                    let linked = linked.iter().map(|(_, of)| format!("linked id of {of}"));
                    let fields = fields.iter().map(|(slot, compared)| format!("{} as {compared:?}", name(slot)));
                    format!("by {}", linked.chain(fields).collect::<Vec<_>>().join(", "))
                }
            });
            let rungs: Vec<String> = rungs.collect();
            let update: Vec<String> = ensure.update.iter().map(name).collect();
            let missing = if ensure.missing.is_some() { "a stop" } else { "create" };
            let update = if update.is_empty() { "keep".to_owned() } else { format!("update {}", update.join(", ")) };
            format!("{}: {}; found {update}; missing {missing}", at(program, &ensure.at), rungs.join("; "))
        }
        Work::Create(create) => {
            format!("{} known by {} as {:?}", at(program, &create.at), create.key.field.dotted, create.key.compared)
        }
        Work::Update(update) => {
            let fields = &update.at.resource.shape.fields;
            let names: Vec<&str> =
                update.fields.iter().filter_map(|slot| fields.get(*slot as usize)).map(|field| &*field.name).collect();
            format!("{} {}", at(program, &update.at), names.join(", "))
        }
        Work::Call(call) => {
            let key = call.key.as_ref().map(|key| format!(" known by {}", key.field.dotted)).unwrap_or_default();
            let makes = call.makes.as_ref().map(|made| format!(" makes {}", at(program, made))).unwrap_or_default();
            format!("{}.{}{makes}{key}", at(program, &call.at), call.at.resource.actions[call.action].name)
        }
    })
}

/// A kind; a record made in the flow with its fields.
fn kind_words(typed: &Typed) -> String {
    typed.to_string()
}

/// The fields that are used, dotted.
fn used_words(used: &Used, kind: &Kind) -> String {
    if used.whole {
        return "all".to_owned();
    }
    let fields: Vec<String> = parts(used, kind);
    if fields.is_empty() {
        if used.presence { "whether it is there" } else { "nothing" }.to_owned()
    } else {
        fields.join(", ")
    }
}

fn parts(used: &Used, kind: &Kind) -> Vec<String> {
    let kind = match kind {
        Kind::List(of) => of,
        kind => kind,
    };
    let Kind::Record(record) = kind else { return Vec::new() };
    let mut all = Vec::new();
    for (slot, part) in &used.fields {
        let Some(field) = record.fields.get(*slot as usize) else { continue };
        let inner = if part.whole { Vec::new() } else { parts(part, &field.typed.kind) };
        match &inner[..] {
            [] => all.push(field.name.to_string()),
            [one] => all.push(format!("{}.{one}", field.name)),
            many => all.push(format!("{}.({})", field.name, many.join(", "))),
        }
    }
    all
}
