//! A checked program goes in; the graph of its steps, what waits for what, and drawings of it come out.

mod build;
mod draw;
mod graph;
mod meaning;

pub use build::build;
pub use graph::{Graph, Node, Phase, Task};
