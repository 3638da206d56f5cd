//! `find` and `require` go in; what is looked for and where comes out.

use crate::check::checker::Checker;
use crate::check::flow::{Gathered, Origin, record_of};
use crate::check::kinds;
use crate::check::program::{By, Find, Require, Step, Work};
use crate::check::scope::{Name, Wanted};
use crate::eval::Used;
use crate::report::{Diagnostic, Span, codes};
use crate::syntax::ast;
use crate::value::{Kind, Typed};

impl Checker<'_> {
    /// `find R as x by …`.
    pub(in crate::check) fn find(&mut self, find: &ast::Find, span: Span, gathered: &mut Gathered) {
        let at = self.resource(&find.resource);
        let place = find.resource.span();
        let mut by = Vec::new();
        let mut sound = at.is_some();
        match &at {
            Some(at) => {
                for condition in &find.by {
                    match self.by(at, condition, false) {
                        Some(condition) => by.push(condition),
                        None => sound = false,
                    }
                }
            }
            None => find.by.iter().for_each(|by| self.lone_by(by)),
        }
        let several = find.several.as_ref().map(|several| self.end(several));
        let variable = self.frame.variable();
        let Some(at) = at else {
            self.step_name_broken(&find.name, variable);
            return;
        };
        let words = self.resource_words(&at);
        if find.by.is_empty() && !at.resource.is_single() {
            let title = format!("expected `by` behind `find {words}`, found none");
            let problem = Diagnostic::error(codes::check::BY, place, title).label("which of its records?");
            self.problems
                .push(problem.note("`by field = …` looks for one; only a resource of one record needs no `by`"));
            sound = false;
        }
        if !find.by.is_empty() && at.resource.is_single() {
            let title = format!("expected no `by` behind `find {words}`, found one");
            let label = "this resource has one record";
            self.problems.error(codes::check::BY, find.by[0].span, title, label);
            sound = false;
        }
        if let Some(linked) = find.by.iter().find(|by| matches!(by.node, ast::By::Linked(_)))
            && at.resource.get.is_none()
            && at.resource.list.is_none()
        {
            let title = format!("expected a resource that can be read by its id, found `{words}`");
            self.problems.error(codes::check::NOT_OFFERED, linked.span, title, "it has no `get` and no `list`");
        }
        let typed = record_of(&at, true);
        // Who says what is to be done with several asks for that too.
        let wanted = find.several.is_none().then_some(Wanted::Find);
        let name = Name::filled(find.name.node.clone().into(), find.name.span, variable, typed);
        self.declare(Name { wanted, ..name });
        if !sound {
            return;
        }
        let mut origin = Origin::default();
        for condition in &by {
            let of = self.origin_of(condition.value(), gathered);
            origin.made |= of.made;
            origin.of_record |= of.of_record;
        }
        gathered.origins.insert(variable, origin);
        let name = gathered.step_name(format!("find {}", find.name.node));
        gathered.steps.push(Step {
            name,
            guard: None,
            work: Work::Find(Find { at, by, several }),
            reads: Default::default(),
            reads_source: false,
            makes: Some(variable),
            used: Used::default(),
            span,
        });
    }

    /// `require R by f in xs else …`.
    pub(in crate::check) fn require(&mut self, require: &ast::Require, span: Span, gathered: &mut Gathered) {
        let at = self.resource(&require.resource);
        let Some(at) = at else {
            require.by.iter().for_each(|by| self.lone_by(by));
            self.end_with_missing(&require.otherwise, Kind::Any);
            return;
        };
        let [condition] = &require.by[..] else {
            let title = format!("expected one field behind `require`, found {}", require.by.len());
            self.problems.error(codes::check::REQUIRE, require.resource.span(), title, "`by field in values`");
            self.end_with_missing(&require.otherwise, Kind::Any);
            return;
        };
        if matches!(condition.node, ast::By::Linked(_)) {
            let title = "expected a field behind `require`, found `linked`";
            self.problems.error(codes::check::REQUIRE, condition.span, title, "`find` goes along links");
        }
        let by = self.by(&at, condition, false);
        let kind = match &by {
            Some(By::Field { field, .. }) => self.slots_kind(&at, &field.slots),
            Some(By::Id(_)) => Kind::Id(Some(at.resource.name.clone())),
            _ => Kind::Any,
        };
        let otherwise = self.end_with_missing(&require.otherwise, kind);
        let Some(by) = by else { return };
        let name = gathered.step_name(format!("require {}", self.resource_words(&at)));
        gathered.steps.push(Step {
            name,
            guard: None,
            work: Work::Require(Require { at, by, otherwise }),
            reads: Default::default(),
            reads_source: false,
            makes: None,
            used: Used::default(),
            span,
        });
    }

    /// The kind of a field by its slots; a text for a filter that is no field.
    fn slots_kind(&self, at: &crate::check::program::At, slots: &[u32]) -> Kind {
        let mut kind = Kind::Record(at.resource.shape.kind.clone());
        for slot in slots {
            let Kind::Record(record) = &kind else { return Kind::Text };
            let Some(field) = record.fields.get(*slot as usize) else { return Kind::Text };
            kind = field.typed.kind.clone();
        }
        if slots.is_empty() { Kind::Text } else { kind }
    }

    /// A condition of a resource that is not known: its value is checked all the same.
    fn lone_by(&mut self, by: &ast::Spanned<ast::By>) {
        let (ast::By::Linked(value) | ast::By::Equals(_, value) | ast::By::In(_, value)) = &by.node;
        self.expr(value);
    }

    /// The name of a step that makes no sense: whatever is read of it is not told again.
    pub(in crate::check) fn step_name_broken(&mut self, name: &ast::Name, variable: u32) {
        let typed = Typed::sure(kinds::BROKEN);
        self.declare(Name::filled(name.node.clone().into(), name.span, variable, typed));
    }
}
