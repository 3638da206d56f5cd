//! The two simulated systems.
