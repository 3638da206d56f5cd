//! What `connect` asks of a system and how it understands the answers, on a paused clock and without a socket.

mod budget;
mod circuit;
mod faults;
mod network;
mod paging;
mod probing;
mod secrets;
mod simulated;
mod tokens;
mod whole;
mod world;
mod writes;
