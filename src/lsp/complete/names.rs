//! In front of the cursor stands a word that wants a role, a resource, an action, a kind or a class; those that are come out.

use lsp_types::CompletionItemKind as Kind;

use crate::connect::{CRASHES, Class, FAULTS, Resource};
use crate::eval::Shape;
use crate::lsp::complete::Place;
use crate::lsp::complete::items::{Items, Offer, Rank};
use crate::lsp::connector::{action_words, connector_words, resource_words};
use crate::lsp::state::State;
use crate::syntax::ast;
use crate::value::Kind::Text;

/// The kinds that are one word.
const KINDS: &[&str] = &["text", "int", "decimal", "bool", "date", "datetime", "email", "id"];

/// Offers what the systems have at a place that is theirs; whether it was one.
pub(super) fn of_systems(state: &mut State, place: &Place<'_>, items: &mut Items<'_>) -> bool {
    let before = place.words_before();
    let in_word = |at: usize| before.get(at).copied().unwrap_or_default();
    let touches = place.before().ends_with('.');
    if touches && in_word(0) == "." {
        // `shop.` and `shop.orders.`; before it a name of a record is a field's matter.
        let role = |name: &str| place.notes.roles.iter().find(|role| *role.name == *name);
        if in_word(2) == "."
            && let Some(role) = role(in_word(3))
            && let Some(resource) = role.connector.resource(in_word(1))
        {
            actions(resource, items);
            return true;
        }
        if in_word(2) != "."
            && let Some(role) = role(in_word(1))
        {
            let wanted = in_word(2).to_owned();
            let role = role.clone();
            for resource in role.connector.resources.iter().filter(|it| fits(it, &wanted)) {
                let file = state.connector_file(place.document.desk, &place.document.name, &role.connector.name);
                let note = file.and_then(|file| file.note_of_resource(&resource.name.resource));
                let offer = Offer::new(&*resource.name.resource, Kind::CLASS, Rank::Wanted)
                    .detail(format!("of {}", resource.shape.name))
                    .doc(resource_words(resource, note.as_deref()));
                items.push(match statement(place, &wanted, &resource.name.resource, resource) {
                    Some(rest) => offer.snippet(rest),
                    None => offer,
                });
            }
            return true;
        }
        return false;
    }
    let wanted = in_word(0);
    let wants_resource = place.expected.resource
        || matches!(wanted, "from" | "find" | "require" | "ensure" | "create" | "update" | "call")
            && place.words_before().len() == 1
        || (wanted == "of" && in_word(1) == "id");
    if wants_resource {
        for role in &place.notes.roles {
            for resource in role.connector.resources.iter().filter(|it| fits(it, wanted)) {
                let name = format!("{}.{}", role.name, resource.name.resource);
                let offer = Offer::new(&*name, Kind::CLASS, Rank::Wanted)
                    .detail(format!("of {}", resource.shape.name))
                    .doc(resource_words(resource, None));
                items.push(match statement(place, wanted, &name, resource) {
                    Some(rest) => offer.snippet(rest),
                    None => offer,
                });
            }
            let offer = Offer::new(&*role.name, Kind::MODULE, Rank::Near);
            items.push(offer.detail("role").doc(connector_words(&role.connector)));
        }
        return place.expected.resource || !items.is_empty();
    }
    if wanted == "use" {
        for name in state.desks[place.document.desk].connector_names() {
            items.push(Offer::new(name, Kind::MODULE, Rank::Wanted).detail("connector"));
        }
        return true;
    }
    if before.last() == Some(&"on") && matches!(wanted, "on" | ",") {
        for class in Class::ALL.iter().filter(|class| **class != Class::Token) {
            items.push(Offer::new(class.word(), Kind::ENUM_MEMBER, Rank::Wanted).detail("class of errors"));
        }
        return true;
    }
    if before.last() == Some(&"fault") && before.len() >= 5 && in_word(1) == "." {
        for fault in FAULTS.iter().chain(CRASHES).copied() {
            items.push(Offer::new(fault, Kind::ENUM_MEMBER, Rank::Wanted).detail("fault"));
        }
        return true;
    }
    if place.expected.kind {
        kinds(items);
    }
    false
}

/// Whether a statement of that word can stand on a resource.
fn fits(resource: &Resource, word: &str) -> bool {
    match word {
        "from" => resource.list.is_some(),
        "create" => resource.create.is_some(),
        "ensure" => resource.list.is_some() || !resource.searches.is_empty(),
        "update" => resource.update.is_some(),
        "call" => !resource.actions.is_empty(),
        _ => true,
    }
}

fn actions(resource: &std::sync::Arc<Resource>, items: &mut Items<'_>) {
    for (at, action) in resource.actions.iter().enumerate() {
        let offer = Offer::new(&*action.name, Kind::METHOD, Rank::Wanted);
        let offer = offer.detail("action").doc(action_words(resource, at));
        items.push(offer.snippet(format!("{}(${{1:id}})", action.name)));
    }
}

/// The rest of an `ensure` or `create` behind its resource, with the fields that it must have.
fn statement(place: &Place<'_>, word: &str, name: &str, resource: &Resource) -> Option<String> {
    if !place.rest().trim().is_empty() || !matches!(word, "ensure" | "create") || resource.create.is_none() {
        return None;
    }
    let shape = &resource.shape;
    let thing = shape.name.trim_end_matches('s');
    let searched = resource.searches.iter().flat_map(|search| &search.on).find(|on| !on.contains('.'));
    // Else a text tells things apart.
    let text = shape
        .fields
        .iter()
        .enumerate()
        .find(|(at, field)| shape.id != Some(*at) && !field.read_only && shape.kind.fields[*at].typed.kind == Text);
    let known = searched.map(|on| &**on).or(text.map(|(_, field)| &*field.name)).unwrap_or("reference");
    let mut snippet = format!("{name} as ${{1:{thing}}} {{\n");
    match word {
        "ensure" => {
            snippet += &format!("  by      ${{2:{known}}}\n  missing create\n\n");
        }
        _ => {
            snippet += &format!("  key ${{2:{known}}} = \"$3\"\n");
        }
    }
    for (number, (field, _)) in required(shape).enumerate() {
        snippet += &format!("  {} = ${}\n", field, number + 4);
    }
    Some(snippet + "  $0\n}")
}

/// The fields that what is made must have.
fn required(shape: &Shape) -> impl Iterator<Item = (&str, usize)> {
    let fields = shape.fields.iter().enumerate();
    let needed = fields
        .filter(|(at, field)| field.required && !field.read_only && field.default.is_none() && shape.id != Some(*at));
    needed.map(|(at, field)| (&*field.name, at))
}

fn kinds(items: &mut Items<'_>) {
    for kind in KINDS {
        items.push(Offer::new(*kind, Kind::TYPE_PARAMETER, Rank::Wanted).detail("kind"));
    }
}

/// In a connector: shapes and kinds behind a colon, classes behind an arrow, resources and shapes behind their words.
pub(super) fn of_connector(place: &Place<'_>, items: &mut Items<'_>) {
    let ast::FileBody::Connector(connector) = &place.tree.body else { return };
    let before = place.words_before();
    let in_word = |at: usize| before.get(at).copied().unwrap_or_default();
    let mut shapes = false;
    let mut resources = false;
    match in_word(0) {
        ">" if in_word(1) == "=" => {
            for class in Class::ALL.iter().filter(|class| **class != Class::LostReply) {
                items.push(Offer::new(class.word(), Kind::ENUM_MEMBER, Rank::Wanted).detail("class of errors"));
            }
        }
        ":" => {
            kinds(items);
            shapes = true;
        }
        "takes" => shapes = true,
        "makes" => resources = true,
        "of" if in_word(1) == "list" => {
            kinds(items);
            shapes = true;
        }
        "of" if in_word(1) == "id" => resources = true,
        "of" => shapes = true,
        _ => {}
    }
    for part in &connector.parts {
        match &part.node {
            ast::Part::Shape(shape) if shapes => {
                items.push(Offer::new(&*shape.name.node, Kind::STRUCT, Rank::Wanted).detail("shape"));
            }
            ast::Part::Resource(resource) if resources => {
                items.push(Offer::new(&*resource.name.node, Kind::CLASS, Rank::Wanted).detail("resource"));
            }
            _ => {}
        }
    }
}
