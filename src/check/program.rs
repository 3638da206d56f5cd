//! A flow whose every name is resolved and every kind known.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::connect::{Class, Connector, Resource};
use crate::eval::{Compared, Expr, Function, Table, Used};
use crate::report::{Diagnostic, Span};
use crate::syntax::ast::{EffectWord, EndWord, Every, StopWord};
use crate::value::{Kind, ResourceName, Typed};

/// The variable that holds the settings as a record, in the order of [`Program::settings`] (a table's slot stays not set).
pub const SETTINGS: u32 = 0;
/// The variable that holds the source record.
pub const SOURCE: u32 = 1;

/// A checked flow. A frame has [`Program::variables`] slots: settings, the source record, what steps make, `let`s, names of `each`.
#[derive(Clone, Debug)]
pub struct Program {
    /// The name commands know it by.
    pub name: Arc<str>,
    /// What people see.
    pub title: Arc<str>,
    /// A hash of the text of the flow and of all that it imports, connectors included.
    pub hash: Arc<str>,
    /// The systems it speaks to.
    pub roles: Vec<Role>,
    /// What the workspace may set.
    pub settings: Vec<Setting>,
    /// How many slots a frame has.
    pub variables: u32,
    /// The variables of `let`s at the top, set to [`Value::Pending`](crate::value::Value::Pending) before a record.
    pub lets: Vec<u32>,
    /// The names of the `let`s and step variables, for people.
    pub names: BTreeMap<u32, Arc<str>>,
    /// The kinds of those variables.
    pub kinds: BTreeMap<u32, Typed>,
    /// Where records come from.
    pub source: Source,
    /// The steps in the order of the file.
    pub steps: Vec<Step>,
    /// What to do by class of error, later lines first.
    pub policies: Vec<Policy>,
    /// The functions of the language by name, for a flow that imports this one.
    pub functions: BTreeMap<Arc<str>, Arc<Function>>,
    /// The tables by name.
    pub tables: BTreeMap<Arc<str>, Arc<Table>>,
    /// Its tests.
    pub tests: Vec<Test>,
    /// What is likely not meant.
    pub warnings: Vec<Diagnostic>,
}

/// A system as the flow calls it.
#[derive(Clone, Debug)]
pub struct Role {
    /// Its name in the flow.
    pub name: Arc<str>,
    /// What it is.
    pub connector: Arc<Connector>,
}

/// One line of `settings`.
#[derive(Clone, Debug)]
pub struct Setting {
    /// Its name.
    pub name: Arc<str>,
    /// Its kind.
    pub typed: Typed,
    /// What it is when the workspace says nothing; never for a table.
    pub default: Option<Expr>,
    /// The same for a table.
    pub table: Option<Arc<Table>>,
    /// What people see.
    pub label: Arc<str>,
    /// It is shown only when this holds.
    pub guard: Option<Expr>,
    /// The line.
    pub span: Span,
}

/// A resource of a role.
#[derive(Clone, Debug)]
pub struct At {
    /// The number of the role in [`Program::roles`].
    pub role: usize,
    /// The resource.
    pub resource: Arc<Resource>,
}

/// Where records come from.
#[derive(Clone, Debug)]
pub struct Source {
    /// The resource.
    pub at: At,
    /// What a record is called.
    pub name: Arc<str>,
    /// Where that name is given.
    pub given: Span,
    /// What identifies it in the ledger; sees the source record only.
    pub key: Expr,
    /// The kind of the key.
    pub key_kind: Kind,
    /// What people know it by: the shape's title field, else the key.
    pub title: Option<u32>,
    /// Which records are asked for; sees settings only.
    pub by: Vec<By>,
    /// What is new.
    pub cursor: Option<Cursor>,
    /// How often.
    pub every: Vec<Every>,
    /// It is pushed to us.
    pub webhook: bool,
    /// What is read of it.
    pub used: Used,
    /// The statement.
    pub span: Span,
}

/// What is new.
#[derive(Clone, Debug)]
pub struct Cursor {
    /// The field, of the source record.
    pub value: Expr,
    /// Its dotted name.
    pub field: Arc<str>,
    /// It is a date, else a datetime.
    pub is_date: bool,
    /// Where to begin the first time; sees settings only.
    pub from: Option<Expr>,
    /// How much is read again.
    pub overlap: Duration,
    /// The parameter it is asked by, where the resource has one.
    pub since: Option<usize>,
}

/// A field of a resource's records: dotted, and as slots of its shape; no slots for a filter that is no field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldPath {
    /// `comments.internal`.
    pub dotted: Arc<str>,
    /// The slot in the record, in the record there, and so on.
    pub slots: Vec<u32>,
}

/// One condition of a `by`.
#[derive(Clone, Debug)]
pub enum By {
    /// `linked e`: the partner of the thing of that id and resource.
    Linked {
        /// The id.
        value: Expr,
        /// What it is the id of.
        of: ResourceName,
    },
    /// `field = e`, or `field in e` when `many`.
    Field {
        /// The field.
        field: FieldPath,
        /// How it is compared on our side.
        compared: Compared,
        /// What it must be; a list when `many`.
        value: Expr,
        /// Several values.
        many: bool,
        /// The filter of the resource's list that asks for it.
        filter: Option<usize>,
    },
    /// `id = e` of a resource with `get`.
    Id(Expr),
}

/// A step and what it needs.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its stable path in the flow: `create invoice`, `call books.invoices.send`; numbered from the second of a name on.
    pub name: Arc<str>,
    /// It is left out when this is false.
    pub guard: Option<Expr>,
    /// What it does.
    pub work: Work,
    /// What it reads of what other steps found or made, by variable, through `let`s too.
    pub reads: BTreeMap<u32, Used>,
    /// It reads something of the source record.
    pub reads_source: bool,
    /// The variable it fills.
    pub makes: Option<u32>,
    /// What the flow reads of that variable.
    pub used: Used,
    /// The statement.
    pub span: Span,
}

/// What a step does.
#[derive(Clone, Debug)]
pub enum Work {
    /// `skip`, `hold`, `stop` … `when`.
    Stop(Stop),
    /// `find`.
    Find(Find),
    /// `require`.
    Require(Require),
    /// `ensure`.
    Ensure(Box<Ensure>),
    /// `create`.
    Create(Create),
    /// `update`.
    Update(Update),
    /// `call`.
    Call(Call),
}

impl Work {
    /// It may change a system.
    #[must_use]
    pub fn writes(&self) -> bool {
        matches!(self, Work::Ensure(_) | Work::Create(_) | Work::Update(_) | Work::Call(_))
    }
}

/// The end of a record.
#[derive(Clone, Debug)]
pub struct Stop {
    /// The word.
    pub word: StopWord,
    /// When; always without it (an `else`).
    pub when: Option<Expr>,
    /// The reason; lenient, so that it always prints.
    pub because: Expr,
    /// The variable that `{missing}` prints, in the end of a `require`.
    pub missing: Option<u32>,
    /// The statement.
    pub span: Span,
}

/// `find`.
#[derive(Clone, Debug)]
pub struct Find {
    /// Where.
    pub at: At,
    /// What; empty for a resource of one record.
    pub by: Vec<By>,
    /// What to do with several; held without it.
    pub several: Option<Stop>,
}

/// `require`.
#[derive(Clone, Debug)]
pub struct Require {
    /// Where.
    pub at: At,
    /// What; `many` or not.
    pub by: By,
    /// What to do when one is missing.
    pub otherwise: Stop,
}

/// `ensure`.
#[derive(Clone, Debug)]
pub struct Ensure {
    /// Where.
    pub at: At,
    /// The rungs in order.
    pub rungs: Vec<Rung>,
    /// What to do with several; held without it.
    pub several: Option<Stop>,
    /// What to send when it is found: the slots of these fields, where they differ. None keeps.
    pub update: Vec<u32>,
    /// What to do when it is missing; created without it.
    pub missing: Option<Stop>,
    /// The record, in the slots of the resource's shape.
    pub body: Expr,
}

/// A rung of an `ensure`.
#[derive(Clone, Debug)]
pub enum Rung {
    /// `use e`.
    Use(Expr),
    /// `by linked e, fields`.
    By {
        /// The id whose partner it is, and what it is the id of.
        linked: Option<(Expr, ResourceName)>,
        /// The slots of the fields that must be equal, and how they are compared.
        fields: Vec<(u32, Compared)>,
        /// The rung.
        span: Span,
    },
}

/// `key f = e`.
#[derive(Clone, Debug)]
pub struct Key {
    /// The field that carries it.
    pub field: FieldPath,
    /// What tells records apart; a text when printed plainly.
    pub value: Expr,
    /// How it is compared with what a system answers.
    pub compared: Compared,
    /// The line.
    pub span: Span,
}

/// `create`.
#[derive(Clone, Debug)]
pub struct Create {
    /// Where.
    pub at: At,
    /// What it is known by.
    pub key: Key,
    /// The record, in the slots of the resource's shape, the key's field included.
    pub body: Expr,
}

/// `update`.
#[derive(Clone, Debug)]
pub struct Update {
    /// Where.
    pub at: At,
    /// Which one.
    pub id: Expr,
    /// The record, in the slots of the resource's shape.
    pub body: Expr,
    /// The slots it names.
    pub fields: Vec<u32>,
}

/// `call`.
#[derive(Clone, Debug)]
pub struct Call {
    /// Where.
    pub at: At,
    /// The number of the action in the resource.
    pub action: usize,
    /// On which one.
    pub id: Expr,
    /// What it takes, in the slots of that shape.
    pub body: Option<Expr>,
    /// What the thing it makes is known by; of the resource that it makes.
    pub key: Option<Key>,
    /// The resource of what it makes.
    pub makes: Option<At>,
}

/// `on class …`.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The classes.
    pub classes: Vec<Class>,
    /// Where each of them is named.
    pub places: Vec<Span>,
    /// What to do.
    pub action: PolicyAction,
}

/// What a policy does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyAction {
    /// Again, so many times, spread over so long.
    Retry(u32, Duration),
    /// The record waits for a person.
    Hold,
    /// The flow waits for a person.
    Stop,
    /// A lost reply is repeated after looking.
    Repeat,
}

/// A checked test.
#[derive(Clone, Debug)]
pub struct Test {
    /// What it shows.
    pub title: Arc<str>,
    /// Its `for`; all combinations are run.
    pub ranges: Vec<Range>,
    /// The variables of its `let`s, as in a record.
    pub lets: Vec<u32>,
    /// How many variables its frame has; it sees only its own names.
    pub variables: u32,
    /// Its lines (those outside of a test that count for all come first).
    pub items: Vec<TestItem>,
    /// The test.
    pub span: Span,
}

/// `x in [a, b]` of a `for`.
#[derive(Clone, Debug)]
pub struct Range {
    /// The name.
    pub name: Arc<str>,
    /// Its variable.
    pub variable: u32,
    /// The values, as literals.
    pub values: Vec<Expr>,
}

/// A line of a test.
#[derive(Clone, Debug)]
pub enum TestItem {
    /// Records of the source (`at` is none) or of a resource.
    Records {
        /// Where they are; the source record without it.
        at: Option<At>,
        /// A file, read beside the flow or from the workspace's folder; a record in the slots of the shape otherwise.
        records: GivenRecords,
        /// Changes: dotted names and values.
        with: Vec<(FieldPath, Expr)>,
        /// It comes again in a second run.
        twice: bool,
        /// The line.
        span: Span,
    },
    /// `given settings.x = e`: the setting's number.
    Setting(usize, Expr),
    /// `given link`.
    Link {
        /// One side.
        from: (At, Arc<str>),
        /// The other.
        to: (At, Arc<str>),
    },
    /// `fault …`.
    Fault {
        /// Where.
        effect: Effect,
        /// Its name.
        name: Arc<str>,
        /// How often; always without it.
        times: Option<u32>,
        /// The line.
        span: Span,
    },
    /// `expect skip "…"`, `expect fail`, `expect doubt`.
    ExpectStop {
        /// The word.
        word: EndWord,
        /// What the reason holds.
        text: Arc<str>,
        /// The line.
        span: Span,
    },
    /// `expect create R …`.
    ExpectEffect {
        /// Which.
        effect: Effect,
        /// What of it.
        what: ExpectWhat,
        /// The line.
        span: Span,
    },
    /// `expect e`; the expressions of both sides of a comparison for the message.
    ExpectHolds {
        /// What must hold.
        condition: Expr,
        /// The sides to show when it does not.
        sides: Vec<(Expr, Kind)>,
        /// The line.
        span: Span,
    },
}

/// Records given to a test.
#[derive(Clone, Debug)]
pub enum GivenRecords {
    /// A file's path as written.
    File(Arc<str>, Span),
    /// In place: the record, in the slots of the shape, and the slots that are written.
    Record(Expr),
}

/// An effect of a step.
#[derive(Clone, Debug)]
pub struct Effect {
    /// What kind.
    pub word: EffectWord,
    /// Where.
    pub at: At,
    /// The action of a `call`.
    pub action: Option<Arc<str>>,
}

/// What is expected of an effect.
#[derive(Clone, Debug)]
pub enum ExpectWhat {
    /// So often.
    Times(u32),
    /// As pinned.
    Snapshot,
    /// Once, with at least these fields: a record in the slots of the shape (of what the action takes).
    Record(Expr),
}

impl Step {
    /// All expressions of the step, for whoever asks what it needs.
    pub fn exprs(&self) -> Vec<&Expr> {
        let mut all: Vec<&Expr> = self.guard.iter().collect();
        match &self.work {
            Work::Stop(stop) => stop.exprs(&mut all),
            Work::Find(find) => {
                find.by.iter().for_each(|by| all.push(by.value()));
                find.several.iter().for_each(|stop| stop.exprs(&mut all));
            }
            Work::Require(require) => {
                all.push(require.by.value());
                require.otherwise.exprs(&mut all);
            }
            Work::Ensure(ensure) => {
                for rung in &ensure.rungs {
                    match rung {
                        Rung::Use(value) => all.push(value),
                        Rung::By { linked, .. } => all.extend(linked.iter().map(|(value, _)| value)),
                    }
                }
                ensure.several.iter().chain(&ensure.missing).for_each(|stop| stop.exprs(&mut all));
                all.push(&ensure.body);
            }
            Work::Create(create) => {
                all.push(&create.key.value);
                all.push(&create.body);
            }
            Work::Update(update) => {
                all.push(&update.id);
                all.push(&update.body);
            }
            Work::Call(call) => {
                all.push(&call.id);
                all.extend(&call.body);
                all.extend(call.key.iter().map(|key| &key.value));
            }
        }
        all
    }
}

impl Stop {
    fn exprs<'s>(&'s self, all: &mut Vec<&'s Expr>) {
        all.extend(&self.when);
        all.push(&self.because);
    }
}

impl By {
    /// What is looked for.
    #[must_use]
    pub fn value(&self) -> &Expr {
        match self {
            By::Linked { value, .. } | By::Field { value, .. } | By::Id(value) => value,
        }
    }
}
