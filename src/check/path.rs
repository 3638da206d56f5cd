//! A path as written goes in; its steps as slots of the record's kind, and the kind of what it names, come out.

use std::sync::Arc;

use crate::check::checker::{Checked, Checker};
use crate::check::fit::number;
use crate::check::kinds;
use crate::check::notes::Meaning;
use crate::check::problems::suggest;
use crate::check::program::SETTINGS;
use crate::check::scope::{Place, Spot};
use crate::check::within::within;
use crate::eval::{Expr, Op, Query, Step};
use crate::report::{Diagnostic, Span, codes};
use crate::syntax::ast::{self, Spanned};
use crate::value::{Kind, RecordKind, Typed};

/// How far a path was followed.
struct Trail {
    /// The steps so far and where they lead; more than one after `..name` or `.*`.
    ends: Vec<(Vec<Step>, Kind)>,
    /// It can name more than one value.
    many: bool,
    /// What it names may be not set.
    maybe: bool,
    /// What it names, as long as it is one thing.
    spot: Option<Spot>,
}

impl Checker<'_> {
    /// Checks a path.
    pub(super) fn path(&mut self, path: &ast::Path, span: Span) -> Checked {
        let Some((root, skip)) = self.root(path) else { return Checked::broken(span) };
        if path.steps.is_empty() && skip == 0 {
            return root;
        }
        if self.told(&root) {
            return Checked::broken(span);
        }
        let named;
        let steps: &[Spanned<ast::Step>] = if skip == 0 {
            &path.steps
        } else {
            let first = Spanned { node: ast::Step::Name(path.root.node.clone()), span: path.root.span };
            named = std::iter::once(first).chain(path.steps.iter().cloned()).collect::<Vec<_>>();
            &named
        };
        let mut trail = Trail {
            ends: vec![(Vec::new(), root.typed.kind.clone())],
            many: false,
            maybe: root.typed.maybe,
            spot: root.spot.clone(),
        };
        for (at, step) in steps.iter().enumerate() {
            if matches!(step.node, ast::Step::Query(_)) {
                return self.query(&root, trail, &steps[..at], &steps[at..], span);
            }
            match self.step(trail, step) {
                Some(next) => trail = next,
                None => return Checked::broken(span),
            }
        }
        self.arrive(root, trail, span)
    }

    /// What a path begins at. In a connector that is the record itself, and the first word is one of its fields.
    fn root(&mut self, path: &ast::Path) -> Option<(Checked, usize)> {
        let (text, span) = (&*path.root.node, path.root.span);
        self.note_value(span);
        if let Place::Record(kind) = &self.frame.place {
            let record = Checked::sure(Op::Var(0), span, Kind::Record(kind.clone()));
            return Some((Checked { spot: Some(Spot::variable(0)), ..record }, 1));
        }
        if text == "settings" {
            if self.frame.place == Place::Function {
                let title = "expected one of the function's arguments, found `settings`";
                let problem = Diagnostic::error(codes::check::NOT_SEEN_HERE, span, title);
                self.problems.push(problem.label("a function sees its arguments only: hand the setting in"));
                return None;
            }
            return self.setting_root(path);
        }
        if let Some(name) = self.frame.name(text) {
            name.read.set(true);
            let maybe = name.typed.maybe && !self.frame.is_sure(&name.spot);
            let given = name.span;
            let checked = Checked {
                spot: Some(name.spot.clone()),
                facts: name.facts.clone(),
                ..Checked::new(name.expr(span), Typed { kind: name.typed.kind.clone(), maybe })
            };
            self.note(span, Some(&checked.typed), || Meaning::Name(given));
            return Some((checked, 0));
        }
        self.unknown_root(text, span);
        None
    }

    fn setting_root(&mut self, path: &ast::Path) -> Option<(Checked, usize)> {
        let span = path.root.span;
        let Some(Spanned { node: ast::Step::Name(name), span: name_span }) = path.steps.first() else {
            let title = "expected `settings.` and the name of a setting, found `settings` alone";
            self.problems.error(codes::check::UNKNOWN_SETTING, span, title, "which setting?");
            return None;
        };
        let settings = self.settings.clone();
        self.note_setting(name, *name_span);
        match settings.position(name) {
            Some(at) => {
                self.settings_read[at] = true;
                if let Kind::Table(..) = settings.fields[at].typed.kind {
                    let title = format!("expected a value, found the table `settings.{name}`");
                    let label = format!("look a row up: `settings.{name}(…)`");
                    self.problems.error(codes::check::NOT_A_VALUE, *name_span, title, label);
                    return None;
                }
                if settings.fields[at].typed.kind == Kind::Any {
                    return None;
                }
            }
            None => {
                let title = format!("expected a setting, found `{name}`");
                let known = settings.fields.iter().map(|field| &*field.name);
                let word = Span { start: name_span.end.saturating_sub(number(name.len())), ..*name_span };
                self.unknown(codes::check::UNKNOWN_SETTING, word, name, title, "the settings are", known);
                return None;
            }
        }
        let record = Checked::sure(Op::Var(SETTINGS), span, Kind::Record(settings));
        Some((Checked { spot: Some(Spot::variable(SETTINGS)), ..record }, 0))
    }

    fn unknown_root(&mut self, text: &str, span: Span) {
        let flow = matches!(self.frame.place, Place::Flow | Place::Settings(_));
        if let Some(below) = self.frame.below.get(text).copied() {
            let title = format!("expected a name that is given above, found `{text}`");
            let problem = Diagnostic::error(codes::check::NAME_BELOW, span, title);
            self.problems
                .push(problem.label("not known yet").other(below, "given only here: a name is seen from its line on"));
            return;
        }
        if let Place::Settings(why) = &self.frame.place
            && self.frame.names.is_empty()
            && text != "settings"
        {
            let title = format!("expected settings and values, found `{text}`");
            let problem = Diagnostic::error(codes::check::NO_RECORD_YET, span, title).label((*why).to_owned());
            self.problems.push(problem);
            return;
        }
        let role = flow && self.roles.iter().any(|role| &*role.name == text);
        let other = if role || self.broken_roles.iter().any(|role| **role == *text) {
            Some(("a role", format!("records of it come by `find {text}.… as …`")))
        } else if self.modules.contains_key(text) {
            Some(("a file", format!("a function of it is called: `{text}.…(…)`")))
        } else if self.library.span(text).is_some() {
            Some(("a function or table", format!("it is called: `{text}(…)`")))
        } else if self.catalog.builtins.iter().any(|builtin| builtin.name == text) {
            Some(("a function", format!("it is called: `{text}(…)`")))
        } else {
            None
        };
        if let Some((what, how)) = other {
            self.problems.error(
                codes::check::NOT_A_VALUE,
                span,
                format!("expected a value, found {what}, `{text}`"),
                how,
            );
            return;
        }
        let title = format!("expected a name that is known here, found `{text}`");
        let mut problem = Diagnostic::error(codes::check::UNKNOWN_NAME, span, title).label("not known");
        match self.frame.place {
            Place::Function => problem = problem.note("a function sees its arguments only"),
            Place::Test => problem = problem.note("a test sees its own names, functions and tables"),
            _ => {}
        }
        let mut known: Vec<&str> = self.frame.names.iter().map(|name| &*name.text).collect();
        if self.frame.place != Place::Function {
            known.push("settings");
        }
        if let Some(word) = ["true", "false", "none", "null"].iter().find(|word| **word == text.to_lowercase()) {
            let meant = if *word == "null" { "none" } else { *word };
            self.problems.push(problem.fix(format!("did you mean `{meant}`?"), span, meant));
            return;
        }
        self.problems.push(suggest(problem, span, text, "known here", known));
    }

    /// Follows one step.
    fn step(&mut self, trail: Trail, step: &Spanned<ast::Step>) -> Option<Trail> {
        match &step.node {
            ast::Step::Name(name) => self.name_step(trail, name, step.span),
            ast::Step::Descend(name) => {
                let mut ends = Vec::new();
                for (steps, kind) in &trail.ends {
                    self.note_within(kind, name, step.span);
                    descend(kind, name, steps, &mut ends);
                }
                if ends.is_empty() {
                    let mut known = Vec::new();
                    trail.ends.iter().for_each(|(_, kind)| names(kind, &mut known));
                    let title = format!("expected a field that is somewhere in it, found `{name}`");
                    let known = known.iter().map(|name| &**name);
                    let problem = Diagnostic::error(codes::check::UNKNOWN_FIELD, step.span, title).label("not there");
                    let word = Span { start: step.span.end - number(name.len()), ..step.span };
                    self.problems.push(suggest(problem, word, name, "its fields are", known));
                    return None;
                }
                Some(Trail { ends, many: true, maybe: false, spot: None })
            }
            ast::Step::All => {
                let mut ends = Vec::new();
                for (steps, kind) in trail.ends {
                    match kind {
                        Kind::List(of) => ends.push((with(&steps, Step::All), (*of).clone())),
                        Kind::Record(record) => {
                            let fields = record.fields.iter().enumerate();
                            ends.extend(
                                fields.map(|(at, field)| {
                                    (with(&steps, Step::Field(number(at))), field.typed.kind.clone())
                                }),
                            );
                        }
                        kind => return self.no_parts(&kind, step.span),
                    }
                }
                Some(Trail { ends, many: true, maybe: false, spot: None })
            }
            ast::Step::Index(index) => {
                let mut ends = Vec::new();
                for (steps, kind) in trail.ends {
                    match kind {
                        Kind::List(of) => ends.push((with(&steps, Step::Index(*index)), (*of).clone())),
                        kind => return self.no_parts(&kind, step.span),
                    }
                }
                let spot = trail.spot.map(|spot| spot.step(Step::Index(*index)));
                let known = spot.as_ref().is_some_and(|spot| self.frame.is_sure(spot));
                Some(Trail { ends, many: trail.many, maybe: !known, spot })
            }
            ast::Step::Query(_) => None,
        }
    }

    fn name_step(&mut self, trail: Trail, name: &str, span: Span) -> Option<Trail> {
        let alone = trail.ends.len() == 1;
        let mut ends = Vec::new();
        let mut typed_maybe = false;
        for (steps, kind) in &trail.ends {
            match kind {
                Kind::Record(record) => match self.noted(&trail, record, name, span) {
                    Some(at) => {
                        self.readable(record, at, span);
                        typed_maybe |= record.fields[at].typed.maybe;
                        ends.push((with(steps, Step::Field(number(at))), record.fields[at].typed.kind.clone()));
                    }
                    None if alone => {
                        self.unknown_field(record, name, span);
                        return None;
                    }
                    None => {}
                },
                Kind::List(of) if alone => {
                    let mut problem = Diagnostic::error(
                        codes::check::LIST_IN_PATH,
                        span,
                        format!("expected a record in front of `.{name}`, found {}", kinds::words(kind)),
                    )
                    .label("which of its elements?");
                    let has = matches!(&**of, Kind::Record(record) if record.position(name).is_some());
                    if has {
                        let before = Span { end: dot_before(self, span), start: dot_before(self, span), ..span };
                        problem = problem.fix("take it of all of them", before, "[*]");
                    }
                    self.problems
                        .push(problem.note("`[*]` is all of them, `[0]` the first, `[?@.x == \"…\"]` those that fit"));
                    return None;
                }
                Kind::Any => return None,
                kind if alone => return self.no_parts(kind, span),
                _ => {}
            }
        }
        if ends.is_empty() {
            let title = format!("expected a field of one of the records, found `{name}`");
            self.problems.error(codes::check::UNKNOWN_FIELD, span, title, "none of them has it");
            return None;
        }
        if trail.many {
            return Some(Trail { ends, many: true, maybe: false, spot: None });
        }
        let spot = match (&trail.spot, ends.first().and_then(|(steps, _)| steps.last())) {
            (Some(spot), Some(step)) => Some(spot.step(*step)),
            _ => None,
        };
        let known = spot.as_ref().is_some_and(|spot| self.frame.is_sure(spot));
        let maybe = (trail.maybe || typed_maybe) && !known;
        let is_list = matches!(ends.first(), Some((_, Kind::List(_))));
        Some(Trail { ends, many: false, maybe: maybe && !is_list, spot })
    }

    /// The number of a field, which is noted.
    fn noted(&mut self, trail: &Trail, record: &Arc<RecordKind>, name: &str, span: Span) -> Option<usize> {
        let at = record.position(name);
        if self.notes.is_some() {
            let typed = at.map(|at| {
                let spot = trail.spot.as_ref().map(|spot| spot.step(Step::Field(number(at))));
                let known = spot.is_some_and(|spot| self.frame.is_sure(&spot));
                let typed = &record.fields[at].typed;
                Typed { kind: typed.kind.clone(), maybe: (typed.maybe || trail.maybe) && !trail.many && !known }
            });
            self.note_field(record, name, span, typed.as_ref());
        }
        at
    }

    /// Says so when a field of a system's record is never read.
    fn readable(&mut self, record: &Arc<RecordKind>, at: usize, span: Span) {
        let Some(shape) = self.shapes.get(&Arc::as_ptr(record)) else { return };
        if shape.fields[at].write_only && !matches!(self.frame.place, Place::Record(_)) {
            let name = &record.fields[at].name;
            let title = format!("expected a field that can be read, found `{name}`, which is write only");
            let label = format!("`{}` takes it and never gives it back", shape.name);
            self.problems.error(codes::check::WRITE_ONLY, span, title, label);
        }
    }

    /// Says that a record has no such field.
    pub(super) fn unknown_field(&mut self, record: &RecordKind, name: &str, span: Span) {
        let whose = if record.name.is_empty() { "the record".to_owned() } else { format!("`{}`", record.name) };
        let title = format!("expected a field of {whose}, found `{name}`");
        let known = record.fields.iter().map(|field| &*field.name);
        // The name alone is mended: behind a dot it is the end of the step, in a bracket it stands in quotes.
        let word = |behind: u32| {
            let end = span.end.saturating_sub(behind);
            Span { start: end.saturating_sub(number(name.len())), end, ..span }
        };
        let written = [word(0), word(2)].into_iter().find(|word| self.slice(*word).is_some_and(|text| text == name));
        let word = written.unwrap_or(span);
        let problem = Diagnostic::error(codes::check::UNKNOWN_FIELD, word, title).label("not a field");
        let deeper = within(record, name);
        self.problems.push(match deeper {
            Some(path) if written.is_some() && crate::report::nearest(name, known.clone()).is_none() => {
                problem.fix(format!("did you mean `{path}`?"), word, path)
            }
            _ => suggest(problem, word, name, "its fields are", known),
        });
    }

    fn no_parts(&mut self, kind: &Kind, span: Span) -> Option<Trail> {
        if *kind != Kind::Any {
            let title = format!("expected something with parts, found {}", kinds::words(kind));
            self.problems.error(codes::check::NO_PARTS, span, title, "there is nothing in it to name");
        }
        None
    }

    fn arrive(&mut self, root: Checked, trail: Trail, span: Span) -> Checked {
        let Some(kind) = self.one_kind(&trail.ends, span) else { return Checked::broken(span) };
        let mut paths: Vec<Box<[Step]>> = trail.ends.into_iter().map(|(steps, _)| steps.into()).collect();
        if trail.many {
            let op = Op::Paths(Box::new(root.expr), paths.into());
            return Checked::sure(op, span, Kind::List(Arc::new(kind)));
        }
        let steps = paths.swap_remove(0);
        let expr = Expr::new(Op::Path(Box::new(root.expr), steps), span);
        Checked { spot: trail.spot, ..Checked::new(expr, Typed { kind, maybe: trail.maybe }) }
    }

    fn one_kind(&mut self, ends: &[(Vec<Step>, Kind)], span: Span) -> Option<Kind> {
        let mut all = ends.iter().map(|(_, kind)| kind);
        let first = all.next()?.clone();
        let mut joined = first.clone();
        for kind in all {
            let Some(next) = kinds::join(&joined, kind) else {
                let title =
                    format!("expected values of one kind, found {} and {}", kinds::words(&joined), kinds::words(kind));
                self.problems.error(codes::check::MIXED_KINDS, span, title, "name them one by one");
                return None;
            };
            joined = next;
        }
        Some(joined)
    }

    /// A path with a filter, slice or choice of elements: asked of one subtree at run time.
    fn query(
        &mut self,
        root: &Checked,
        trail: Trail,
        before: &[Spanned<ast::Step>],
        behind: &[Spanned<ast::Step>],
        span: Span,
    ) -> Checked {
        let mut text = String::from("$");
        let (expr, kind) = match (trail.many, trail.ends.first()) {
            (false, Some((steps, kind))) if steps.is_empty() => (root.expr.clone(), kind.clone()),
            (false, Some((steps, kind))) => {
                let op = Op::Path(Box::new(root.expr.clone()), steps.clone().into());
                (Expr::new(op, span), kind.clone())
            }
            _ => {
                before.iter().for_each(|step| write_step(&step.node, &mut text));
                (root.expr.clone(), root.typed.kind.clone())
            }
        };
        let mut trail = Trail { many: true, maybe: false, spot: None, ..trail };
        for step in behind {
            write_step(&step.node, &mut text);
            let next = match &step.node {
                ast::Step::Query(query) => self.query_step(trail, query, step.span),
                _ => self.step(trail, step),
            };
            match next {
                Some(next) => trail = next,
                None => return Checked::broken(span),
            }
        }
        let Some(of) = self.one_kind(&trail.ends, span) else { return Checked::broken(span) };
        match Query::compile(&text, &kind) {
            Ok(query) => {
                let op = Op::Query { root: Box::new(expr), kind, query: Arc::new(query.query), single: false };
                Checked::sure(op, span, Kind::List(Arc::new(of)))
            }
            Err(words) => {
                let at = behind.first().map_or(span, |step| step.span);
                let title = format!("expected a path that can be followed, found {words}");
                self.problems.error(codes::check::BAD_PATH, at, title, "between the brackets RFC 9535 holds");
                Checked::broken(span)
            }
        }
    }

    /// Where a filter, slice or choice leads.
    fn query_step(&mut self, trail: Trail, query: &str, span: Span) -> Option<Trail> {
        let mut ends = Vec::new();
        for (_, kind) in &trail.ends {
            let mut kinds_found = Vec::new();
            if query.starts_with("..") {
                everything(kind, &mut kinds_found);
            } else {
                for selector in selectors(query) {
                    self.select(kind, selector, span, &mut kinds_found)?;
                }
            }
            ends.extend(kinds_found.into_iter().map(|kind| (Vec::new(), kind)));
        }
        if ends.is_empty() {
            let title = "expected a list or record in front of a filter, found nothing of the kind";
            self.problems.error(codes::check::BAD_PATH, span, title, "nothing can be chosen here");
            return None;
        }
        Some(Trail { ends, many: true, maybe: false, spot: None })
    }

    fn select(&mut self, kind: &Kind, selector: &str, span: Span, found: &mut Vec<Kind>) -> Option<()> {
        let quoted = |sign: char| selector.strip_prefix(sign).and_then(|rest| rest.strip_suffix(sign));
        if let Some(name) = quoted('\'').or_else(|| quoted('"')) {
            match kind {
                Kind::Record(record) => match record.position(name) {
                    Some(at) => found.push(record.fields[at].typed.kind.clone()),
                    None => {
                        self.unknown_field(record, name, span);
                        return None;
                    }
                },
                other => {
                    self.no_parts(other, span);
                    return None;
                }
            }
            return Some(());
        }
        match kind {
            Kind::List(of) => found.push((**of).clone()),
            Kind::Record(record) if selector == "*" || selector.starts_with('?') => {
                found.extend(record.fields.iter().map(|field| field.typed.kind.clone()));
            }
            Kind::Any => return None,
            other => {
                let title = format!("expected a list in front of `[{selector}]`, found {}", kinds::words(other));
                self.problems.error(codes::check::NOT_A_LIST, span, title, "nothing can be chosen here");
                return None;
            }
        }
        Some(())
    }
}

fn with(steps: &[Step], step: Step) -> Vec<Step> {
    let mut steps = steps.to_vec();
    steps.push(step);
    steps
}

/// The byte at which the dot in front of a name stands.
fn dot_before(checker: &Checker<'_>, span: Span) -> u32 {
    let text = &checker.source.text;
    if text[span.start as usize..].starts_with('.') {
        return span.start;
    }
    text[..span.start as usize].rfind('.').map_or(span.start, number)
}

/// All fields of that name in a kind, at any depth.
fn descend(kind: &Kind, name: &str, steps: &[Step], ends: &mut Vec<(Vec<Step>, Kind)>) {
    match kind {
        Kind::Record(record) => {
            if let Some(at) = record.position(name) {
                ends.push((with(steps, Step::Field(number(at))), record.fields[at].typed.kind.clone()));
            }
            for (at, field) in record.fields.iter().enumerate() {
                descend(&field.typed.kind, name, &with(steps, Step::Field(number(at))), ends);
            }
        }
        Kind::List(of) => descend(of, name, &with(steps, Step::All), ends),
        _ => {}
    }
}

/// All field names in a kind, at any depth.
fn names(kind: &Kind, found: &mut Vec<Arc<str>>) {
    match kind {
        Kind::Record(record) => {
            for field in &record.fields {
                if !found.contains(&field.name) {
                    found.push(field.name.clone());
                }
                names(&field.typed.kind, found);
            }
        }
        Kind::List(of) => names(of, found),
        _ => {}
    }
}

/// All kinds in a kind.
fn everything(kind: &Kind, found: &mut Vec<Kind>) {
    match kind {
        Kind::Record(record) => {
            for field in &record.fields {
                found.push(field.typed.kind.clone());
                everything(&field.typed.kind, found);
            }
        }
        Kind::List(of) => {
            found.push((**of).clone());
            everything(of, found);
        }
        _ => {}
    }
}

/// The selectors between two brackets, split at the commas that stand in no quotes, brackets or parentheses.
fn selectors(query: &str) -> Vec<&str> {
    let (mut all, mut start, mut depth, mut quote) = (Vec::new(), 0, 0_u32, None);
    let mut escaped = false;
    for (at, sign) in query.char_indices() {
        match (quote, sign) {
            _ if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), sign) if sign == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(sign),
            (None, '(' | '[') => depth += 1,
            (None, ')' | ']') => depth = depth.saturating_sub(1),
            (None, ',') if depth == 0 => {
                all.push(query[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    all.push(query[start..].trim());
    all
}

/// A step in the RFC's own words.
fn write_step(step: &ast::Step, text: &mut String) {
    match step {
        ast::Step::Name(name) => {
            text.push_str("['");
            quote(name, text);
            text.push_str("']");
        }
        ast::Step::Descend(name) => {
            text.push_str("..['");
            quote(name, text);
            text.push_str("']");
        }
        ast::Step::All => text.push_str("[*]"),
        ast::Step::Index(index) => {
            text.push('[');
            text.push_str(&index.to_string());
            text.push(']');
        }
        ast::Step::Query(query) if query.starts_with("..") => text.push_str(query),
        ast::Step::Query(query) => {
            text.push('[');
            text.push_str(query);
            text.push(']');
        }
    }
}

fn quote(name: &str, text: &mut String) {
    for sign in name.chars() {
        if matches!(sign, '\'' | '\\') {
            text.push('\\');
        }
        text.push(sign);
    }
}
