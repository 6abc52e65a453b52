//! The handlers, one file for each kind of job, and the list of them.

pub(crate) mod deliver;
mod sweep;

use jobs::maintenance::Sweep;

use crate::registry::Registry;

pub(crate) fn registry() -> Registry {
    let mut registry = Registry::default();
    registry.add::<Sweep, _>(sweep::run);
    registry
}
