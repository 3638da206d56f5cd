//! 0601 to 0699: a record that could not go on.

use crate::report::Code;
