//! A checked program goes in; the graph of its steps, what waits for what, drawings of it, and its settings come out.

mod build;
mod draw;
mod graph;
mod meaning;
mod settings;

pub use build::build;
pub use graph::{Graph, Node, Phase, Task};
pub use settings::{Chosen, Missing, bind};
