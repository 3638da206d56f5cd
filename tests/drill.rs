//! What is promised about the process, tried on the real binary in real time: killed, frozen, told to stop, on a disk
//! that fails. `docs/reliability.md` has the figures of the long runs.

mod disk;
mod frozen;
mod kill;
mod lock;
mod lost;
mod stop;
mod sync;
mod trace;
