//! The tree of a flow or connector file as its author wrote it: nothing in it is resolved or judged, that is `check`'s work.

mod connector;
mod expr;
mod module;
mod source;
mod step;
mod test;

pub use connector::*;
pub use expr::*;
pub use module::*;
pub use source::*;
pub use step::*;
pub use test::*;

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
