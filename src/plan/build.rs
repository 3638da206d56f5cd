//! A checked program goes in; the graph of its steps comes out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::check::{Program, Step, Work};
use crate::plan::meaning;
use crate::plan::{Graph, Node, Phase, Task};

/// Plans a program: what waits for what.
#[must_use]
pub fn build(program: &Program) -> Graph {
    let mut plan = Plan {
        program,
        makers: program.steps.iter().enumerate().filter_map(|(at, step)| Some((step.makes?, at))).collect(),
        made: BTreeSet::new(),
        nodes: Vec::new(),
        of_step: BTreeMap::new(),
        read_back: BTreeMap::new(),
    };
    plan.find_made();
    plan.before();
    plan.look_for_keys();
    plan.writes();
    Graph { program: Arc::new(program.clone()), nodes: plan.nodes }
}

struct Plan<'p> {
    program: &'p Program,
    /// The step that fills a variable.
    makers: BTreeMap<u32, usize>,
    /// Steps that write, or that need something of a step that writes.
    made: BTreeSet<usize>,
    nodes: Vec<Node>,
    /// The node of a step.
    of_step: BTreeMap<usize, usize>,
    /// The node that reads back what a step made.
    read_back: BTreeMap<usize, usize>,
}

impl Plan<'_> {
    /// 1. Which steps need something that is made.
    fn find_made(&mut self) {
        for (at, step) in self.program.steps.iter().enumerate() {
            let needs_made = self.needs(step).iter().any(|need| self.made.contains(need));
            if step.work.writes() || needs_made {
                self.made.insert(at);
            }
        }
    }

    /// 2. Reads and stops that need nothing made: a stop as soon as what it needs is there, so that nothing is asked in vain.
    fn before(&mut self) {
        let (once, rest): (Vec<usize>, Vec<usize>) =
            (0..self.program.steps.len()).filter(|at| !self.made.contains(at)).partition(|at| self.is_once(*at));
        for at in once {
            let after = self.data(at);
            self.put(Task::Step(at), after, true, Phase::Before);
        }
        let mut rest: Vec<(usize, usize)> = rest.into_iter().map(|at| (self.depth(at), at)).collect();
        rest.sort_unstable();
        let mut last_stop: Option<(usize, usize)> = None;
        for (depth, at) in rest {
            let mut after = self.data(at);
            if matches!(self.program.steps[at].work, Work::Stop(_)) {
                after.extend(last_stop.filter(|(other, _)| *other == depth).map(|(_, node)| node));
                let node = self.put(Task::Step(at), after, false, Phase::Before);
                last_stop = Some((depth, node));
            } else {
                after.extend(self.cheap_stops(&after));
                self.put(Task::Step(at), after, false, Phase::Before);
            }
        }
    }

    /// How many reads of a record lie behind one another up to this step, times two; a stop stands behind its reads.
    fn depth(&self, at: usize) -> usize {
        let needs = self.needs(&self.program.steps[at]);
        let deepest =
            needs.into_iter().filter(|need| *need < at && !self.is_once(*need)).map(|need| self.depth(need)).max();
        let reads = deepest.unwrap_or(0);
        if matches!(self.program.steps[at].work, Work::Stop(_)) { reads.next_multiple_of(2) } else { reads | 1 }
    }

    /// 3. The look for the key of whatever is made, once all stops that need nothing made are passed.
    fn look_for_keys(&mut self) {
        for (at, step) in self.program.steps.iter().enumerate() {
            let keyed = match &step.work {
                Work::Create(_) => true,
                Work::Call(call) => call.key.is_some(),
                _ => false,
            };
            if keyed {
                let after = self.gate();
                self.put(Task::LookForKey(at), after, false, Phase::Before);
            }
        }
    }

    /// 4. Writes in the order of the file, each behind every stop above it, and what needs what they made.
    fn writes(&mut self) {
        let mut last_write: Option<usize> = None;
        let mut gate: BTreeSet<usize> = self.gate();
        gate.extend(
            self.nodes
                .iter()
                .enumerate()
                .filter(|(_, node)| matches!(node.task, Task::LookForKey(_)))
                .map(|(at, _)| at),
        );
        let mut stops_since: BTreeSet<usize> = BTreeSet::new();
        for at in self.made.clone() {
            let step = &self.program.steps[at];
            let mut after = self.data(at);
            if step.work.writes() {
                after.extend(&gate);
                after.extend(&stops_since);
                after.extend(last_write);
                let node = self.put(Task::Step(at), after, false, Phase::Write);
                last_write = Some(node);
                if self.is_read_back(step) {
                    let back = self.put(Task::ReadBack(at), BTreeSet::from([node]), false, Phase::After);
                    self.read_back.insert(at, back);
                }
            } else {
                // What stands behind a write reads what that write left.
                after.extend(last_write);
                after.extend(&stops_since);
                let node = self.put(Task::Step(at), after, false, Phase::After);
                if ends(step) {
                    stops_since.insert(node);
                }
            }
        }
    }

    /// Every node before the writes that can end a record.
    fn gate(&self) -> BTreeSet<usize> {
        let steps = &self.program.steps;
        self.nodes
            .iter()
            .enumerate()
            .filter(|(_, node)| matches!(node.task, Task::Step(at) if ends(&steps[at])))
            .map(|(at, _)| at)
            .collect()
    }

    /// The steps whose variables a step reads.
    fn needs(&self, step: &Step) -> Vec<usize> {
        step.reads.keys().filter_map(|variable| self.makers.get(variable).copied()).collect()
    }

    /// The nodes that a step needs for its values.
    fn data(&self, at: usize) -> BTreeSet<usize> {
        let step = &self.program.steps[at];
        self.needs(step)
            .into_iter()
            .filter(|need| *need != at)
            .filter_map(|need| {
                let more_than_id = step
                    .reads
                    .iter()
                    .any(|(variable, used)| self.makers.get(variable) == Some(&need) && self.more_than_id(need, used));
                match self.read_back.get(&need) {
                    Some(back) if more_than_id => Some(*back),
                    _ => self.of_step.get(&need).copied(),
                }
            })
            .collect()
    }

    /// The stops that need no read which is not waited for anyway.
    fn cheap_stops(&self, after: &BTreeSet<usize>) -> BTreeSet<usize> {
        let known = self.behind(after.iter().copied().collect());
        let free = |node: &usize| {
            let node = &self.nodes[*node];
            node.once || matches!(node.task, Task::Step(at) if matches!(self.program.steps[at].work, Work::Stop(_)))
        };
        (0..self.nodes.len())
            .filter(|node| !self.nodes[*node].once && free(node))
            .filter(|node| self.behind(vec![*node]).iter().all(|needed| known.contains(needed) || free(needed)))
            .collect()
    }

    /// These nodes and all that they wait for.
    fn behind(&self, mut open: Vec<usize>) -> BTreeSet<usize> {
        let mut known = BTreeSet::new();
        while let Some(node) = open.pop() {
            if known.insert(node) {
                open.extend(&self.nodes[node].after);
            }
        }
        known
    }

    /// A read that is the same for every record.
    fn is_once(&self, at: usize) -> bool {
        let step = &self.program.steps[at];
        matches!(step.work, Work::Find(_))
            && step.guard.is_none()
            && !step.reads_source
            && self.needs(step).iter().all(|need| self.is_once(*need))
    }

    /// Whether a later step needs fields of what this one found or made, its id apart.
    fn is_read_back(&self, step: &Step) -> bool {
        let Some(variable) = step.makes else { return false };
        self.makers.get(&variable).is_some_and(|at| self.more_than_id(*at, &step.used))
    }

    fn more_than_id(&self, at: usize, used: &crate::eval::Used) -> bool {
        let resource = match &self.program.steps[at].work {
            Work::Ensure(ensure) => &ensure.at.resource,
            Work::Create(create) => &create.at.resource,
            Work::Call(call) => match &call.makes {
                Some(makes) => &makes.resource,
                None => return false,
            },
            _ => return false,
        };
        let id = resource.shape.id.and_then(|id| u32::try_from(id).ok());
        used.whole || used.fields.keys().any(|field| Some(*field) != id)
    }

    fn put(&mut self, task: Task, after: BTreeSet<usize>, once: bool, phase: Phase) -> usize {
        let step = &self.program.steps[task.step()];
        let (name, what) = match task {
            Task::Step(_) => (step.name.to_string(), "step"),
            Task::LookForKey(_) => (format!("look for key of {}", step.name), "look"),
            Task::ReadBack(_) => (format!("read back {}", step.name), "read back"),
        };
        let node = self.nodes.len();
        if let Task::Step(at) = task {
            self.of_step.insert(at, node);
        }
        self.nodes.push(Node {
            task,
            name: name.into(),
            after: reduced(&self.nodes, after),
            once,
            phase,
            hash: meaning::of_step(self.program, step, what),
        });
        node
    }
}

/// Whether a step can end a record by itself.
fn ends(step: &Step) -> bool {
    matches!(step.work, Work::Stop(_) | Work::Require(_))
}

/// The nodes to wait for without those that others of them wait for already.
fn reduced(nodes: &[Node], after: BTreeSet<usize>) -> Vec<usize> {
    let mut behind: BTreeSet<usize> = BTreeSet::new();
    let mut open: Vec<usize> = after.iter().flat_map(|node| nodes[*node].after.clone()).collect();
    while let Some(node) = open.pop() {
        if behind.insert(node) {
            open.extend(&nodes[node].after);
        }
    }
    after.into_iter().filter(|node| !behind.contains(node)).collect()
}
