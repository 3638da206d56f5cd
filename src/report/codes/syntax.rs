//! 0101 to 0199: text that cannot be read.

use crate::report::Code;
