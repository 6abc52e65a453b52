//! One loaded entity in several places of an answer.

use std::ops::Deref;
use std::sync::Arc;

use serde::{Serialize, Serializer};

/// A cheap copy of an entity: many statuses of a page have the same author.
#[derive(Debug)]
pub struct Shared<T>(Arc<T>);

impl<T> Shared<T> {
    pub fn new(entity: T) -> Self {
        Self(Arc::new(entity))
    }
}

impl<T: Clone> Shared<T> {
    /// The entity itself, copied if it is used elsewhere too.
    pub fn into_inner(self) -> T {
        Arc::unwrap_or_clone(self.0)
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Serialize> Serialize for Shared<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}
