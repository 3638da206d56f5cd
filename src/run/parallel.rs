//! Work on many cores at once, its results in the order of the work.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;

/// Takes pieces of work one after the other, does each with a worker of the thread it lands on, and hands the results
/// over in order until `sink` has enough. Only a few pieces per worker are in memory at once.
pub fn in_order<T, R, W>(
    jobs: NonZeroUsize,
    pieces: &mut dyn Iterator<Item = T>,
    worker: impl Fn() -> W + Sync,
    work: impl Fn(&mut W, T) -> R + Sync,
    mut sink: impl FnMut(R) -> bool,
) where
    T: Send,
    R: Send,
{
    if jobs.get() == 1 {
        let mut worker = worker();
        for piece in pieces {
            if !sink(work(&mut worker, piece)) {
                return;
            }
        }
        return;
    }
    let ahead = jobs.get() * 2;
    thread::scope(|scope| {
        let (give, pieces_in) = sync_channel::<(u64, T)>(ahead);
        let (done, results) = sync_channel::<(u64, R)>(ahead);
        let pieces_in = Arc::new(Mutex::new(pieces_in));
        for _ in 0..jobs.get() {
            let (pieces_in, done) = (Arc::clone(&pieces_in), done.clone());
            let (worker, work) = (&worker, &work);
            scope.spawn(move || {
                let mut worker = worker();
                while let Some((number, piece)) = next(&pieces_in) {
                    if done.send((number, work(&mut worker, piece))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(done);
        let mut early: BTreeMap<u64, R> = BTreeMap::new();
        let (mut given, mut shown) = (0_u64, 0_u64);
        let mut pieces = pieces.fuse();
        let mut give = Some(give);
        loop {
            // No more is taken up than can be held: what is out and what waits for its turn.
            while given - shown < ahead as u64 {
                let Some((channel, piece)) = give.as_ref().zip(pieces.next()) else {
                    give = None;
                    break;
                };
                if channel.send((given, piece)).is_err() {
                    return;
                }
                given += 1;
            }
            if shown == given {
                return;
            }
            let Ok((number, result)) = results.recv() else { return };
            early.insert(number, result);
            while let Some(result) = early.remove(&shown) {
                shown += 1;
                if !sink(result) {
                    return;
                }
            }
        }
    });
}

fn next<T>(pieces: &Mutex<Receiver<T>>) -> Option<T> {
    pieces.lock().ok()?.recv().ok()
}
