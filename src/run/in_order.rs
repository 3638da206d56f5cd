//! Batches of work go in; what several threads make of them comes out in the order of the batches, few at a time in memory.

use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

/// How many batches may wait before and behind each thread.
const WAITING: usize = 2;

/// Works on all batches with `jobs` threads, each with a state of its own; `sink` is given the results in order, and ends
/// the work by answering `false`.
pub fn in_order<T, U, S>(
    jobs: NonZeroUsize,
    mut batches: impl Iterator<Item = T> + Send,
    start: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, T) -> U + Sync,
    mut sink: impl FnMut(U) -> bool,
) where
    T: Send,
    U: Send,
{
    if jobs.get() == 1 {
        let mut state = start();
        let _ended = batches.all(|batch| sink(work(&mut state, batch)));
        return;
    }
    // Batch n goes to thread n modulo `jobs`, and its result is taken from there in turn: so the order stays.
    thread::scope(|scope| {
        let (mut before, mut behind): (Vec<SyncSender<T>>, Vec<Receiver<U>>) = (Vec::new(), Vec::new());
        for _ in 0..jobs.get() {
            let (give, taken) = sync_channel(WAITING);
            let (made, take) = sync_channel(WAITING);
            let (start, work) = (&start, &work);
            scope.spawn(move || {
                let mut state = start();
                for batch in taken {
                    if made.send(work(&mut state, batch)).is_err() {
                        break;
                    }
                }
            });
            before.push(give);
            behind.push(take);
        }
        scope.spawn(move || {
            for (batch, give) in batches.zip((0..before.len()).cycle()) {
                if before[give].send(batch).is_err() {
                    break;
                }
            }
        });
        for take in (0..behind.len()).cycle() {
            match behind[take].recv() {
                Ok(result) => {
                    if !sink(result) {
                        break;
                    }
                }
                Err(_) => break,
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_stays_and_the_sink_can_end_it() {
        for jobs in [1, 3] {
            let mut seen = Vec::new();
            let jobs = NonZeroUsize::new(jobs).unwrap();
            in_order(
                jobs,
                0..1000,
                || 0,
                |_, number| number * 2,
                |number| {
                    seen.push(number);
                    number < 100
                },
            );
            assert_eq!(seen, (0..=50).map(|number| number * 2).collect::<Vec<_>>());
        }
    }
}
