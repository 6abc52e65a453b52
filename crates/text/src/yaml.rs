//! YAML as Rails keeps it in the `settings` table: written as Psych writes it, read as tolerantly as Rails' own past allows.

mod dump;
mod flow;
mod load;
mod quoted;
mod scalar;

pub use dump::dump;
pub use load::load;
