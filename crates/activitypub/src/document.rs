//! What other servers send, read tolerantly: a member of the wrong kind is a member that is missing.

pub mod attachment;
pub mod note;
pub mod question;
pub mod tag;
pub mod value;

pub use attachment::Attachment;
pub use note::{Note, Quote, Visibility};
pub use question::Question;
pub use tag::Tag;
