//! 0201 to 0399: a flow that can be read and makes no sense.

use crate::report::Code;

/// A script that cannot be read.
pub const SCRIPT: Code = Code(390);
