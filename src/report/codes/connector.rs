//! 0401 to 0499: a connector that makes no sense.

use crate::report::Code;
