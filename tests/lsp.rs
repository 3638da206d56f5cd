//! Editors: what the language server is asked and answers.

mod marks;
