//! The protocol by which a thing is made at most once, as a model: one record, two executions at a time, three deaths
//! anywhere, answers that get lost, a search that lags. Every order of events is tried.
//!
//! The flow opted in to `repeat`: without it an attempt that is not found is left to a person, and nothing is sent again.
//! One thing is assumed: what is found to be within the send window leaves at once. Between the two lies no wait of ours,
//! and a process that was frozen there still holds its ledger's lock, so that nobody else settles its attempt meanwhile.

use stateright::{Checker, HasDiscoveries, Model, Path, Property};

use crate::support::figure::tell;

/// How long after its reservation a write may leave, in ticks.
const WINDOW: u8 = 1;
/// How long what left may take to arrive.
const TIMEOUT: u8 = 1;
/// How long a search may fail to show what arrived.
const LAG: u8 = 1;
/// From this age on nothing of an attempt can land or be hidden any more.
const SETTLED: u8 = WINDOW + TIMEOUT + LAG;
/// How often the executions die, all together.
const DEATHS: u8 = 3;
/// More attempts than this are not followed.
const ATTEMPTS: usize = 4;

/// The protocol with all that it consists of, or without one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Protocol {
    /// An attempt counts as not applied only when nothing of it can land or be hidden any more.
    waits: bool,
    /// An attempt that is recorded stands in the way of the same and of the next number.
    first_writer_wins: bool,
    /// Only the execution whose own row was stored may send: what is found after a death is unknown.
    freshness: bool,
    /// An attempt is recorded before it is sent.
    reservation: bool,
    /// Nothing leaves after its window.
    window: bool,
}

const WHOLE: Protocol =
    Protocol { waits: true, first_writer_wins: true, freshness: true, reservation: true, window: true };

/// All that is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct World {
    attempts: Vec<Attempt>,
    flights: Vec<Flight>,
    /// What was made: how long ago each, up to the lag.
    made: Vec<u8>,
    runs: [Phase; 2],
    deaths: u8,
}

/// A recorded attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Attempt {
    state: State,
    age: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum State {
    Open,
    NotApplied,
    Unknown,
    Absent,
    Made,
}

/// A request that left and was not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Flight {
    /// Who waits for the answer, unless it died or gave up.
    run: Option<usize>,
    age: u8,
    landed: bool,
}

/// Where an execution is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Phase {
    /// It begins, and knows nothing but the ledger.
    Begins,
    /// It looks for the key before the first attempt.
    Looks,
    /// It asks to reserve that attempt.
    Reserves(usize),
    /// It may send that attempt, reserved so long ago.
    Sends(usize, u8),
    /// It waits for the answer.
    Waits(usize),
    /// Nobody knows what became of that attempt: it looks at once.
    Settles(usize),
    /// Not found: it looks again when the attempt is settled.
    LooksAgain(usize),
    Done,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Event {
    /// Time passes.
    Tick,
    /// An execution takes its next step; a look finds what was made.
    Step(usize),
    /// An execution looks and finds nothing: there is nothing, or the search lags.
    FindsNothing(usize),
    /// An execution dies and begins anew.
    Dies(usize),
    /// A request is carried out.
    Lands(usize),
    /// A request is refused by name.
    Refused(usize),
    /// The answer arrives.
    Answered(usize),
    /// The answer is lost, or waited for too long.
    Lost(usize),
}

impl World {
    fn is_seen(&self) -> bool {
        !self.made.is_empty()
    }

    /// Everything that was made may still be hidden from a search.
    fn may_be_hidden(&self) -> bool {
        self.made.iter().all(|age| *age < LAG)
    }

    fn record(&mut self, n: usize, answer: State) {
        let Some(attempt) = self.attempts.get_mut(n) else { return };
        let may = match attempt.state {
            State::Open => true,
            State::Unknown => answer != State::NotApplied,
            State::Made | State::NotApplied | State::Absent => false,
        };
        if may {
            attempt.state = answer;
        }
    }

    /// Records that the thing was found, whatever attempt made it.
    fn adopt(&mut self) {
        if self.attempts.iter().any(|attempt| attempt.state == State::Made) {
            return;
        }
        match self.attempts.last_mut() {
            Some(last) if matches!(last.state, State::Open | State::Unknown) => last.state = State::Made,
            _ => self.attempts.push(Attempt { state: State::Made, age: SETTLED }),
        }
    }

    fn flight_of(&self, run: usize) -> Option<usize> {
        self.flights.iter().position(|flight| flight.run == Some(run))
    }

    /// Nobody waits for it any more; it may still land.
    fn forget_flight_of(&mut self, run: usize) {
        if let Some(flight) = self.flight_of(run) {
            if self.flights[flight].landed {
                self.flights.remove(flight);
            } else {
                self.flights[flight].run = None;
            }
        }
    }
}

impl Protocol {
    fn begin(self, world: &World) -> Phase {
        let last = world.attempts.len().checked_sub(1);
        match last.map(|n| (n, world.attempts[n].state)) {
            None => Phase::Looks,
            Some((_, State::Made)) => Phase::Done,
            Some((n, State::Open)) if !self.freshness => Phase::Sends(n, world.attempts[n].age),
            Some((n, State::Open | State::Unknown)) => Phase::Settles(n),
            Some((n, State::NotApplied | State::Absent)) => Phase::Reserves(n + 1),
        }
    }

    fn reserve(self, world: &mut World, n: usize) -> Phase {
        if !self.reservation {
            return Phase::Sends(n, 0);
        }
        let made = world.attempts.iter().any(|attempt| attempt.state == State::Made);
        if made && self.first_writer_wins {
            return Phase::Done;
        }
        match (world.attempts.get(n), world.attempts.last()) {
            (Some(_), _) if !self.first_writer_wins => Phase::Sends(n, world.attempts[n].age),
            (Some(there), _) => match there.state {
                State::Open | State::Unknown => Phase::Settles(n),
                State::NotApplied | State::Absent => Phase::Reserves(n + 1),
                State::Made => Phase::Done,
            },
            (None, Some(last)) if matches!(last.state, State::Open | State::Unknown) => {
                Phase::Settles(world.attempts.len() - 1)
            }
            (None, _) => {
                world.attempts.push(Attempt { state: State::Open, age: 0 });
                Phase::Sends(world.attempts.len() - 1, 0)
            }
        }
    }

    /// The next step of an execution; a look finds what there is.
    fn step(self, world: &mut World, run: usize) -> Option<Phase> {
        Some(match world.runs[run] {
            Phase::Begins => self.begin(world),
            Phase::Looks if world.is_seen() => {
                world.adopt();
                Phase::Done
            }
            Phase::Reserves(n) if n < ATTEMPTS => self.reserve(world, n),
            Phase::Sends(n, age) if self.window && self.reservation && age > WINDOW => {
                world.record(n, State::NotApplied);
                Phase::Reserves(n + 1)
            }
            Phase::Sends(n, _) => {
                world.flights.push(Flight { run: Some(run), age: 0, landed: false });
                Phase::Waits(n)
            }
            Phase::Settles(n) if world.is_seen() => {
                world.record(n, State::Made);
                Phase::Done
            }
            Phase::LooksAgain(n) if world.is_seen() && self.is_settled(world, n) => {
                world.record(n, State::Made);
                Phase::Done
            }
            _ => return None,
        })
    }

    fn finds_nothing(self, world: &mut World, run: usize) -> Option<Phase> {
        if !world.may_be_hidden() {
            return None;
        }
        Some(match world.runs[run] {
            Phase::Looks => Phase::Reserves(0),
            Phase::Settles(n) => Phase::LooksAgain(n),
            Phase::LooksAgain(n) if self.is_settled(world, n) => {
                world.record(n, State::Absent);
                Phase::Reserves(n + 1)
            }
            _ => return None,
        })
    }

    fn is_settled(self, world: &World, n: usize) -> bool {
        !self.waits || world.attempts.get(n).is_none_or(|attempt| attempt.age >= SETTLED)
    }
}

impl Model for Protocol {
    type State = World;
    type Action = Event;

    fn init_states(&self) -> Vec<World> {
        let (attempts, flights, made) = (Vec::new(), Vec::new(), Vec::new());
        vec![World { attempts, flights, made, runs: [Phase::Begins; 2], deaths: DEATHS }]
    }

    fn actions(&self, _: &World, events: &mut Vec<Event>) {
        events.push(Event::Tick);
        for run in [0, 1] {
            events.extend([Event::Step(run), Event::FindsNothing(run), Event::Dies(run)]);
            events.extend([Event::Answered(run), Event::Lost(run)]);
        }
        // More than two in the air at once takes a death: the others are nobody's.
        events.extend((0..4).flat_map(|flight| [Event::Lands(flight), Event::Refused(flight)]));
    }

    fn next_state(&self, last: &World, event: Event) -> Option<World> {
        let mut world = last.clone();
        match event {
            Event::Tick => {
                // What did not land in time never does.
                world.flights.retain(|flight| flight.landed || flight.age < TIMEOUT);
                world.flights.iter_mut().for_each(|flight| flight.age = (flight.age + 1).min(TIMEOUT));
                world.attempts.iter_mut().for_each(|attempt| attempt.age = (attempt.age + 1).min(SETTLED));
                world.made.iter_mut().for_each(|age| *age = (*age + 1).min(LAG));
                for run in &mut world.runs {
                    if let Phase::Sends(_, age) = run {
                        *age = (*age + 1).min(SETTLED);
                    }
                }
            }
            Event::Step(run) => world.runs[run] = self.step(&mut world, run)?,
            Event::FindsNothing(run) => world.runs[run] = self.finds_nothing(&mut world, run)?,
            Event::Dies(run) => {
                if matches!(world.runs[run], Phase::Begins) {
                    return None;
                }
                world.deaths = world.deaths.checked_sub(1)?;
                world.forget_flight_of(run);
                world.runs[run] = Phase::Begins;
            }
            Event::Lands(flight) => {
                let flight = world.flights.get_mut(flight).filter(|flight| !flight.landed)?;
                flight.landed = true;
                world.made.push(0);
                world.flights.retain(|flight| !flight.landed || flight.run.is_some());
            }
            Event::Refused(flight) => {
                let gone = *world.flights.get(flight).filter(|flight| !flight.landed)?;
                world.flights.remove(flight);
                if let Some(run) = gone.run
                    && let Phase::Waits(n) = world.runs[run]
                {
                    world.record(n, State::NotApplied);
                    world.runs[run] = Phase::Reserves(n + 1);
                }
            }
            Event::Answered(run) => {
                let Phase::Waits(n) = world.runs[run] else { return None };
                let flight = world.flight_of(run).filter(|flight| world.flights[*flight].landed)?;
                world.flights.remove(flight);
                world.record(n, State::Made);
                world.runs[run] = Phase::Done;
            }
            Event::Lost(run) => {
                let Phase::Waits(n) = world.runs[run] else { return None };
                world.forget_flight_of(run);
                world.record(n, State::Unknown);
                world.runs[run] = if self.reservation { Phase::Settles(n) } else { Phase::Looks };
            }
        }
        // The order in which things are in the air or were made says nothing.
        world.flights.sort_unstable();
        world.made.sort_unstable();
        (world != *last).then_some(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("at most one is made", |_, world: &World| world.made.len() <= 1),
            Property::always("done means made", |_, world: &World| {
                !world.runs.contains(&Phase::Done) || world.is_seen()
            }),
            Property::sometimes("both are done with one", |_, world: &World| {
                world.runs == [Phase::Done; 2] && world.made.len() == 1
            }),
            Property::sometimes("it is made by a second attempt", |_, world: &World| {
                matches!(
                    &*world.attempts,
                    [Attempt { state: State::Absent, .. }, Attempt { state: State::Made, .. }, ..]
                )
            }),
        ]
    }
}

const TWICE: &str = "at most one is made";

/// How two come to be made, event by event.
fn counterexample(protocol: Protocol) -> String {
    let only = HasDiscoveries::AnyOf([TWICE].into());
    let checker = protocol.checker().finish_when(only).spawn_bfs().join();
    let path = checker.discovery(TWICE).expect("without this two are made");
    told(path)
}

fn told(path: Path<World, Event>) -> String {
    let mut lines = Vec::new();
    let states = path.into_vec();
    for (world, event) in &states {
        let Some(event) = event else {
            lines.push(format!("{} are made", world.made.len()));
            continue;
        };
        let name = |run: usize| ["A", "B"][run];
        let whose = |flight: usize| world.flights[flight].run.map_or("one who waits no more", name);
        lines.push(match *event {
            Event::Tick => "time passes".to_string(),
            Event::Step(run) => match world.runs[run] {
                Phase::Begins => format!("{} reads the ledger", name(run)),
                Phase::Reserves(n) => format!("{} asks to reserve attempt {n}", name(run)),
                Phase::Sends(n, _) => format!("{} sends attempt {n}", name(run)),
                _ => format!("{} looks and finds it", name(run)),
            },
            Event::FindsNothing(run) => format!("{} looks and finds nothing", name(run)),
            Event::Dies(run) => format!("{} dies", name(run)),
            Event::Lands(flight) => format!("what {} sent is carried out", whose(flight)),
            Event::Refused(flight) => format!("what {} sent is refused", whose(flight)),
            Event::Answered(run) => format!("{} is answered", name(run)),
            Event::Lost(run) => format!("the answer to {} is lost", name(run)),
        });
    }
    lines.join("\n")
}

#[test]
fn whatever_happens_one_is_made_and_no_more() {
    let checker = WHOLE.checker().threads(2).spawn_bfs().join();
    checker.assert_properties();
    assert!(checker.is_done(), "every order of events was tried");
    let (tried, distinct) = (checker.state_count(), checker.unique_state_count());
    tell("R15", &format!("{tried} steps between {distinct} states of the protocol's model: never two made"));
    assert!(distinct > 10_000, "the model is not empty");
}

#[test]
fn without_any_one_part_of_the_protocol_two_are_made() {
    let without = [
        ("waiting", Protocol { waits: false, ..WHOLE }),
        ("first writer wins", Protocol { first_writer_wins: false, ..WHOLE }),
        ("freshness", Protocol { freshness: false, ..WHOLE }),
        ("the reservation", Protocol { reservation: false, ..WHOLE }),
        ("the send window", Protocol { window: false, ..WHOLE }),
    ];
    let told: Vec<String> =
        without.into_iter().map(|(part, protocol)| format!("without {part}\n{}", counterexample(protocol))).collect();
    let _room = crate::support::room::room("model");
    insta::assert_snapshot!("two-are-made", told.join("\n\n"));
}
