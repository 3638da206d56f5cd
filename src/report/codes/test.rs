//! 0701 to 0799: tests of flows.

use crate::report::Code;
