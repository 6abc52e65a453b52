//! Which members of a document mean by its contexts what they mean to us. Somebody who passes a signed document on can rename
//! members, or add such as no context defines, without touching the graph; what is read must be what was signed.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::{Map, Value};

use super::LdError;
use super::graph::CONTEXTS;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Definition {
    iri: String,
    kind: Option<String>,
    container: Option<String>,
}

type Definitions = HashMap<String, Definition>;

/// The contexts that documents name by address.
static NAMED: LazyLock<HashMap<&'static str, Definitions>> =
    LazyLock::new(|| CONTEXTS.iter().map(|(url, text)| (*url, definitions_of(text))).collect());

/// All terms that are read anywhere here, with the meaning they then have.
static READ: LazyLock<Definitions> = LazyLock::new(|| {
    let mut all = Definitions::new();
    for (_, text) in CONTEXTS {
        all.extend(definitions_of(text));
    }
    all.extend(definitions_of(include_str!("contexts/extensions.json")));
    all
});

fn definitions_of(text: &str) -> Definitions {
    let document: Value = serde_json::from_str(text).unwrap_or_default();
    let mut definitions = Definitions::new();
    if let Some(context) = document.get("@context").and_then(Value::as_object) {
        define(&mut definitions, context);
    }
    definitions
}

/// What the contexts of one document define.
pub(super) struct Active {
    definitions: Definitions,
}

impl Active {
    pub(super) fn of(document: &Value) -> Result<Self, LdError> {
        refuse_keywords(document, true)?;
        let mut definitions = Definitions::new();
        let contexts = crate::document::value::many(document.get("@context"));
        for context in contexts {
            match context {
                Value::String(url) => {
                    let named = NAMED.get(url.as_str()).ok_or_else(|| LdError::Context(url.clone()))?;
                    definitions.extend(named.iter().map(|(term, definition)| (term.clone(), definition.clone())));
                }
                Value::Object(inline) => {
                    let keyword =
                        inline.keys().find(|key| key.starts_with('@') && !matches!(key.as_str(), "@language" | "@version"));
                    if let Some(keyword) = keyword {
                        return Err(LdError::Context(keyword.clone()));
                    }
                    refuse_nested(inline)?;
                    define(&mut definitions, inline);
                }
                _ => return Err(LdError::Form),
            }
        }
        Ok(Self { definitions })
    }

    pub(super) fn signed_part(&self, value: &Value) -> Value {
        match value {
            Value::Array(items) => items.iter().map(|item| self.signed_part(item)).collect(),
            Value::Object(members) => {
                Value::Object(members.iter().filter_map(|(name, value)| self.member(name, value)).collect())
            }
            other => other.clone(),
        }
    }

    fn member(&self, name: &str, value: &Value) -> Option<(String, Value)> {
        let value = match name {
            "@context" | "id" => value.clone(),
            "type" => match value {
                Value::Array(kinds) => kinds.iter().filter(|kind| self.is_shared_kind(kind)).cloned().collect(),
                kind => self.is_shared_kind(kind).then(|| kind.clone())?,
            },
            _ if !self.is_shared(name) => return None,
            // The keys are languages.
            _ if name.ends_with("Map") => value.clone(),
            _ => self.signed_part(value),
        };
        (name == "@context" || self.is_shared(name)).then(|| (name.to_owned(), value))
    }

    fn is_shared_kind(&self, kind: &Value) -> bool {
        kind.as_str().is_some_and(|kind| self.is_shared(kind))
    }

    fn is_shared(&self, term: &str) -> bool {
        self.definitions.get(term).is_some_and(|definition| READ.get(term) == Some(definition))
    }
}

/// Keywords are read here nowhere but `@context` at the top; named graphs and the like would hide parts of the document.
fn refuse_keywords(value: &Value, top: bool) -> Result<(), LdError> {
    match value {
        Value::Array(items) => items.iter().try_for_each(|item| refuse_keywords(item, false)),
        Value::Object(members) => members.iter().try_for_each(|(name, value)| match name.as_str() {
            "@context" if top => Ok(()),
            name if name.starts_with('@') => Err(LdError::Form),
            _ => refuse_keywords(value, false),
        }),
        _ => Ok(()),
    }
}

/// Terms that stand for keywords other than id and type, and contexts within contexts.
fn refuse_nested(inline: &Map<String, Value>) -> Result<(), LdError> {
    let allowed = |keyword: &str| matches!(keyword, "@id" | "@type");
    for (term, definition) in inline {
        let fits = match definition {
            Value::String(iri) => !iri.starts_with('@') || allowed(iri),
            Value::Object(members) => members.iter().all(|(name, value)| match name.as_str() {
                "@id" => value.as_str().is_some_and(|iri| !iri.starts_with('@') || allowed(iri)),
                "@type" | "@container" | "@language" | "@protected" => true,
                _ => false,
            }),
            Value::Null => true,
            _ => term.starts_with('@'),
        };
        if !fits {
            return Err(LdError::Context(term.clone()));
        }
    }
    Ok(())
}

/// Two rounds, since a prefix may stand behind the terms that use it.
fn define(definitions: &mut Definitions, context: &Map<String, Value>) {
    for _ in 0..2 {
        for (term, definition) in context.iter().filter(|(term, _)| !term.starts_with('@')) {
            match read(definitions, term, definition) {
                Some(definition) => definitions.insert(term.clone(), definition),
                None => definitions.remove(term),
            };
        }
    }
}

fn read(definitions: &Definitions, term: &str, definition: &Value) -> Option<Definition> {
    match definition {
        Value::String(iri) => Some(Definition { iri: expand(definitions, iri), ..Definition::default() }),
        Value::Object(members) => {
            let member = |name: &str| members.get(name).and_then(Value::as_str);
            Some(Definition {
                iri: expand(definitions, member("@id").unwrap_or(term)),
                kind: member("@type").map(|kind| expand(definitions, kind)),
                container: member("@container").map(str::to_owned),
            })
        }
        _ => None,
    }
}

fn expand(definitions: &Definitions, iri: &str) -> String {
    match iri.split_once(':') {
        Some((prefix, rest)) if !rest.starts_with("//") => match definitions.get(prefix) {
            Some(known) => format!("{}{rest}", known.iri),
            None => iri.to_owned(),
        },
        _ => iri.to_owned(),
    }
}
