//! A call as written goes in; a builtin, a function, a script or a table's row with arguments of their kinds comes out.

use std::sync::Arc;

use crate::builtin::QUERY;
use crate::check::checker::{Checked, Checker};
use crate::check::kinds;
use crate::check::library::{Callable, Signature, TableEntry};
use crate::check::notes::Meaning;
use crate::check::problems::suggest;
use crate::check::scope::Place;
use crate::eval::{Expr, Op, Query, Table, TableRef};
use crate::report::{Diagnostic, Span, codes};
use crate::syntax::ast;
use crate::value::{Builtin, Kind, Typed, WrongArgument};

/// The function around a division.
const ROUND: &str = "round";

impl Checker<'_> {
    /// Checks `f(a)`, `nl.f(a)` and `settings.t(a)`.
    pub(super) fn call(
        &mut self,
        name: &ast::Name,
        member: Option<&ast::Name>,
        arguments: &[ast::Expr],
        span: Span,
    ) -> Checked {
        match member {
            Some(member) if &*name.node == "settings" => self.setting_table(member, arguments, span),
            Some(member) => self.member_call(name, member, arguments, span),
            None => self.plain_call(name, arguments, span),
        }
    }

    fn plain_call(&mut self, name: &ast::Name, arguments: &[ast::Expr], span: Span) -> Checked {
        self.note_value(name.span);
        if let Some(signature) = self.library.signature(&name.node) {
            let given = self.library.span(&name.node).unwrap_or(name.span);
            self.note_function(name.span, given, &signature);
            let callable = self.function(&name.node, name.span);
            return self.call_function(callable, &signature, arguments, span);
        }
        if self.library.is_broken(&name.node) {
            return self.broken_call(arguments, span);
        }
        if let Some(table) = self.library.table(&name.node) {
            self.note_table(name.span, &table);
            return self.call_table(&table, &name.node, arguments, span);
        }
        let builtins = self.catalog.builtins;
        if let Some(builtin) = builtins.iter().find(|builtin| builtin.name == &*name.node) {
            self.note(name.span, None, || Meaning::Builtin(builtin));
            return self.call_builtin(builtin, arguments, span);
        }
        let value = self.frame.name(&name.node).is_some();
        let title = if value {
            format!("expected a function, found the value `{}`", name.node)
        } else {
            format!("expected a function that is known, found `{}`", name.node)
        };
        let mut known = self.library.names();
        known.extend(builtins.iter().map(|builtin| Box::from(builtin.name)));
        let mut problem = Diagnostic::error(codes::check::UNKNOWN_FUNCTION, name.span, title).label("not a function");
        if !value {
            match crate::report::nearest(&name.node, known.iter().map(|name| &**name)) {
                Some(near) => problem = problem.fix(format!("did you mean `{near}`?"), name.span, near),
                None => problem = problem.note("`koppel builtins` lists all; `fn` makes one"),
            }
        }
        self.problems.push(problem);
        self.broken_call(arguments, span)
    }

    fn member_call(&mut self, name: &ast::Name, member: &ast::Name, arguments: &[ast::Expr], span: Span) -> Checked {
        if self.roles.iter().any(|role| *role.name == *name.node) || self.broken_roles.contains(&name.node) {
            let title = format!("expected a function, found `{}.{}`", name.node, member.node);
            let label = format!("`{}` is a role: what reaches a system is a step at the top of the flow", name.node);
            self.problems.error(codes::check::NOT_A_VALUE, name.span, title, label);
            return self.broken_call(arguments, span);
        }
        let Some(module) = self.modules.get_mut(&*name.node) else {
            let title = format!("expected a file that is used here, found `{}`", name.node);
            let known: Vec<Box<str>> = self.modules.keys().cloned().collect();
            let known = known.iter().map(|name| &**name);
            self.unknown(codes::check::UNKNOWN_NAME, name.span, &name.node, title, "the files are", known);
            return self.broken_call(arguments, span);
        };
        module.used = true;
        let (given, functions, tables) = (module.span, &module.functions, &module.tables);
        let (function, table) = (functions.get(&*member.node).cloned(), tables.get(&*member.node).cloned());
        let hidden = module.hidden.contains(&member.node);
        let (broken, known) = (module.broken, functions.keys().chain(tables.keys()).cloned().collect::<Vec<_>>());
        self.note(name.span, None, || Meaning::Module(given));
        if let Some((signature, callable)) = function {
            self.note_function(member.span, signature.given, &signature);
            return self.call_function(Some(callable), &signature, arguments, span);
        }
        if let Some(table) = table {
            self.note_table(member.span, &table);
            return self.call_table(&table, &member.node, arguments, span);
        }
        if !broken {
            let title = format!("expected a function of `{}`, found `{}`", name.node, member.node);
            let problem = Diagnostic::error(codes::check::NOT_IN_FILE, member.span, title);
            let problem = if hidden {
                problem.label("no typed header offers it").note(format!(
                    "the file has it: write its kinds in the line above it, `/// fn {}(…: text) -> text`",
                    member.node
                ))
            } else {
                let known = known.iter().map(|name| &**name);
                suggest(problem.label("not known"), member.span, &member.node, "it has", known)
            };
            self.problems.push(problem);
        }
        self.broken_call(arguments, span)
    }

    fn setting_table(&mut self, member: &ast::Name, arguments: &[ast::Expr], span: Span) -> Checked {
        if self.frame.place == Place::Function {
            let title = "expected one of the function's arguments, found `settings`";
            let label = "a function sees its arguments only: look the row up where the function is called";
            self.problems.error(codes::check::NOT_SEEN_HERE, member.span, title, label);
            return self.broken_call(arguments, span);
        }
        let settings = self.settings.clone();
        let Some(at) = settings.position(&member.node) else {
            let title = format!("expected a setting, found `{}`", member.node);
            let known = settings.fields.iter().map(|field| &*field.name);
            self.unknown(codes::check::UNKNOWN_SETTING, member.span, &member.node, title, "the settings are", known);
            return self.broken_call(arguments, span);
        };
        self.settings_read[at] = true;
        self.note_setting(&member.node, member.span);
        match &settings.fields[at].typed.kind {
            Kind::Table(key, value) => {
                let table = TableRef::Setting(crate::check::fit::number(at));
                self.look_up(table, &format!("settings.{}", member.node), key, value, true, arguments, span)
            }
            Kind::Any => self.broken_call(arguments, span),
            kind => {
                let title = format!("expected a table, found {}", kinds::words(kind));
                let label = format!("a value is read without brackets: `settings.{}`", member.node);
                self.problems.error(codes::check::NOT_A_VALUE, member.span, title, label);
                self.broken_call(arguments, span)
            }
        }
    }

    fn call_table(&mut self, table: &TableEntry, name: &str, arguments: &[ast::Expr], span: Span) -> Checked {
        let covers = table.table.any.is_some() || covers(&table.key, &table.table);
        let maybe = !covers || table.value.maybe;
        let fixed = TableRef::Fixed(table.table.clone());
        self.look_up(fixed, name, &table.key, &table.value.kind, maybe, arguments, span)
    }

    #[expect(clippy::too_many_arguments, reason = "a look-up is told once, for tables of three places")]
    fn look_up(
        &mut self,
        table: TableRef,
        name: &str,
        key: &Kind,
        value: &Kind,
        maybe: bool,
        arguments: &[ast::Expr],
        span: Span,
    ) -> Checked {
        let [argument] = arguments else {
            self.count(name, (1, 1), arguments.len(), span);
            return self.broken_call(arguments, span);
        };
        let argument = self.expr(argument);
        // What is not set takes the row `_`, which rows for all of a closed list do not replace.
        let any = matches!(&table, TableRef::Fixed(table) if table.any.is_some());
        let maybe = maybe || argument.typed.maybe && !any;
        let loose = argument.loose_ends();
        let argument = self.assign(argument, key, &format!("the table `{name}`"));
        let found = Expr::new(Op::Lookup(table, Box::new(argument)), span);
        Checked { loose, ..Checked::new(found, Typed { kind: value.clone(), maybe }) }
    }

    fn call_builtin(&mut self, builtin: &'static Builtin, arguments: &[ast::Expr], span: Span) -> Checked {
        let (least, most) = builtin.arity;
        if arguments.len() < least || arguments.len() > most {
            self.count(builtin.name, (least, most), arguments.len(), span);
            return self.broken_call(arguments, span);
        }
        let mut all = Vec::new();
        for (at, argument) in arguments.iter().enumerate() {
            let inside = builtin.name == ROUND && at == 0;
            self.rounded += u32::from(inside);
            // A blank text is not set as a value, but is what it is as a separator, a mark or a piece.
            all.push(match &argument.node {
                ast::ExprKind::Literal(ast::Literal::Text(text)) if text.trim().is_empty() => {
                    Checked::sure(Op::Text(text.clone()), argument.span, Kind::Text)
                }
                _ => self.expr(argument),
            });
            self.rounded -= u32::from(inside);
        }
        if all.iter().any(|argument| self.told(argument)) {
            return Checked::broken(span);
        }
        let typed: Vec<Typed> = all.iter().map(plain_literal).collect();
        let texts: Vec<Option<&str>> = arguments.iter().map(written_text).collect();
        let judged = match (builtin.kind)(&typed) {
            Ok(result) => builtin
                .literals
                .map_or(Ok(()), |judge| braces_are_meant(arguments).and_then(|()| judge(&texts)))
                .map(|()| result),
            Err(wrong) => Err(wrong),
        };
        let loose = all.iter().flat_map(Checked::loose_ends).collect();
        let checked = match judged {
            Ok(_) if builtin.name == QUERY => query(all, &texts, span),
            Ok(mut result) => {
                result.maybe |= builtin.spreads && typed.iter().any(|typed| typed.maybe);
                let arguments = all.into_iter().map(|argument| argument.expr).collect();
                Ok(Checked::new(Expr::new(Op::Builtin(builtin, arguments), span), result))
            }
            Err(wrong) => Err(wrong),
        };
        match checked {
            Ok(checked) => Checked { loose, ..checked },
            Err((at, words)) => {
                let place = arguments.get(at).map_or(span, |argument| argument.span);
                let problem = Diagnostic::error(codes::check::WRONG_ARGUMENT, place, words)
                    .label(format!("argument {} of `{}`", at + 1, builtin.name))
                    .note(format!("`{}`", builtin.signature));
                self.problems.push(problem);
                Checked::broken(span)
            }
        }
    }

    fn call_function(
        &mut self,
        callable: Option<Callable>,
        signature: &Arc<Signature>,
        arguments: &[ast::Expr],
        span: Span,
    ) -> Checked {
        let wanted = signature.parameters.len();
        if arguments.len() != wanted {
            let mut problem = Diagnostic::error(
                codes::check::ARGUMENT_COUNT,
                span,
                format!(
                    "expected {} for `{}`, found {}",
                    count_words((wanted, wanted)),
                    signature.name,
                    arguments.len()
                ),
            )
            .label("too few or too many");
            problem = problem.note(format!("`{signature}`"));
            self.problems.push(problem);
            return self.broken_call(arguments, span);
        }
        let mut maybe = signature.result.maybe;
        let mut loose = Vec::new();
        let mut all = Vec::new();
        for (argument, (name, typed)) in arguments.iter().zip(&signature.parameters) {
            let value = self.expr(argument);
            if value.typed.maybe && !typed.maybe {
                maybe = true;
                loose.extend(value.loose_ends());
            }
            all.push(self.assign(value, &typed.kind, &format!("the parameter `{name}` of `{}`", signature.name)));
        }
        let op = match callable {
            Some(Callable::Function(function)) => Op::Function(function, all),
            Some(Callable::Script(script)) => Op::Script(script, all),
            None => return Checked::broken(span),
        };
        let maybe = maybe && !matches!(signature.result.kind, Kind::List(_));
        Checked { loose, ..Checked::new(Expr::new(op, span), Typed { kind: signature.result.kind.clone(), maybe }) }
    }

    /// The arguments of something that was told to be wrong: their own mistakes are told too.
    fn broken_call(&mut self, arguments: &[ast::Expr], span: Span) -> Checked {
        for argument in arguments {
            self.rounded += 1;
            self.expr(argument);
            self.rounded -= 1;
        }
        Checked::broken(span)
    }

    fn count(&mut self, name: &str, arity: (usize, usize), found: usize, span: Span) {
        let title = format!("expected {} for `{name}`, found {found}", count_words(arity));
        let mut problem = Diagnostic::error(codes::check::ARGUMENT_COUNT, span, title).label("too few or too many");
        if let Some(builtin) = self.catalog.builtins.iter().find(|builtin| builtin.name == name) {
            problem = problem.note(format!("`{}`", builtin.signature));
        }
        self.problems.push(problem);
    }
}

/// Whether every key there can be has a row.
fn covers(key: &Kind, table: &Table) -> bool {
    match key {
        Kind::Choice(texts) => texts.iter().all(|text| table.rows.contains_key(&**text)),
        Kind::Bool => ["true", "false"].iter().all(|truth| table.rows.contains_key(*truth)),
        _ => false,
    }
}

fn count_words((least, most): (usize, usize)) -> String {
    let plural = |count: usize| if count == 1 { "argument" } else { "arguments" };
    if least == most {
        format!("{least} {}", plural(least))
    } else if most == usize::MAX || most > 50 {
        format!("at least {least} {}", plural(least))
    } else {
        format!("{least} to {most} arguments")
    }
}

/// `query(record, "$.path")`: the path is compiled for the kind of what it is asked of.
fn query(mut all: Vec<Checked>, texts: &[Option<&str>], span: Span) -> Result<Checked, WrongArgument> {
    let Some(path) = texts.get(1).copied().flatten() else {
        return Err((1, "expected a path that is written here, found a value".to_owned()));
    };
    let root = all.swap_remove(0);
    let kind = root.typed.kind;
    if !matches!(kind, Kind::Record(_) | Kind::List(_)) {
        return Err((0, format!("expected a record or a list, found {}", kinds::words(&kind))));
    }
    let compiled = Query::compile(path, &kind)
        .map_err(|words| (1, format!("expected a path that can be followed, found {words}")))?;
    let typed = match (compiled.single, compiled.kind) {
        (true, list @ Kind::List(_)) => Typed::sure(list),
        (true, kind) => Typed::maybe(kind),
        (false, kind) => Typed::sure(Kind::List(Arc::new(kind))),
    };
    let query = Arc::new(compiled.query);
    let op = Op::Query { root: Box::new(root.expr), kind, query, single: compiled.single };
    Ok(Checked::new(Expr::new(op, span), typed))
}

/// A pattern that repeats something so many times has a brace, which in a text begins a hole.
fn braces_are_meant(arguments: &[ast::Expr]) -> Result<(), WrongArgument> {
    let repeats = |piece: &ast::Piece| match piece {
        ast::Piece::Expr(hole) => matches!(hole.node, ast::ExprKind::Literal(ast::Literal::Number(_))),
        ast::Piece::Text(_) => false,
    };
    let slip = arguments
        .iter()
        .position(|argument| matches!(&argument.node, ast::ExprKind::Text(pieces) if pieces.iter().any(repeats)));
    match slip {
        Some(at) => Err((at, "expected `\\{` for a brace that is meant as one, found a number in a hole".to_owned())),
        None => Ok(()),
    }
}

/// The text that an argument is, where it is written without holes.
fn written_text(argument: &ast::Expr) -> Option<&str> {
    match &argument.node {
        ast::ExprKind::Literal(ast::Literal::Text(text)) => Some(text),
        _ => None,
    }
}

/// The kind of an argument, a literal text being a text.
fn plain_literal(argument: &Checked) -> Typed {
    let kind = match &argument.typed.kind {
        Kind::Choice(_) if argument.literal => Kind::Text,
        Kind::List(of) if argument.literal && matches!(**of, Kind::Choice(_)) => Kind::List(Arc::new(Kind::Text)),
        kind => kind.clone(),
    };
    Typed { kind, maybe: argument.typed.maybe }
}
