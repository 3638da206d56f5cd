//! 0201 to 0399: a flow that can be read and makes no sense.

use crate::report::Code;
