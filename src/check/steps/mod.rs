//! The steps of a flow as written go in; each with its systems, records and reasons resolved comes out.

mod ensure;
mod find;
mod stop;
mod write;
