//! What `koppel.toml` says of a flow goes in; its settings and the connections of its roles, or what is missing, come out.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::eval::Settings;
use crate::plan::{self, Chosen};
use crate::report::{Diagnostic, Span, codes, nearest};
use crate::workspace::config::{FlowConfig, listed};
use crate::workspace::connected::Connected;
use crate::workspace::flow::Flow;
use crate::workspace::given::GivenWhat;
use crate::workspace::setting;

/// The settings of a flow, filled in.
pub(crate) fn settings(
    flow: &Flow,
    said: Option<&FlowConfig>,
    zone: &TimeZone,
    wrong: &mut Vec<Diagnostic>,
) -> Option<Arc<Settings>> {
    let program = &flow.program;
    let mut chosen: BTreeMap<Arc<str>, Chosen> = BTreeMap::new();
    let mut wrong_values: Vec<&str> = Vec::new();
    let mut sound = true;
    for (name, given) in said.iter().flat_map(|said| &said.settings) {
        let Some(setting) = program.settings.iter().find(|setting| setting.name == name.node) else {
            let names: Vec<&str> = program.settings.iter().map(|setting| &*setting.name).collect();
            let title = format!("flow `{}` has no setting `{}`", program.name, name.node);
            wrong.push(setting::unknown(&title, &name.node, &names, name.span));
            sound = false;
            continue;
        };
        if matches!(&given.what, GivenWhat::Text(text) if text.trim().is_empty()) {
            continue;
        }
        match setting::choose(&name.node, &setting.typed.kind, given) {
            Ok(value) => {
                chosen.insert(name.node.clone(), value);
            }
            Err(mut mistakes) => {
                wrong.append(&mut mistakes);
                wrong_values.push(&setting.name);
                sound = false;
            }
        }
    }
    match plan::bind(program, &chosen, zone) {
        Ok(settings) => sound.then(|| Arc::new(settings)),
        Err(missing) => {
            for missing in missing {
                let setting = &program.settings[missing.setting];
                // What has a wrong value is not missing.
                if wrong_values.contains(&&*setting.name) {
                    continue;
                }
                let mut diagnostic = Diagnostic::error(
                    codes::workspace::MISSING_SETTING,
                    setting.span,
                    match &missing.failure {
                        None => format!("setting `{}` must be filled in", setting.name),
                        Some(failure) => format!("setting `{}` cannot be computed: {}", setting.name, failure.words),
                    },
                );
                if missing.failure.is_none() {
                    let example = setting::example(&setting.typed.kind);
                    diagnostic = diagnostic.label("it has no default").note(format!(
                        "write `settings.{} = {example}` below `[flows.{}]` in koppel.toml",
                        setting.name, program.name
                    ));
                }
                wrong.push(diagnostic);
            }
            None
        }
    }
}

/// The names of the connections of a flow's roles, by the number of the role; empty when one is missing.
pub(crate) fn roles(
    flow: &Flow,
    said: Option<&FlowConfig>,
    connections: &[Connected],
    wrong: &mut Vec<Diagnostic>,
) -> Vec<Arc<str>> {
    let program = &flow.program;
    let said = said.map_or(&[][..], |said| &said.roles);
    for (role, _) in said {
        if !program.roles.iter().any(|known| known.name == role.node) {
            let names: Vec<&str> = program.roles.iter().map(|role| &*role.name).collect();
            let title = format!("flow `{}` has no role `{}`", program.name, role.node);
            let diagnostic = Diagnostic::error(codes::workspace::UNKNOWN_ROLE, role.span, title);
            wrong.push(match nearest(&role.node, names.iter().copied()) {
                Some(meant) => diagnostic.fix(format!("did you mean `{meant}`?"), role.span, meant),
                None => diagnostic.note(format!("it has {}", listed(&names))),
            });
        }
    }
    let mut bound = Vec::new();
    for role in &program.roles {
        let span = flow.uses.iter().find(|(name, _)| *name == role.name).map_or(Span::default(), |(_, span)| *span);
        let named = said.iter().find(|(name, _)| name.node == role.name).map(|(_, connection)| connection);
        let fitting = || connections.iter().filter(|connected| connected.connector.name == role.connector.name);
        let found = match named {
            Some(name) => match connections.iter().find(|connected| connected.name == name.node) {
                Some(connected) if connected.connector.name != role.connector.name => {
                    let title = format!(
                        "role `{}` wants a connection to `{}`, `{}` is one to `{}`",
                        role.name, role.connector.name, connected.name, connected.connector.name
                    );
                    wrong.push(
                        Diagnostic::error(codes::workspace::WRONG_CONNECTION, name.span, title)
                            .other(span, "the role is named here"),
                    );
                    continue;
                }
                Some(connected) => Some(connected),
                None => {
                    let names: Vec<&str> = connections.iter().map(|connected| &*connected.name).collect();
                    let title = format!("there is no connection `{}`", name.node);
                    let diagnostic = Diagnostic::error(codes::workspace::NO_CONNECTION, name.span, title);
                    wrong.push(match nearest(&name.node, names.iter().copied()) {
                        Some(meant) => {
                            diagnostic.fix(format!("did you mean `{meant}`?"), name.span, format!("\"{meant}\""))
                        }
                        None => diagnostic.note(format!("there is {}", listed(&names))),
                    });
                    continue;
                }
            },
            None => fitting()
                .find(|connected| connected.name == role.connector.name)
                .or_else(|| if fitting().count() == 1 { fitting().next() } else { None }),
        };
        match found {
            Some(connected) if connected.connector.hash != role.connector.hash => {
                let title = format!("role `{}` and connection `{}` read different files", role.name, connected.name);
                wrong.push(
                    Diagnostic::error(codes::workspace::WRONG_CONNECTION, span, title)
                        .other(connected.span, "the connection is here")
                        .note(format!("keep one `{}.connector`, in `connectors/`", role.connector.name)),
                );
            }
            Some(connected) => bound.push(connected.name.clone()),
            None => {
                let title = format!("role `{}` has no connection", role.name);
                let diagnostic = Diagnostic::error(codes::workspace::NO_CONNECTION, span, title);
                let several: Vec<&str> = fitting().map(|connected| &*connected.name).collect();
                wrong.push(if several.is_empty() {
                    diagnostic.note(format!("write a `[connections.{}]` in koppel.toml", role.connector.name))
                } else {
                    diagnostic.note(format!(
                        "{} would fit: write `roles.{} = \"{}\"` below `[flows.{}]` in koppel.toml",
                        listed(&several),
                        role.name,
                        several[0],
                        program.name
                    ))
                });
            }
        }
    }
    if bound.len() == program.roles.len() { bound } else { Vec::new() }
}
