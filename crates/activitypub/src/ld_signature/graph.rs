//! A JSON-LD document as canonical N-Quads, by contexts that are embedded here: none is ever fetched.

use std::collections::HashMap;

use oxjsonld::{JsonLdParser, JsonLdRemoteDocument};
use oxrdf::dataset::{CanonicalizationAlgorithm, CanonicalizationHashAlgorithm};
use oxrdf::{BlankNode, BlankNodeRef, Dataset, GraphNameRef, NamedOrBlankNodeRef, QuadRef, TermRef};
use serde_json::Value;

use super::LdError;

const QUADS: usize = 10_000;
/// Blank nodes that look alike at first sight; comparing them further recurses through all of them.
const ALIKE: usize = 64;

pub(super) const CONTEXTS: [(&str, &str); 4] = [
    ("https://www.w3.org/ns/activitystreams", include_str!("contexts/activitystreams.json")),
    ("https://w3id.org/security/v1", include_str!("contexts/security.json")),
    ("https://w3id.org/identity/v1", include_str!("contexts/identity.json")),
    ("https://purl.archive.org/socialweb/webfinger", include_str!("contexts/webfinger.json")),
];

pub(super) fn canonical(document: &Value) -> Result<String, LdError> {
    let text = serde_json::to_vec(document).map_err(|_| LdError::Form)?;
    let mut dataset = Dataset::new();
    let parser = JsonLdParser::new().for_slice(&text).with_load_document_callback(|url, _| {
        let (_, context) = CONTEXTS.iter().find(|(known, _)| *known == url).ok_or("unknown context")?;
        Ok(JsonLdRemoteDocument { document: context.as_bytes().to_vec(), document_url: url.to_owned() })
    });
    for quad in parser {
        let quad = quad.map_err(|_| LdError::Form)?;
        if quad.graph_name != oxrdf::GraphName::DefaultGraph {
            return Err(LdError::Form);
        }
        dataset.insert(&quad);
        if dataset.len() > QUADS {
            return Err(LdError::TooLarge);
        }
    }
    refuse_involved(&dataset)?;
    let names = dataset
        .canonicalize_blank_nodes(CanonicalizationAlgorithm::Rdfc10 { hash_algorithm: CanonicalizationHashAlgorithm::Sha256 });
    let mut lines: Vec<String> = dataset.iter().map(|quad| line(quad, &names)).collect();
    lines.sort_unstable();
    Ok(lines.concat())
}

/// Canonicalising tries all orders of neighbours that cannot be told apart. Documents of people have few such nodes (tails of
/// equal lists); where there are many, or several around one of them, somebody means harm.
fn refuse_involved(dataset: &Dataset) -> Result<(), LdError> {
    let mut looks: HashMap<BlankNodeRef<'_>, Vec<String>> = HashMap::new();
    let mut neighbours: HashMap<BlankNodeRef<'_>, HashMap<(String, bool), Vec<BlankNodeRef<'_>>>> = HashMap::new();
    for quad in dataset {
        let subject = match quad.subject {
            NamedOrBlankNodeRef::BlankNode(node) => Some(node),
            NamedOrBlankNodeRef::NamedNode(_) => None,
        };
        let object = match quad.object {
            TermRef::BlankNode(node) => Some(node),
            _ => None,
        };
        for node in [subject, object].into_iter().flatten() {
            let shown = |other: Option<BlankNodeRef<'_>>, text: String| match other {
                Some(other) if other == node => "_:this".to_owned(),
                Some(_) => "_:other".to_owned(),
                None => text,
            };
            let (left, right) = (shown(subject, quad.subject.to_string()), shown(object, quad.object.to_string()));
            looks.entry(node).or_default().push(format!("{left} {} {right}", quad.predicate));
        }
        if let (Some(subject), Some(object)) = (subject, object) {
            let predicate = quad.predicate.to_string();
            neighbours.entry(subject).or_default().entry((predicate.clone(), true)).or_default().push(object);
            neighbours.entry(object).or_default().entry((predicate, false)).or_default().push(subject);
        }
    }
    for lines in looks.values_mut() {
        lines.sort_unstable();
    }
    let mut groups: HashMap<&[String], usize> = HashMap::new();
    for look in looks.values() {
        *groups.entry(look).or_default() += 1;
    }
    let alike = |node: &BlankNodeRef<'_>| looks.get(node).and_then(|look| groups.get(look.as_slice())).copied().unwrap_or(1);
    let ambiguous: Vec<_> = looks.keys().filter(|node| alike(node) > 1).collect();
    let crowded = ambiguous.iter().filter_map(|node| neighbours.get(*node)).flat_map(HashMap::values).any(|around| {
        let mut counts: HashMap<Option<&Vec<String>>, usize> = HashMap::new();
        for node in around {
            *counts.entry(looks.get(node)).or_default() += 1;
        }
        counts.values().any(|count| *count > 1)
    });
    if ambiguous.len() > ALIKE || crowded { Err(LdError::TooLarge) } else { Ok(()) }
}

fn line(quad: QuadRef<'_>, names: &HashMap<BlankNodeRef<'_>, BlankNode>) -> String {
    let blank = |node: BlankNodeRef<'_>| names.get(&node).map_or_else(|| node.to_string(), ToString::to_string);
    let subject = match quad.subject {
        NamedOrBlankNodeRef::NamedNode(node) => node.to_string(),
        NamedOrBlankNodeRef::BlankNode(node) => blank(node),
    };
    let object = match quad.object {
        TermRef::NamedNode(node) => node.to_string(),
        TermRef::BlankNode(node) => blank(node),
        TermRef::Literal(literal) => {
            let value = escape(literal.value());
            match literal.language() {
                Some(language) => format!("\"{value}\"@{language}"),
                None if literal.datatype() == oxrdf::vocab::xsd::STRING => format!("\"{value}\""),
                None => format!("\"{value}\"^^{}", literal.datatype()),
            }
        }
    };
    let graph = match quad.graph_name {
        GraphNameRef::DefaultGraph => String::new(),
        other => format!("{other} "),
    };
    format!("{subject} {} {object} {graph}.\n", quad.predicate)
}

/// URDNA2015 escapes these four and nothing else; RDFC-1.0, its successor, more.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => escaped.push_str("\\\\"),
            '"' => escaped.push_str("\\\""),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            c => escaped.push(c),
        }
    }
    escaped
}
