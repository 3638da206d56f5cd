//! A checked program goes in; the graph of its steps, what waits for what, and drawings of it come out.

mod graph;
mod settings;

pub use graph::{Graph, Node, Phase, Task};
pub use settings::{Chosen, Missing, bind};
