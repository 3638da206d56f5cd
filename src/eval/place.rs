//! Where something stands in a record: built on the stack on the way down, printed only where something is wrong.

/// A place and what it is in.
pub(super) struct Place<'p> {
    pub(super) parent: Option<&'p Place<'p>>,
    pub(super) part: Part<'p>,
}

/// The last part of a path.
pub(super) enum Part<'p> {
    /// The record itself.
    Root,
    /// A field of it.
    Field(&'p str),
    /// An element of a list.
    Element(usize),
}

impl Place<'_> {
    /// The path from the record's root: `orderlines[2].price`.
    pub(super) fn path(&self) -> String {
        let mut path = self.parent.map_or_else(String::new, Place::path);
        match self.part {
            Part::Root => {}
            Part::Field(name) => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(name);
            }
            Part::Element(index) => {
                path.push('[');
                path.push_str(&index.to_string());
                path.push(']');
            }
        }
        path
    }

    /// The path of names alone, whatever the element: `orderlines.price`.
    pub(super) fn names(&self) -> String {
        let mut path = self.parent.map_or_else(String::new, Place::names);
        if let Part::Field(name) = self.part {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(name);
        }
        path
    }
}
