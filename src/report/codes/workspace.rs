//! 0501 to 0599: settings, files and connections.

use crate::report::Code;
