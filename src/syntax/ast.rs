//! The tree of a flow or connector file as its author wrote it: nothing in it is resolved or judged, that is `check`'s work.

use rust_decimal::Decimal;

use crate::report::Span;

/// Anything with the place it was read at.
#[derive(Clone, Debug, PartialEq)]
pub struct Spanned<T> {
    /// The thing.
    pub node: T,
    /// Its place.
    pub span: Span,
}

/// A name, keyword-like word or text without holes, as written (texts unescaped).
pub type Name = Spanned<Box<str>>;

/// A whole file.
#[derive(Clone, Debug, PartialEq)]
pub struct File {
    /// `koppel 1`: the version of the language.
    pub version: Spanned<u32>,
    /// `flow` or `connector` and what stands in it.
    pub body: FileBody,
}

/// What a file holds.
#[derive(Clone, Debug, PartialEq)]
pub enum FileBody {
    /// `flow name "title" …`.
    Flow(Flow),
    /// `connector name "title" …`.
    Connector(Connector),
}

/// `flow name "title"` and its items in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Flow {
    /// The name commands know it by.
    pub name: Name,
    /// What people see.
    pub title: Name,
    /// The items in the order of the file.
    pub items: Vec<Spanned<Item>>,
}

/// One statement at the top of a flow.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// `use bookkeeping as books`, `use "lib/dutch.rhai" as nl`.
    Use(Use),
    /// `settings { … }`.
    Settings(Vec<Setting>),
    /// `from shop.orders as order { … }`.
    From(From),
    /// `let name = e when c`.
    Let(Let),
    /// `skip when c because t` and its kin.
    Stop(Stop),
    /// `find R as x by f = e`.
    Find(Find),
    /// `require R by f in xs else hold …`.
    Require(Require),
    /// `ensure R as c { … }`.
    Ensure(Ensure),
    /// `create R as x { key f = e … }`.
    Create(Create),
    /// `update R(id) { … }`.
    Update(Update),
    /// `call R.action(id) as x { … }`.
    Call(Call),
    /// `on class … retry …`.
    Policy(Policy),
    /// `fn f(a: K) -> K = e` or a script.
    Function(Function),
    /// `table t: K to K = …`.
    Table(Table),
    /// A `given` that counts for all tests.
    Given(Given),
    /// `test "…" { … }`.
    Test(Test),
}

/// `use bookkeeping as books` or `use "lib/dutch.rhai" as nl`.
#[derive(Clone, Debug, PartialEq)]
pub struct Use {
    /// A connector's name or a file's path.
    pub what: UseWhat,
    /// The name it has here.
    pub name: Name,
}

/// What is used.
#[derive(Clone, Debug, PartialEq)]
pub enum UseWhat {
    /// A connector, by name.
    Connector(Name),
    /// A `.rhai` or `.flow` file, by path.
    File(Name),
}

/// One line of `settings`.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// Its name.
    pub name: Name,
    /// Its kind.
    pub kind: Spanned<Kind>,
    /// What it is when the workspace says nothing.
    pub default: Option<SettingDefault>,
    /// What people see.
    pub label: Option<Name>,
    /// Shown only when this holds.
    pub guard: Option<Expr>,
}

/// A default of a setting.
#[derive(Clone, Debug, PartialEq)]
pub enum SettingDefault {
    /// A value.
    Value(Expr),
    /// `{ "a" = 1, _ = 2 }`, the rows of a table.
    Rows(Vec<Row>),
}

/// One row of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The key; none for `_`.
    pub key: Option<Spanned<Literal>>,
    /// What it gives.
    pub value: Spanned<Literal>,
    /// The whole row.
    pub span: Span,
}

/// `shop.orders`: a role and a resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    /// The role.
    pub role: Name,
    /// The resource of its connector.
    pub name: Name,
}

impl Resource {
    /// From the role to the end of the resource.
    #[must_use]
    pub fn span(&self) -> Span {
        self.role.span.to(self.name.span)
    }
}

/// `from R as name { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct From {
    /// Where records come from.
    pub resource: Resource,
    /// What a record is called.
    pub name: Name,
    /// `key`: all that are written; `check` wants one.
    pub keys: Vec<Expr>,
    /// `by` lines, each a list of conditions.
    pub by: Vec<Vec<Spanned<By>>>,
    /// `cursor` lines; `check` wants one at most.
    pub cursors: Vec<Spanned<Cursor>>,
    /// `every` lines.
    pub every: Vec<Spanned<Every>>,
    /// `webhook`, where written.
    pub webhook: Option<Span>,
}

/// `cursor order.changed_at from e overlap 15 min`.
#[derive(Clone, Debug, PartialEq)]
pub struct Cursor {
    /// The field that grows.
    pub path: Expr,
    /// Where to begin the first time.
    pub from: Option<Expr>,
    /// How much is read again.
    pub overlap: Option<Spanned<Time>>,
}

/// How often a flow runs.
#[derive(Clone, Debug, PartialEq)]
pub enum Every {
    /// `5 min`.
    Time(Time),
    /// A cron text.
    Cron(Box<str>),
}

/// A length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time {
    /// How many.
    pub count: u64,
    /// Of what.
    pub unit: TimeUnit,
}

impl Time {
    /// The length in seconds, as far as it can be told.
    #[must_use]
    pub fn seconds(self) -> u64 {
        self.count.saturating_mul(match self.unit {
            TimeUnit::Second => 1,
            TimeUnit::Minute => 60,
            TimeUnit::Hour => 3600,
            TimeUnit::Day => 86_400,
        })
    }
}

/// A unit of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeUnit {
    /// `s`.
    Second,
    /// `min`.
    Minute,
    /// `h`.
    Hour,
    /// `day`, `days`.
    Day,
}

/// One condition of `by` in `from` and `find`.
#[derive(Clone, Debug, PartialEq)]
pub enum By {
    /// `linked e`.
    Linked(Expr),
    /// `field = e`.
    Equals(Field, Expr),
    /// `field in e`.
    In(Field, Expr),
}

/// A field of a record, possibly nested: `comments.internal`.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Its words.
    pub words: Vec<Name>,
}

impl Field {
    /// From the first word to the last.
    #[must_use]
    pub fn span(&self) -> Span {
        let first = self.words.first().map_or_else(Span::default, |word| word.span);
        self.words.last().map_or(first, |last| first.to(last.span))
    }

    /// The words joined with dots.
    #[must_use]
    pub fn text(&self) -> String {
        self.words.iter().map(|word| &*word.node).collect::<Vec<_>>().join(".")
    }
}

/// `let name = e when c`.
#[derive(Clone, Debug, PartialEq)]
pub struct Let {
    /// The name.
    pub name: Name,
    /// The value.
    pub value: Expr,
    /// Not set when this is false.
    pub guard: Option<Expr>,
}

/// Which word ends a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StopWord {
    /// Fine, recorded.
    Skip,
    /// A person must look.
    Hold,
    /// The whole flow waits.
    Stop,
}

impl StopWord {
    /// The word as written.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            StopWord::Skip => "skip",
            StopWord::Hold => "hold",
            StopWord::Stop => "stop",
        }
    }
}

/// `skip when c because t`; in an end (`else hold because t`) without the guard.
#[derive(Clone, Debug, PartialEq)]
pub struct Stop {
    /// The word.
    pub word: Spanned<StopWord>,
    /// The condition.
    pub guard: Option<Expr>,
    /// The reason, a text with holes.
    pub because: Expr,
    /// The whole statement.
    pub span: Span,
}

/// `find R as x by f = e several skip because t`.
#[derive(Clone, Debug, PartialEq)]
pub struct Find {
    /// Where to look.
    pub resource: Resource,
    /// What the found one is called.
    pub name: Name,
    /// What to look for; empty for a resource of one record.
    pub by: Vec<Spanned<By>>,
    /// What to do with several; held without it.
    pub several: Option<Stop>,
}

/// `require R by f in xs else hold because t`.
#[derive(Clone, Debug, PartialEq)]
pub struct Require {
    /// Where to look.
    pub resource: Resource,
    /// What must be found.
    pub by: Vec<Spanned<By>>,
    /// What to do when one is missing; its text may say `{missing}`.
    pub otherwise: Stop,
}

/// `ensure R as c when g { rungs, fields }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Ensure {
    /// Where.
    pub resource: Resource,
    /// What the one found or made is called.
    pub name: Name,
    /// The step is left out when this is false.
    pub guard: Option<Expr>,
    /// The rungs in order.
    pub rungs: Vec<Spanned<Rung>>,
    /// The record that is looked for and made.
    pub entries: Vec<Entry>,
}

/// One rung of an `ensure`.
#[derive(Clone, Debug, PartialEq)]
pub enum Rung {
    /// `use e`: taken as it is when set.
    Use(Expr),
    /// `by linked e, field, …`.
    By(Vec<Spanned<RungBy>>),
    /// `several hold because t`.
    Several(Stop),
    /// `found keep`.
    FoundKeep,
    /// `found update a, b`.
    FoundUpdate(Vec<Name>),
    /// `missing create`.
    MissingCreate,
    /// `missing hold because t`.
    MissingStop(Stop),
}

/// One part of a `by` rung.
#[derive(Clone, Debug, PartialEq)]
pub enum RungBy {
    /// `linked e`.
    Linked(Expr),
    /// A field of the record below.
    Field(Name),
}

/// `create R as x when g { key f = e … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Create {
    /// Where.
    pub resource: Resource,
    /// What the made one is called.
    pub name: Name,
    /// The step is left out when this is false.
    pub guard: Option<Expr>,
    /// Key and fields.
    pub body: Body,
}

/// A record with, perhaps, a key.
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    /// `key f = e`: all that are written; `check` wants one at most.
    pub keys: Vec<Key>,
    /// The fields.
    pub entries: Vec<Entry>,
    /// From brace to brace.
    pub span: Span,
}

/// `key f = e`.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// The field that carries it.
    pub field: Field,
    /// What tells records apart.
    pub value: Expr,
    /// The whole line.
    pub span: Span,
}

/// `update R(id) when g { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Update {
    /// Where.
    pub resource: Resource,
    /// Which one.
    pub id: Expr,
    /// The step is left out when this is false.
    pub guard: Option<Expr>,
    /// The fields.
    pub entries: Vec<Entry>,
}

/// `call R.action(id) as x when g { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// Where.
    pub resource: Resource,
    /// Which operation.
    pub action: Name,
    /// On which one.
    pub id: Expr,
    /// What the thing it makes is called.
    pub name: Option<Name>,
    /// The step is left out when this is false.
    pub guard: Option<Expr>,
    /// What it takes.
    pub body: Option<Body>,
}

/// `on network, server_error retry 8 times over 6 h`.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// The classes of errors.
    pub classes: Vec<Name>,
    /// What to do.
    pub action: PolicyAction,
}

/// What a policy does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyAction {
    /// Again, so many times, spread over a time.
    Retry {
        /// How often at most.
        times: u32,
        /// Over how long.
        over: Option<Time>,
    },
    /// The record waits for a person.
    Hold,
    /// The flow waits for a person.
    Stop,
    /// A lost reply is repeated after looking.
    Repeat,
}

/// `fn f(a: K) -> K = e` or with a script.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    /// Its name.
    pub name: Name,
    /// Its parameters.
    pub parameters: Vec<Parameter>,
    /// The kind of its result.
    pub result: Spanned<Kind>,
    /// What it computes.
    pub body: FunctionBody,
}

/// `a: K`.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Its name.
    pub name: Name,
    /// Its kind.
    pub kind: Spanned<Kind>,
}

/// What a function computes.
#[derive(Clone, Debug, PartialEq)]
pub enum FunctionBody {
    /// `= e`.
    Expr(Expr),
    /// `rhai { … }`: the text between the braces, and its place.
    Script(Name),
}

/// `table t: K to K = { … }` or `= "rows.csv"`.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Its name.
    pub name: Name,
    /// The kind of its keys.
    pub key: Spanned<Kind>,
    /// The kind of what it gives.
    pub value: Spanned<Kind>,
    /// Its rows.
    pub rows: TableRows,
}

/// Where a table's rows stand.
#[derive(Clone, Debug, PartialEq)]
pub enum TableRows {
    /// Here.
    Rows(Vec<Row>),
    /// In a CSV file.
    File(Name),
}

/// `test "…" for x in … { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    /// What it shows.
    pub title: Name,
    /// The values it is run over.
    pub ranges: Vec<TestRange>,
    /// Its lines in order.
    pub items: Vec<Spanned<TestItem>>,
}

/// `x in 1..12` or `x in [a, b]`.
#[derive(Clone, Debug, PartialEq)]
pub struct TestRange {
    /// The name.
    pub name: Name,
    /// The values.
    pub values: TestValues,
}

/// The values of a range.
#[derive(Clone, Debug, PartialEq)]
pub enum TestValues {
    /// From, to and with the end.
    Between(Spanned<i64>, Spanned<i64>),
    /// A list.
    List(Expr),
}

/// A line of a test.
#[derive(Clone, Debug, PartialEq)]
pub enum TestItem {
    /// `given …`.
    Given(Given),
    /// `fault …`.
    Fault(FaultLine),
    /// `let …`.
    Let(Let),
    /// `expect …`.
    Expect(Expect),
}

/// `given …`.
#[derive(Clone, Debug, PartialEq)]
pub enum Given {
    /// `given link R "id" to R "id"`.
    Link {
        /// One side.
        from: (Resource, Name),
        /// The other.
        to: (Resource, Name),
    },
    /// `given settings.x = e`.
    Setting {
        /// Which.
        name: Name,
        /// Its value.
        value: Expr,
    },
    /// `given order "file" with f = e twice`.
    Records {
        /// The source record by its name, or a resource.
        what: GivenWhat,
        /// Where they come from.
        records: GivenRecords,
        /// Changes.
        with: Vec<(Field, Expr)>,
        /// It comes again in a second run.
        twice: bool,
    },
}

/// What is given.
#[derive(Clone, Debug, PartialEq)]
pub enum GivenWhat {
    /// The source record.
    Name(Name),
    /// Records of a resource.
    Resource(Resource),
}

/// Where given records come from.
#[derive(Clone, Debug, PartialEq)]
pub enum GivenRecords {
    /// A file.
    File(Name),
    /// In place.
    Record(Vec<Entry>, Span),
}

/// `fault create R lost_reply once`.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultLine {
    /// At which step.
    pub effect: Effect,
    /// Its name; `429` and `500` are names too.
    pub name: Name,
    /// How often; always without it.
    pub times: Option<u32>,
}

/// `create R`, `call R.action`, `read R`.
#[derive(Clone, Debug, PartialEq)]
pub struct Effect {
    /// What kind.
    pub word: Spanned<EffectWord>,
    /// Where.
    pub resource: Resource,
    /// The action of a `call`.
    pub action: Option<Name>,
}

/// What kind of effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EffectWord {
    /// A new thing.
    Create,
    /// A change.
    Update,
    /// A further operation.
    Call,
    /// A read.
    Read,
}

/// How a record of a test is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndWord {
    /// At a stop of the flow, or as if at one.
    At(StopWord),
    /// Given up, to come again with the next run.
    Fail,
    /// Nobody knows whether something was written.
    Doubt,
}

impl EndWord {
    /// The word as written.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            EndWord::At(word) => word.word(),
            EndWord::Fail => "fail",
            EndWord::Doubt => "doubt",
        }
    }
}

/// `expect …`.
#[derive(Clone, Debug, PartialEq)]
pub enum Expect {
    /// `expect hold "…"`, `expect fail`, `expect doubt`.
    Stop {
        /// The word.
        word: Spanned<EndWord>,
        /// What its reason holds.
        text: Option<Name>,
    },
    /// `expect create R …`.
    Effect {
        /// Which.
        effect: Effect,
        /// What of it.
        what: ExpectWhat,
    },
    /// `expect e`.
    Expr(Expr),
}

/// What is expected of an effect.
#[derive(Clone, Debug, PartialEq)]
pub enum ExpectWhat {
    /// Exactly once.
    Once,
    /// `N times`.
    Times(u32),
    /// As pinned.
    Snapshot,
    /// Once, with at least these fields.
    Record(Vec<Entry>, Span),
}

/// One line of a record.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// `field = e when c`.
    Field {
        /// Its name.
        name: Name,
        /// Its value.
        value: EntryValue,
        /// Left out when this is false.
        guard: Option<Expr>,
    },
    /// `let x = e`.
    Let(Let),
    /// `if c { … } else { … }`.
    If(If),
}

/// Right of a field's `=`.
#[derive(Clone, Debug, PartialEq)]
pub enum EntryValue {
    /// A value.
    Expr(Expr),
    /// `null`.
    Null(Span),
}

/// `if c { … } else if … else { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct If {
    /// The condition.
    pub condition: Expr,
    /// When it holds.
    pub then: Vec<Entry>,
    /// When it does not; an `else if` is an [`Entry::If`] alone.
    pub otherwise: Vec<Entry>,
    /// The whole.
    pub span: Span,
}

/// An expression and its place.
pub type Expr = Box<Spanned<ExprKind>>;

/// What an expression is.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A number, date, truth, or text without holes.
    Literal(Literal),
    /// A text with holes.
    Text(Vec<Piece>),
    /// `none`.
    None,
    /// `order.debtor.email`.
    Path(Path),
    /// `f(a)`, `nl.f(a)`, `settings.t(a)`.
    Call {
        /// The name or the module.
        name: Name,
        /// The word behind the dot.
        member: Option<Name>,
        /// The arguments.
        arguments: Vec<Expr>,
    },
    /// `[a, b]`.
    List(Vec<Expr>),
    /// `{ a = 1 }`.
    Record(Vec<Entry>),
    /// `match e { … }`.
    Match {
        /// What is compared.
        subject: Expr,
        /// The arms in order.
        arms: Vec<Arm>,
    },
    /// `each a in xs, b in a.ys where c { … }`.
    Each {
        /// The names and their lists.
        ranges: Vec<(Name, Expr)>,
        /// Which count.
        condition: Option<Expr>,
        /// What each becomes.
        entries: Vec<Entry>,
    },
    /// `a and b` and its kin.
    Binary {
        /// Which.
        operator: Spanned<Operator>,
        /// Left.
        left: Expr,
        /// Right.
        right: Expr,
    },
    /// `not a`.
    Not(Expr),
    /// `-a`.
    Negative(Expr),
    /// `a is set`, `a is not set`.
    IsSet {
        /// What is asked.
        value: Expr,
        /// `is not set`.
        negated: bool,
    },
    /// Something unreadable that was told already.
    Broken,
}

/// An operator between two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
    NotIn,
    Add,
    Subtract,
    Multiply,
    Divide,
    Coalesce,
}

impl Operator {
    /// The operator as written.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Operator::Or => "or",
            Operator::And => "and",
            Operator::Equal => "==",
            Operator::NotEqual => "!=",
            Operator::Less => "<",
            Operator::LessEqual => "<=",
            Operator::Greater => ">",
            Operator::GreaterEqual => ">=",
            Operator::In => "in",
            Operator::NotIn => "not in",
            Operator::Add => "+",
            Operator::Subtract => "-",
            Operator::Multiply => "*",
            Operator::Divide => "/",
            Operator::Coalesce => "??",
        }
    }
}

/// A literal.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// A number, exact as written.
    Number(Decimal),
    /// A text without holes, unescaped.
    Text(Box<str>),
    /// A date.
    Date(jiff::civil::Date),
    /// `true` or `false`.
    Bool(bool),
}

/// A piece of a text.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// Characters, unescaped.
    Text(Box<str>),
    /// `{e}`.
    Expr(Expr),
}

/// One arm of a `match`.
#[derive(Clone, Debug, PartialEq)]
pub struct Arm {
    /// What it takes.
    pub pattern: Spanned<Pattern>,
    /// What it gives.
    pub value: Expr,
}

/// What an arm takes.
#[derive(Clone, Debug, PartialEq)]
pub enum Pattern {
    /// Any of these.
    Literals(Vec<Spanned<Literal>>),
    /// Not set.
    None,
    /// Everything else.
    Any,
}

/// A path: a name and its steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// The record's name.
    pub root: Name,
    /// The steps.
    pub steps: Vec<Spanned<Step>>,
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// `.name` or `['name']`.
    Name(Box<str>),
    /// `..name`.
    Descend(Box<str>),
    /// `.*` or `[*]`.
    All,
    /// `[0]`, `[-1]`.
    Index(i64),
    /// Any other bracket, as written between `[` and `]` (a filter, slice, union), and `..[…]`, `..*` with its dots.
    Query(Box<str>),
}

/// A kind as written.
#[derive(Clone, Debug, PartialEq)]
pub struct Kind {
    /// Which.
    pub base: KindBase,
    /// `?` behind it.
    pub maybe: bool,
}

/// Which kind.
#[derive(Clone, Debug, PartialEq)]
pub enum KindBase {
    /// `text`, `int`, … or a shape's name.
    Word(Name),
    /// `id of shop.orders` or, in a connector, `id of orders`; `id` alone is a word.
    IdOf {
        /// The role, in a flow.
        role: Option<Name>,
        /// The resource.
        resource: Name,
    },
    /// `list of K`.
    List(Box<Spanned<Kind>>),
    /// `table K to K`.
    Table(Box<Spanned<Kind>>, Box<Spanned<Kind>>),
    /// `{ a: K }`.
    Record(Vec<(Name, Spanned<Kind>)>),
    /// `"a" | "b"`.
    Choice(Vec<Name>),
}

/// `connector name "title"` and its parts in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Connector {
    /// Its name.
    pub name: Name,
    /// What people see.
    pub title: Name,
    /// The parts in the order of the file.
    pub parts: Vec<Spanned<Part>>,
}

/// One part of a connector.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// `base "…"`.
    Base(Name),
    /// `zone "…"`.
    Zone(Name),
    /// `datetime "…"`.
    Datetime(Name),
    /// `timeout 30 s`.
    Timeout(Time),
    /// `window 60 s`.
    Window(Time),
    /// `lag 2 min`.
    Lag(Time),
    /// `auth …`.
    Auth(Auth),
    /// `limit 10 per 1 s`.
    Limit {
        /// How many.
        count: u32,
        /// In how long.
        per: Time,
    },
    /// `pages …`.
    Pages(Pages),
    /// `errors { … }`.
    Errors(Errors),
    /// `shape name { … }`.
    Shape(Shape),
    /// `resource name of shape { … }`.
    Resource(ResourceDefinition),
}

/// How a system knows us.
#[derive(Clone, Debug, PartialEq)]
pub enum Auth {
    /// `oauth2 { … }`.
    Oauth2(Vec<Oauth2Part>),
    /// `keys { … }`.
    Keys(Vec<AuthKey>),
}

/// One line of `oauth2`.
#[derive(Clone, Debug, PartialEq)]
pub enum Oauth2Part {
    /// `authorize "…"`.
    Authorize(Name),
    /// `token "…"`.
    Token(Name),
    /// `scopes "…"`.
    Scopes(Name),
    /// `grants a, b`.
    Grants(Vec<Name>),
    /// `pkce S256`.
    Pkce(Name),
}

/// `query "token" = secret.token?`.
#[derive(Clone, Debug, PartialEq)]
pub struct AuthKey {
    /// In the query or a header.
    pub place: Spanned<AuthPlace>,
    /// The parameter's or header's name.
    pub name: Name,
    /// A path `secret.x` or a text with such holes.
    pub value: Expr,
    /// It may be absent.
    pub maybe: bool,
}

/// Where a key goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthPlace {
    /// The query.
    Query,
    /// A header.
    Header,
}

/// How a list is turned over.
#[derive(Clone, Debug, PartialEq)]
pub enum Pages {
    /// One answer holds all.
    None,
    /// By page number or by offset.
    Turned {
        /// `page` or `offset`.
        by: PagesBy,
        /// The parameter.
        parameter: Name,
        /// The first number.
        from: Option<Spanned<i64>>,
        /// The parameter of the size, and the size.
        size: Option<(Name, Spanned<i64>)>,
        /// Where the rows are in the answer.
        within: Option<Expr>,
        /// When to stop.
        until: PagesUntil,
    },
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PagesBy {
    /// Pages.
    Page,
    /// Rows.
    Offset,
}

/// When the last page is reached.
#[derive(Clone, Debug, PartialEq)]
pub enum PagesUntil {
    /// A page with fewer rows than the size.
    Short,
    /// This holds of the answer.
    Expr(Expr),
}

/// `errors { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Errors {
    /// Where the code is.
    pub code: Option<Expr>,
    /// Where the words are.
    pub message: Option<Expr>,
    /// Where the details are.
    pub details: Option<Expr>,
    /// The rows in order.
    pub rows: Vec<ErrorRow>,
}

/// `401 "access_token.*" => token`.
#[derive(Clone, Debug, PartialEq)]
pub struct ErrorRow {
    /// The status.
    pub status: Spanned<u16>,
    /// `500..`: this status and all above.
    pub above: bool,
    /// The code, `*` being any rest.
    pub code: Option<Name>,
    /// The class.
    pub class: Name,
}

/// `shape name { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// Its name.
    pub name: Name,
    /// Its fields.
    pub fields: Vec<ShapeField>,
}

/// One field of a shape.
#[derive(Clone, Debug, PartialEq)]
pub struct ShapeField {
    /// Its name.
    pub name: Name,
    /// Its kind.
    pub kind: Spanned<Kind>,
    /// What stands behind the kind.
    pub attributes: Vec<Spanned<FieldAttribute>>,
}

/// What stands behind a field's kind.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldAttribute {
    /// `required`, `required when c`.
    Required(Option<Expr>),
    /// `from e`.
    From(Expr),
    /// `or one`.
    OrOne,
    /// `unset 0`.
    Unset(Literal),
    /// `digits 2`.
    Digits(u32),
    /// `within 0..365`, `within 0..`.
    Within(Option<Spanned<i64>>, Option<Spanned<i64>>),
    /// `as text`.
    AsText,
    /// `or null`.
    OrNull,
    /// `default v`.
    Default(Expr),
    /// `read only`.
    ReadOnly,
    /// `write only`.
    WriteOnly,
    /// `personal`.
    Personal,
    /// `title`.
    Title,
}

/// `resource name of shape { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct ResourceDefinition {
    /// Its name.
    pub name: Name,
    /// Its shape.
    pub shape: Name,
    /// Its lines in order.
    pub parts: Vec<Spanned<ResourcePart>>,
}

/// One line of a resource.
#[derive(Clone, Debug, PartialEq)]
pub enum ResourcePart {
    /// `list GET "/…" …` and its kin.
    Operation(Operation),
    /// `filter f: K as "p"`.
    Filter {
        /// The field, or a name of its own when it has a kind.
        field: Field,
        /// Its own kind.
        kind: Option<Spanned<Kind>>,
        /// The parameter.
        parameter: Name,
    },
    /// `since f as "p"`.
    Since {
        /// The field.
        field: Field,
        /// The parameter.
        parameter: Name,
    },
    /// `where e`.
    Where(Expr),
    /// `total f = e by g`.
    Total {
        /// The list of records that is added up.
        list: Field,
        /// What each of them adds.
        value: Expr,
        /// Apart for each value of this.
        by: Expr,
    },
    /// `example "file.json"`.
    Example(Name),
}

/// One operation of a resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// Which.
    pub what: OperationWhat,
    /// `GET`, `POST`, …
    pub method: Name,
    /// The path, with `{name}` holes left as written.
    pub path: Name,
    /// What stands behind.
    pub attributes: Vec<Spanned<OperationAttribute>>,
}

/// Which operation.
#[derive(Clone, Debug, PartialEq)]
pub enum OperationWhat {
    /// `list`.
    List,
    /// `search on a, b`.
    Search(Vec<Field>),
    /// `get`.
    Get,
    /// `create`.
    Create,
    /// `update`.
    Update,
    /// `action name`.
    Action(Name),
}

/// What stands behind an operation.
#[derive(Clone, Debug, PartialEq)]
pub enum OperationAttribute {
    /// `in p`.
    In(Expr),
    /// `min 3`.
    Min(u32),
    /// `sure`.
    Sure,
    /// `whole`.
    Whole,
    /// `only a, b`.
    Only(Vec<Name>),
    /// `brief`.
    Brief,
    /// `newest f`.
    Newest(Field),
    /// `takes s`.
    Takes(Name),
    /// `makes r`.
    Makes(Name),
    /// `done when e`.
    DoneWhen(Expr),
    /// `pages …`.
    Pages(Pages),
}
